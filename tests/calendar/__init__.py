"""Calendar: series, participants, and the way back."""
