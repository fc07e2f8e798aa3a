"""great-expectations over the ready tables: rules as data, failing rows as rejects."""

from pipeline.validate.check import Failure, Verdict, check
from pipeline.validate.suite import Rule, Suite, fitted, suites

__all__ = ["Failure", "Rule", "Suite", "Verdict", "check", "fitted", "suites"]
