"""Sends ready tables to a Zoho CRM, each row accounted for, and remembers what it did."""

from pipeline.load.export import export
from pipeline.load.stage import run

__all__ = ["export", "run"]
