"""Every column of an extracted table is used, ignored with a reason, or counted."""

import pytest

from pipeline import schemas
from pipeline.targets import TARGETS
from pipeline.transform import columns


@pytest.mark.parametrize("table", columns.USED)
def test_columns_exist_and_are_one_thing(table: str) -> None:
    """A column is used or ignored, not both, and is in the schema; ignoring has a reason."""
    used, ignored = set(columns.USED[table]), columns.IGNORED[table]
    assert used | set(ignored) | set(columns.ORIGIN) <= set(schemas.EXTRACTED[table].names)
    assert used.isdisjoint(ignored)
    assert all(ignored.values())


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.table)
def test_every_source_is_read(target: object) -> None:
    """What a target names as its source is a column that the mapping reads."""
    assert {field.source for field in target.fields} <= set(columns.USED[target.source])  # type: ignore[attr-defined]  # a Target
