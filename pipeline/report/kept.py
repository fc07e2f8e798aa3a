"""The summaries of extract and transform, kept beside their tables for the report of the run that follows."""

from typing import Any

from pipeline import store
from pipeline.config import Config
from pipeline.errors import StageError
from pipeline.outcome import Report
from pipeline.report import machine


def keep(config: Config, report: Report) -> None:
    """Keep the summary of a stage with the key of what it wrote.

    Raises:
        StageError: the stage wrote nothing.
        StorageError: the file system refuses.
    """
    content = {"manifest": _key(config, report.stage), "notes": list(report.notes), **machine.content(report, 0)}
    store.write_json(content, config.work / "reports" / f"{report.stage}.json")


def found(config: Config, stage: str) -> dict[str, Any]:
    """Return the summary of the tables that are there now; {} where it is missing or of other tables."""
    path = config.work / "reports" / f"{stage}.json"
    try:
        content = store.read_json(path)
        return content if content.get("manifest") == _key(config, stage) else {}
    except StageError:
        return {}


def _key(config: Config, stage: str) -> str:
    return store.Manifest.of(config.extracted if stage == "extract" else config.transformed).key
