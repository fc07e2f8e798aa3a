"""Builds data/sample: two mailboxes as Outlook would export them, Japanese and English, with the warts of real ones.

Nobody in it exists. `make sample` writes it, the same bytes every time; a test holds the committed files against it.
"""
