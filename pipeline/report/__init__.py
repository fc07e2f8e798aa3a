"""What a person reads about a run."""

from pipeline.report import certificate, progress
from pipeline.report.text import summary

__all__ = ["certificate", "progress", "summary"]
