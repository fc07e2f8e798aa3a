"""Two people with one address and one surname become one contact, as the rule has it; that is said."""

from pathlib import Path

import pytest

from pipeline import transform
from tests import builders


@pytest.mark.parametrize(
    ("first", "other", "count"),
    [
        pytest.param("太郎", "花子", 1, id="two people"),
        pytest.param("Ann", "Bob", 1, id="two people, in English"),
        pytest.param("Ann", "ANN", 0, id="another case"),
        pytest.param("Ann", "Ann Marie", 0, id="a longer form"),
        pytest.param("太郎", "Taro", 0, id="another script"),
        pytest.param("Ann", "", 0, id="no first name"),
    ],
)
def test_first_names_that_differ(tmp_path: Path, first: str, other: str, count: int) -> None:
    """How many were merged though they have other first names is told, with what to do about it."""
    project = builders.project(tmp_path)
    shared = {"surname": "Yamada", "email1": "office@midori.example"}
    builders.extracted(project, {"contacts": [shared | {"given_name": name or None} for name in (first, other)]})
    told = [note for note in transform.run(project).notes if "first names differ" in note]
    assert [note.partition(";")[0] for note in told] == [
        f"contacts merged though their first names differ: {count}"
    ] * bool(count)
