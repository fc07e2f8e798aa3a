"""What the sample becomes, row by row: tests/golden holds it as JSON lines, rewritten only by `make golden`."""

import json
from pathlib import Path

import pytest

from tests import line

GOLDEN = Path(__file__).parent / "golden"
READY = ("accounts", "contacts", "leads", "tasks", "events", "cases", "emails")
TABLES = (*(f"ready/{name}" for name in READY), "decisions", "changes", "exclusions")


@pytest.fixture(scope="module")
def transformed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tables that transform makes of the sample."""
    project = tmp_path_factory.mktemp("golden")
    for stage in ("extract", "transform"):
        ended = line.run(project, stage)
        assert ended.code == 0, ended.err
    return project / "data" / "work" / "transformed"


@pytest.mark.parametrize("name", TABLES)
def test_the_sample_becomes_exactly_this(transformed: Path, name: str, is_golden: bool) -> None:  # noqa: FBT001 - a fixture
    """Every row and value of the table is the golden one; a change of a rule shows as a diff of these files."""
    rows = line.table(transformed, name).to_pylist()
    text = "".join(json.dumps(_full(row), ensure_ascii=False, default=str) + "\n" for row in rows)
    path = GOLDEN / f"{name.replace('/', '_')}.jsonl"
    if is_golden:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text.splitlines() == path.read_text(encoding="utf-8").splitlines()


def _full(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if value is not None}
