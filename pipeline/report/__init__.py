"""What a person reads about a run."""

from pipeline.report.text import summary

__all__ = ["summary"]
