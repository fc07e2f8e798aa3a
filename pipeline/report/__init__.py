"""What a person reads about a run."""

from pipeline.report import certificate, plan_page, progress, suggestions, words
from pipeline.report.text import summary

__all__ = ["certificate", "plan_page", "progress", "suggestions", "summary", "words"]
