"""Laws of the transformation: nothing lost, nothing made up, nothing by chance."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean import text
from pipeline.targets import CONTACTS, Kind
from pipeline.transform import contacts, identity, keys, merge
from pipeline.transform.dedup import Deduplicated, deduplicate
from pipeline.transform.draft import Draft
from tests import builders

_NAMES = st.sampled_from([None, "高橋", "Takahashi", "TAKAHASHI ", "Grant", "Grant, Oliver", "ｸﾞﾗﾝﾄ", "", "x@y.example"])
_MAILS = st.sampled_from([None, "a@b.example", "A@B.example", "info@c.example", "mailto:info@c.example", "/o=x/cn=y"])
_WORDS = st.sampled_from([None, "覚え書き", "memo", "長" * 40, "👨‍👩‍👧" * 20, "ring the desk", "03(1234)5678"])
CONTACT = st.fixed_dictionaries(
    {
        "surname": _NAMES,
        "given_name": _NAMES,
        "email1": _MAILS,
        "notes": _WORDS,
        "department": _WORDS,
        "business_phone": _WORDS,
        "home_city": _WORDS,
        "company": _WORDS,
    }
)
EXPORTS = st.lists(CONTACT, max_size=12)


def drafts(export: Sequence[dict[str, str | None]]) -> list[Draft]:
    """Map an export of one mailbox."""
    rows = builders.rows("contacts", *export)
    homes = {builders.sha("sato/a.csv"): builders.home()}
    found = keys.origins("contacts", rows, homes)
    return [contacts.draft(row, origin, frozenset()) for row, origin in zip(rows, found, strict=True)]


def clusters(found: Sequence[Draft]) -> Deduplicated:
    """De-duplicate contacts."""
    return deduplicate(found, identity.contacts(found), identity.CONTACT_RULES)


@settings(max_examples=60, deadline=None)
@given(export=EXPORTS)
def test_every_item_is_in_exactly_one_cluster(export: list[dict[str, str | None]]) -> None:
    """Rows are conserved, and every merge has its decision."""
    found = drafts(export)
    result = clusters(found)
    listed = sorted(draft.origin.item_id for cluster in result.clusters for draft in cluster)
    assert listed == sorted(draft.origin.item_id for draft in found)
    merges = [decision for decision in result.decisions if decision.verdict == "same"]
    assert len(merges) == len(found) - len(result.clusters)


@settings(max_examples=60, deadline=None)
@given(export=EXPORTS, order=st.randoms(use_true_random=False))
def test_order_does_not_matter(export: list[dict[str, str | None]], order: object) -> None:
    """Shuffled drafts give the same clusters, decisions and records."""
    found = drafts(export)
    shuffled = list(found)
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    straight, mixed = clusters(found), clusters(shuffled)
    assert straight == mixed
    assert [merge.merge(one, CONTACTS) for one in straight.clusters] == [
        merge.merge(tuple(reversed(one)), CONTACTS) for one in mixed.clusters
    ]


@settings(max_examples=60, deadline=None)
@given(export=EXPORTS)
def test_a_second_export_changes_nothing(export: list[dict[str, str | None]]) -> None:
    """Every item twice makes as many records as every item once; nameless ones go no further, and do not count."""
    once = [draft for draft in drafts(export) if draft.text("Last_Name")]
    twice = [draft for draft in drafts(export + export) if draft.text("Last_Name")]
    assert len(clusters(twice).clusters) == len(clusters(once).clusters)


@settings(max_examples=60, deadline=None)
@given(export=EXPORTS)
def test_nothing_is_longer_than_its_field(export: list[dict[str, str | None]]) -> None:
    """Every text of a record fits its field."""
    for cluster in clusters(drafts(export)).clusters:
        values = merge.merge(cluster, CONTACTS).ready.values
        for field in CONTACTS.fields:
            value = values.get(field.api_name)
            if isinstance(value, str) and field.length is not None and field.kind is not Kind.LOOKUP:
                assert text.utf16_length(value) <= field.length


@settings(max_examples=60, deadline=None)
@given(export=EXPORTS)
def test_every_changed_value_is_listed(export: list[dict[str, str | None]]) -> None:
    """A value of the export stands in the record as it was, or a change says what became of it."""
    for cluster in clusters(drafts(export)).clusters:
        merged = merge.merge(cluster, CONTACTS)
        listed = {(made.field, text.fold(made.change.old)) for _, made in merged.changes}
        for draft in cluster:
            for name in ("Last_Name", "First_Name", "Department", "Phone", "Other_City"):
                value = draft.values.get(name)
                kept = merged.ready.values.get(name)
                is_kept = value is None or text.fold(str(value)) == text.fold(str(kept))
                assert is_kept or (name, text.fold(str(value))) in listed


@settings(max_examples=60, deadline=None)
@given(
    raw=st.lists(
        st.tuples(st.sampled_from(["sato/a", "sato/b", "dana/a"]), st.sampled_from(["x", "y", ""])), max_size=9
    )
)
def test_keys_are_injective_and_free_of_order(raw: list[tuple[str, str]]) -> None:
    """No two items share a key, and a key does not depend on the order of the rows."""
    homes = {builders.sha(path): replace(builders.home(path[:4]), path=path) for path in ("sato/a", "sato/b", "dana/a")}
    rows = [
        {**row, "raw_key": key, "position": number}
        for number, (path, key) in enumerate(raw)
        for row in builders.rows("contacts", {}, path=path)
    ]
    found = keys.origins("contacts", rows, homes)
    assert len({origin.source_key for origin in found}) == len(rows)
    assert [origin.source_key for origin in keys.origins("contacts", rows[::-1], homes)][::-1] == [
        origin.source_key for origin in found
    ]
