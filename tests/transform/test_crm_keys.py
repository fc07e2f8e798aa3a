"""A cluster keeps its crm_key whatever joins it, leaves it, or changes its address (design.md section 4)."""

from collections.abc import Mapping, Sequence

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.load import match
from pipeline.load.match import Memory
from pipeline.targets import CONTACTS
from tests.load import build

ITEMS = "abcdef"
# Which cluster each item is in, None where this export does not have it.
EXPORT = st.lists(st.none() | st.integers(0, 3), min_size=len(ITEMS), max_size=len(ITEMS))
Clusters = list[tuple[str, ...]]


def clusters(export: Sequence[int | None]) -> Clusters:
    """Return the clusters of an export, each with its source_keys in order."""
    numbers = sorted({number for number in export if number is not None})
    return [tuple(item for item, own in zip(ITEMS, export, strict=True) if own == number) for number in numbers]


def keys(found: Clusters, memory: Memory) -> dict[tuple[str, ...], str]:
    """Return cluster → the crm_key that it is given."""
    rows = [build.row(CONTACTS, place, one[0], one) for place, one in enumerate(found)]
    held = [{"id": known.crm_id, build.KEY: key} for key, known in memory.records.items()]
    owners = {row.position: "u1" for row in rows}
    matched = match.find(rows, memory, build.index(CONTACTS, *held), owners)
    return {found[one.row.position]: one.crm_key for one in matched}


def loaded(given_keys: Mapping[tuple[str, ...], str], before: Memory) -> Memory:
    """Return what the ledger remembers after these clusters were loaded."""
    remembered = dict(before.keys) | {item: key for items, key in given_keys.items() for item in items}
    records = {key: build.known(f"id-{key}") for key in given_keys.values()}
    return Memory(remembered, {**before.records, **records}, frozenset())


def after(exports: Sequence[Sequence[int | None]]) -> tuple[Memory, dict[tuple[str, ...], str]]:
    """Return memory and keys after loading one export after the other."""
    memory, last = Memory({}, {}, frozenset()), dict[tuple[str, ...], str]()
    for export in exports:
        last = keys(clusters(export), memory)
        memory = loaded(last, memory)
    return memory, last


@settings(max_examples=150)
@given(st.lists(EXPORT, min_size=1, max_size=4))
@example([[0, None, 1, 1, None, None], [0, None, 0, None, None, None], [0, None, 1, 2, None, None]])
def test_no_two_clusters_have_one_key(exports: list[list[int | None]]) -> None:
    """Whatever was loaded before, each cluster has a key of its own."""
    _, last = after(exports)
    assert len(set(last.values())) == len(last)


@settings(max_examples=100)
@given(st.lists(EXPORT, min_size=1, max_size=3))
def test_the_same_export_again_keeps_every_key(exports: list[list[int | None]]) -> None:
    """Nothing changed, so no key does."""
    memory, last = after(exports)
    assert keys(list(last), memory) == last


@settings(max_examples=100)
@given(EXPORT, st.integers(0, 3))
def test_who_joins_or_leaves_takes_no_key_along(export: list[int | None], joined: int) -> None:
    """A cluster that new items join keeps its key, and so does what is left of it when others go."""
    memory, last = after([export])
    grown = [joined if number is None else number for number in export]
    for cluster, key in keys(clusters(grown), memory).items():
        for old, held in last.items():
            assert not set(old) <= set(cluster) or key == held
    for old, held in last.items():
        others = [one for one in last if one != old]
        assert keys([old[:1], *others], memory)[old[:1]] == held
        assert keys([old[-1:], *others], memory)[old[-1:]] == held


@settings(max_examples=100)
@given(EXPORT)
def test_of_a_cluster_that_falls_apart_the_giver_keeps_the_key(export: list[int | None]) -> None:
    """Each item alone: the one that gave the key has it, all others new ones of their own."""
    memory, last = after([export])
    apart = keys([(item,) for cluster in last for item in cluster], memory)
    for cluster, held in last.items():
        assert apart[cluster[:1]] == held
    assert len(set(apart.values())) == len(apart)


@settings(max_examples=100)
@given(EXPORT)
def test_clusters_that_become_one_keep_the_first_record(export: list[int | None]) -> None:
    """All in one: it has one of the keys that its parts had, the smallest."""
    memory, last = after([export])
    if last:
        whole = tuple(sorted(item for cluster in last for item in cluster))
        assert keys([whole], memory)[whole] == min(last.values())


@settings(max_examples=100)
@given(st.lists(EXPORT, min_size=1, max_size=3), EXPORT)
def test_records_that_no_row_has_any_more_are_named(exports: list[list[int | None]], export: list[int | None]) -> None:
    """Where clusters became one, the row names each record that its items had and that is nobody's now."""
    memory, _ = after(exports)
    cluster_of = clusters(export)
    rows = [build.row(CONTACTS, place, one[0], one) for place, one in enumerate(cluster_of)]
    held = [{"id": known.crm_id, build.KEY: key} for key, known in memory.records.items()]
    found = match.find(rows, memory, build.index(CONTACTS, *held), {row.position: "u1" for row in rows})
    given_keys = {one.crm_key for one in found}
    for one, items in zip(found, cluster_of, strict=True):
        had = {memory.keys[item] for item in items if item in memory.keys} - given_keys
        assert {f"id-{key}" for key in had} <= set(one.others) <= {f"id-{key}" for key in (*had, *items)}
        assert one.crm_id not in one.others


def test_an_address_is_no_part_of_a_key() -> None:
    """A contact whose address and name changed is the same row, and keeps key and record."""
    memory, _ = after([[0] + [None] * 5])
    row = build.row(CONTACTS, 0, "a", ("a",), Email="new@x.example", Last_Name="New")
    held = {"id": "id-a", build.KEY: "a", "Email": "old@x.example", "Last_Name": "Old"}
    (found,) = match.find([row], memory, build.index(CONTACTS, held), {0: "u1"})
    assert (found.crm_key, found.crm_id) == ("a", "id-a")
