"""Every column of an extracted table is used, ignored with a reason, or counted."""

import pytest

from pipeline import schemas
from pipeline.targets import CONTACTS, EVENTS, TASKS, Target
from pipeline.transform import columns


@pytest.mark.parametrize("target", [CONTACTS, TASKS, EVENTS], ids=lambda target: target.table)
def test_columns_exist_and_are_one_thing(target: Target) -> None:
    """A column is used or ignored, not both, and is in the schema; ignoring has a reason."""
    used, ignored = set(columns.used(target)), columns.IGNORED[target.table]
    assert used | set(ignored) | set(columns.ORIGIN) <= set(schemas.EXTRACTED[target.source].names)
    assert used.isdisjoint(ignored)
    assert all(ignored.values())
