"""The audit log: what happened to the ledger, each entry chained to the one before, without any personal data."""

from pipeline.load.audit.chain import Verdict, verify
from pipeline.load.audit.checking import check, head, lines

__all__ = ["Verdict", "check", "head", "lines", "verify"]
