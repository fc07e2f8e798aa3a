"""The sandbox against the reference pages: over HTTP by Zoho's SDK and by hand, and its pure rules by tables."""
