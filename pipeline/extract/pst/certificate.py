"""The completeness certificate of a store: of every folder, what became of each item that the node tree has."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.errors import ContractError
from pipeline.extract.pst.survey import FolderFacts, Survey
from pipeline.extract.pst.tally import Tally

_VERDICTS = ("written", "excluded", "rejected")


def rows(survey: Survey, tally: Tally) -> list[dict[str, Any]]:
    """Return rows of schemas.CERTIFICATE, in order of folder.

    Raises:
        ContractError: an item of the node tree is not explained, or one is explained twice.
    """
    facts: dict[str, list[FolderFacts]] = defaultdict(list)
    for folder in survey.folders:
        facts[folder.path].append(folder)
    lost = Counter(failure.folder.path for failure in survey.lost())
    totals = tally.totals()
    found = [_row(tally.file_sha256, path, facts[path], lost[path], totals) for path in sorted(facts)]
    _check(survey, found)
    return found


def without_index(tally: Tally) -> list[dict[str, Any]]:
    """Return rows of schemas.CERTIFICATE for a store whose index cannot be read: what there should be is not known."""
    totals = tally.totals()
    paths = sorted({account["folder"] for account in tally.accounts})
    unknown = dict.fromkeys(("in_tree", "lost", "unexplained", "hidden", "listed", "counted"))
    return [
        {
            "file_sha256": tally.file_sha256,
            "folder": path,
            **unknown,
            **{verdict: totals[path, verdict] for verdict in _VERDICTS},
            "by_pypff": sum(totals[path, verdict] for verdict in _VERDICTS),
        }
        for path in paths
    ]


def _row(
    file_sha256: str, path: str, facts: Sequence[FolderFacts], lost: int, totals: Mapping[tuple[str, str], int]
) -> dict[str, Any]:
    verdicts = {verdict: totals[path, verdict] for verdict in _VERDICTS}
    in_tree = sum(folder.in_tree for folder in facts)
    return {
        "file_sha256": file_sha256,
        "folder": path,
        "in_tree": in_tree,
        "lost": lost,
        **verdicts,
        "unexplained": in_tree + lost - sum(verdicts.values()),
        "hidden": sum(folder.hidden for folder in facts),
        "listed": _sum(folder.listed for folder in facts),
        "counted": _sum(folder.counted for folder in facts),
        "by_pypff": None,
    }


def _sum(numbers: Any) -> int | None:  # noqa: ANN401 - an iterable of int | None
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _check(survey: Survey, found: Sequence[Mapping[str, Any]]) -> None:
    """Hold the certificate against the node tree as a whole."""
    unexplained = sum(abs(row["unexplained"]) for row in found)
    missing = survey.items - sum(row["in_tree"] for row in found)
    if unexplained or missing:
        raise ContractError(
            f"{unexplained + abs(missing)} items of a store are not explained by the certificate",
            "This is a defect of outlook2zoho, and nothing was written. Please report it with this message.",
        )
