"""Sends ready tables to a Zoho CRM, each row accounted for, and remembers what it did."""

from pipeline.load.doctor import Finding, Level, examine, lines
from pipeline.load.export import export
from pipeline.load.stage import run

__all__ = ["Finding", "Level", "examine", "export", "lines", "run"]
