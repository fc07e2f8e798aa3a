"""What a person reads about a run. A module of it is imported when it is asked for: pages take long to import."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.report import (
        certificate,
        dossier,
        kept,
        plan_page,
        progress,
        run_page,
        speech,
        suggestions,
        usage,
        words,
    )
    from pipeline.report.text import summary

__all__ = [
    "certificate",
    "dossier",
    "kept",
    "plan_page",
    "progress",
    "run_page",
    "speech",
    "suggestions",
    "summary",
    "usage",
    "words",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("pipeline.report.text").summary if name == "summary" else import_module(f"{__name__}.{name}")
