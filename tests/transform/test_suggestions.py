"""Likely duplicates that no rule merges are listed for a person, whatever order and buckets, and never merged."""

import csv
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import report, schemas, transform
from pipeline.clean import likeness
from pipeline.config import Config
from pipeline.targets import CONTACTS
from pipeline.transform import hints, index, near, overrides, people
from tests import builders
from tests.builders import Row

_BIRCH = {"company": "Birch Ltd"}
ROWS: Sequence[Row] = [
    {"surname": "Grant", "given_name": "Annie", "email1": "annie@birch.example", **_BIRCH},
    {"surname": "Grant", "given_name": "Anni", "email1": "a.grant@birch.example", **_BIRCH},
    {"surname": "Grant", "given_name": "Annie", "email1": "annie@elm.example", "company": "Elm Ltd"},
    {"surname": "髙橋", "given_name": "花", "email1": "h@midori.example", "mobile_phone": "090-0000-0001"},
    {"surname": "森", "given_name": "花", "email1": "mori@midori.example", "home_phone": "+81 90-0000-0001"},
    {"surname": "Quill", "given_name": "Leo", "email1": "leo@elm.example", "email2": "L.Quill@oak.example"},
    {"surname": "Quill", "given_name": "Leonard", "email1": "l.quill@oak.example"},
    {"surname": "Reed", "given_name": "Ida", "email1": "ida@oak.example", "email3": "ida@home.example"},
    {"surname": "Lane", "given_name": "Ida", "email1": "ida@home.example"},
    *(
        {"surname": f"Desk{n}", "email1": f"desk{n}@fir.example", "business_phone": "03-1111-2222"}
        for n in ("a", "b", "c", "d", "e")
    ),
]


def _project(directory: Path, rows: Sequence[Row] = ROWS) -> Config:
    found = builders.project(directory)
    builders.extracted(found, {"contacts": rows})
    transform.run(found)
    return found


def _pairs(project: Config) -> list[tuple[str, frozenset[str]]]:
    """Return rule and first addresses of the suggestions."""
    ready = builders.transformed(project, "ready/contacts", CONTACTS.schema())
    address = {row["cluster_key"]: row["Email"] for row in ready}
    found = builders.transformed(project, "suggestions", schemas.SUGGESTIONS)
    return sorted((row["rule"], frozenset({address[row["left_key"]], address[row["right_key"]]})) for row in found)


EXPECTED = [
    ("further_email_is_anothers_first", frozenset({"leo@elm.example", "l.quill@oak.example"})),
    ("further_email_is_anothers_first", frozenset({"ida@oak.example", "ida@home.example"})),
    ("near_name_in_company", frozenset({"annie@birch.example", "a.grant@birch.example"})),
    ("same_phone", frozenset({"h@midori.example", "mori@midori.example"})),
]


@pytest.mark.parametrize(("rows_of_bucket", "step"), [(100_000, 1), (5, -1)])
def test_each_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_of_bucket: int, step: int) -> None:
    """A near name in one company, one number, a further address: each once; a switchboard never."""
    monkeypatch.setattr(people, "ROWS_OF_BUCKET", rows_of_bucket)
    monkeypatch.setattr("pipeline.engine.processes", lambda _: 1)
    project = _project(tmp_path, ROWS[::step])
    assert sorted(_pairs(project), key=str) == sorted(EXPECTED, key=str)
    assert len(builders.transformed(project, "ready/contacts", CONTACTS.schema())) == len(ROWS)


def test_a_line_of_the_file_is_a_decision(tmp_path: Path) -> None:
    """A line copied to data/overrides.csv with a verdict is replayed; the pair is not suggested again."""
    project = _project(tmp_path)
    written = report.suggestions.write(project)
    assert written is not None
    with written[0].open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert written[1] == len(lines) == 4
    near, phone = (
        next(line for line in lines if line["rule"] == rule) for rule in ("near_name_in_company", "same_phone")
    )
    assert {near["left_name"], near["right_name"]} == {"Grant Annie", "Grant Anni"}
    assert near["left_company"] == "Birch Ltd"
    path = overrides.path_of(project.project)
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, report.suggestions.HEADER)
        writer.writeheader()
        writer.writerows([{**near, "verdict": "same"}, {**phone, "verdict": "different"}, *lines])
    transform.run(project)
    assert [rule for rule, _ in _pairs(project)] == ["further_email_is_anothers_first"] * 2
    assert len(builders.transformed(project, "ready/contacts", CONTACTS.schema())) == len(ROWS) - 1


def test_what_a_rule_was_unsure_about_is_listed_too(tmp_path: Path) -> None:
    """One address of two surnames is kept apart, and stands in the file."""
    rows: list[Row] = [{"surname": name, "email1": "info@fir.example"} for name in ("Reed", "Lane")]
    written = report.suggestions.write(_project(tmp_path, rows))
    assert written is not None
    assert "same_email_other_surname" in written[0].read_text("utf-8-sig")


def test_of_too_many_the_first_stand_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that nobody could look through is cut; the table has all."""
    project = _project(tmp_path)
    monkeypatch.setattr(report.suggestions, "MOST", 2)
    written = report.suggestions.write(project)
    assert written is not None
    assert written[1] == 2
    assert len(builders.transformed(project, "suggestions", schemas.SUGGESTIONS)) == len(EXPECTED)


def test_nothing_to_suggest(tmp_path: Path) -> None:
    """Without suggestions there is no file, not even an old one."""
    project = _project(tmp_path, ROWS[:1])
    path = report.suggestions.path_of(project)
    path.parent.mkdir(parents=True)
    path.write_text("old", "utf-8")
    assert report.suggestions.write(project) is None
    assert not path.exists()


def test_what_too_many_share_is_listed_once_and_counted(tmp_path: Path) -> None:
    """Of a crowd of one name in one company the first two stand for all, and a switchboard is counted in a note."""
    crowd: list[Row] = [
        {"surname": "Grant", "given_name": "Ann", "email1": f"g{n}@birch.example", **_BIRCH}
        for n in range(near.MOST_ALIKE + 1)
    ]
    found = builders.project(tmp_path)
    builders.extracted(found, {"contacts": [*crowd, *ROWS[-5:]]})
    notes = transform.run(found).notes
    (row,) = builders.transformed(found, "suggestions", schemas.SUGGESTIONS)
    assert (row["rule"], row["evidence"]) == (near.CROWD, f"{len(crowd)} contacts: Grant Ann")
    keys = sorted(one["cluster_key"] for one in builders.transformed(found, "ready/contacts", CONTACTS.schema()))
    assert {row["left_key"], row["right_key"]} < set(keys)
    assert "1 telephone numbers are shared by more than 4 contacts" in "\n".join(notes)


@given(st.lists(st.text(st.sampled_from("a\0é佐"), max_size=4) | st.none(), max_size=9), st.integers(0, 3))
def test_a_hash_is_that_of_the_text_wherever_it_stands(texts: list[str | None], first: int) -> None:
    """Equal texts have equal hashes, different ones different, in any part of a column; null has 0."""
    column = pa.array(texts, pa.string())
    whole, part = (index.hashed(one).tolist() for one in (column, column[first:]))
    assert part == whole[first:]
    known = dict(zip(texts, whole, strict=True))
    assert [known[text] for text in texts] == whole
    assert len(set(known.values())) == len(known)
    assert all((number == 0) == (text is None) for text, number in known.items())


def test_long_columns_are_hashed_part_by_part() -> None:
    """A text has one hash before, on and behind the border of what is hashed in one go, and when it is longer."""
    texts = ["x" * 40_000, "y", "z" * 70_000, "y", "x" * 40_000]
    first, one, other, again, last = index.hashed(pa.array(texts)).tolist()
    assert (first, one) == (last, again)
    assert len({first, one, other}) == 3
    assert index.hashed(pa.array(["z" * 70_000])).tolist() == [other]


def test_they_can_be_left_out(tmp_path: Path) -> None:
    """[duplicates] suggest = false looks for none."""
    found = builders.project(tmp_path, builders.MAILBOXES + "[duplicates]\nsuggest = false\n")
    builders.extracted(found, {"contacts": ROWS})
    transform.run(found)
    assert builders.transformed(found, "suggestions", schemas.SUGGESTIONS) == []


_SIMILAR = st.text(st.sampled_from("abA-佐"), max_size=5)
_NAMES = st.text(st.sampled_from("aBé ßΣ-'佐髙﨑サ々はÅ１ｱ\u0301\u3099"), max_size=6)


@given(st.lists(_NAMES, min_size=1, max_size=6))
def test_names_are_folded_in_bulk_as_one_by_one(names: list[str]) -> None:
    """The short way folds as the long one."""
    assert hints.folded(pa.array(names, pa.string())).to_pylist() == [likeness.name(name) for name in names]


@given(st.tuples(_NAMES, _NAMES), st.tuples(_NAMES, _NAMES))
def test_whatever_is_near_shares_a_hint(left: tuple[str, str], right: tuple[str, str]) -> None:
    """No pair that is near is missed by the hashes."""
    near = likeness.are_near(*(tuple(map(likeness.name, one)) for one in (left, right)))  # type: ignore[arg-type]
    if not (near and left[0] and right[0]):
        return
    table = pa.table(
        {
            "Account_Name": ["x", "x"],
            "Last_Name": pa.array([left[0], right[0]], pa.string()),
            "First_Name": pa.array([left[1], right[1]], pa.string()),
        }
    )
    keys, rows = hints._names(table)
    both = [{int(key) >> 1 for key in keys[rows == row].tolist()} for row in (0, 1)]
    asked = {int(key) >> 1 for key in keys.tolist() if int(key) & 1}
    assert both[0] & both[1] & asked


@given(st.lists(st.tuples(_SIMILAR, _SIMILAR), min_size=near._FEW + 1, max_size=near._FEW + 6))
def test_the_short_way_to_pairs_misses_none(names: list[tuple[str, str]]) -> None:
    """In a company of many names, every two that are near are looked at."""
    different = sorted({(likeness.name(last), likeness.name(first)) for last, first in names})
    looked_at, crowds = near.candidates(different)
    assert not crowds
    for pair in combinations(different, 2):
        assert not likeness.are_near(*pair) or pair in looked_at
