"""great-expectations over the ready tables: rules as data, failing rows as rejects."""

from pipeline.validate.check import Failure, Verdict, check, look, refuse_too_many
from pipeline.validate.suite import Rule, Suite, fitted, suites

__all__ = ["Failure", "Rule", "Suite", "Verdict", "check", "fitted", "look", "refuse_too_many", "suites"]
