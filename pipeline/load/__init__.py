"""Sends ready tables to a Zoho CRM, each row accounted for, and remembers what it did."""

from pipeline.load import audit, find, rollback, way_back, why, wipe
from pipeline.load.approval import Approver
from pipeline.load.course import Course
from pipeline.load.doctor import Finding, Level, examine, lines
from pipeline.load.export import export
from pipeline.load.stage import run
from pipeline.load.standing import Standing
from pipeline.load.verify import Verified, verify

__all__ = [
    "Approver",
    "Course",
    "Finding",
    "Level",
    "Standing",
    "Verified",
    "audit",
    "examine",
    "export",
    "find",
    "lines",
    "rollback",
    "run",
    "verify",
    "way_back",
    "why",
    "wipe",
]
