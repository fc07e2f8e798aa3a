"""What a person reads about a run."""

from pipeline.report import certificate, progress, suggestions
from pipeline.report.text import summary

__all__ = ["certificate", "progress", "suggestions", "summary"]
