"""What is used of great-expectations. Importing this costs 1.5 s and 200 MB: only where a suite is run."""

import great_expectations as gx
from great_expectations.data_context.types import base
from great_expectations.exceptions.exceptions import GreatExpectationsError
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

__all__ = ["ExpectationConfiguration", "GreatExpectationsError", "base", "gx"]
