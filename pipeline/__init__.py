"""Moves Outlook into Zoho CRM: extract, transform, load, with every row accounted for."""
