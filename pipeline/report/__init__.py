"""What a person reads about a run."""

from pipeline.report import certificate, dossier, kept, plan_page, progress, run_page, suggestions, words
from pipeline.report.text import summary

__all__ = ["certificate", "dossier", "kept", "plan_page", "progress", "run_page", "suggestions", "summary", "words"]
