"""What a person reads about a run."""

from pipeline.report import certificate
from pipeline.report.text import summary

__all__ = ["certificate", "summary"]
