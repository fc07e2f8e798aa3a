"""great-expectations over the ready tables: rules as data, failing rows as rejects."""

from pipeline.validate.check import (
    FEW_REJECTS,
    Failure,
    Findings,
    Verdict,
    check,
    judge,
    look,
    needs_settling,
    refuse_too_many,
    settle,
)
from pipeline.validate.facts import Facts, joined
from pipeline.validate.facts import of as facts_of
from pipeline.validate.judging import Judge, judged, judging
from pipeline.validate.suite import Rule, Suite, fitted, suites

__all__ = [
    "FEW_REJECTS",
    "Facts",
    "Failure",
    "Findings",
    "Judge",
    "Rule",
    "Suite",
    "Verdict",
    "check",
    "facts_of",
    "fitted",
    "joined",
    "judge",
    "judged",
    "judging",
    "look",
    "needs_settling",
    "refuse_too_many",
    "settle",
    "suites",
]
