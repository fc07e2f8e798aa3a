"""Survivorship: what one record keeps of its copies."""

from pipeline.clean import text
from pipeline.targets import CONTACTS, EVENTS
from pipeline.transform import merge
from pipeline.transform.draft import Draft, Home, Person, Value
from pipeline.transform.merge import Merged
from tests import builders

SATO, DANA = builders.home("sato"), builders.home("dana", "Europe/London")


def copy(
    name: str,
    at: Home = SATO,
    modified: str | None = None,
    *,
    asides: tuple[str, ...] = (),
    stand_in: bool = False,
    **values: Value,
) -> Draft:
    """Return one copy of a record."""
    return Draft(
        origin=builders.origin(name, at, modified=modified),
        values={"Last_Name": "Grant", **values},
        asides=asides,
        is_surname=not stand_in,
    )


def lost(merged: Merged) -> set[tuple[str, str, str | None, str | None]]:
    """Return the values that gave way: item, field, old, new."""
    return {
        (origin.item_id, made.field, made.change.old, made.change.new)
        for origin, made in merged.changes
        if made.change.rule == merge.LOST
    }


def test_latest_change_wins_and_the_others_fill() -> None:
    """Per field the item changed last wins, empty ones are filled, and what loses is listed."""
    old = copy("old", modified="2026-01-01", Title="Clerk", Phone="03-0000-0001")
    new = copy("new", modified="2026-02-01", Title="Manager")
    merged = merge.merge([old, new], CONTACTS)
    assert merged.ready.values["Title"] == "Manager"
    assert merged.ready.values["Phone"] == "03-0000-0001"
    assert lost(merged) == {("file:old", "Title", "Clerk", "Manager")}
    assert merged.ready.modified_at == builders.instant("2026-02-01")


def test_another_spelling_that_gave_way_is_listed() -> None:
    """Values that differ only in case, width or space say the same; that one of them was not taken is listed still."""
    old = copy("old", modified="2026-01-01", Title="MANAGER ", Email="A@b.example", Description="met in leeds")
    new = copy("new", modified="2026-02-01", Title="Manager", Email="a@b.example", Description="Met in Leeds, 2001")
    merged = merge.merge([old, new], CONTACTS)
    assert merged.ready.values["Description"] == "Met in Leeds, 2001"
    spelled = {
        (made.field, made.change.old, made.change.new)
        for _, made in merged.changes
        if made.change.rule == merge.SPELLING
    }
    assert spelled == {
        ("Title", "MANAGER ", "Manager"),
        ("Email", "A@b.example", "a@b.example"),
        ("Description", "met in leeds", "Met in Leeds, 2001"),
    }
    assert not lost(merged)


def test_notes_that_are_held_to_the_letter_are_no_change() -> None:
    """A note that another one holds as it is stands in the record: nothing gave way."""
    old = copy("old", modified="2026-01-01", Description="Leeds")
    new = copy("new", modified="2026-02-01", Description="Met in Leeds")
    assert not merge.merge([old, new], CONTACTS).changes


def test_a_store_wins_over_a_csv() -> None:
    """Of two items without a date, the store's wins; a date wins over none."""
    store, csv = copy("s", builders.home(is_store=True), Title="A"), copy("c", Title="B")
    dated = copy("d", modified="2026-01-01", Title="C")
    assert merge.merge([csv, store], CONTACTS).ready.values["Title"] == "A"
    assert merge.merge([csv, store, dated], CONTACTS).ready.values["Title"] == "C"


def test_an_address_is_not_mixed() -> None:
    """An address comes from copies that do not contradict each other."""
    new = copy("new", modified="2026-02-01", Mailing_City="Leeds")
    fitting = copy("fit", modified="2026-01-02", Mailing_City="LEEDS", Mailing_Street="1 Mill Lane")
    other = copy("other", modified="2026-01-01", Mailing_City="York", Mailing_Zip="ZZ1 1ZZ")
    values = merge.merge([new, fitting, other], CONTACTS).ready.values
    assert values["Mailing_City"] == "Leeds"
    assert values["Mailing_Street"] == "1 Mill Lane"
    assert "Mailing_Zip" not in values


def test_a_surname_wins_over_a_stand_in() -> None:
    """However new, what stands in for a surname yields to a real one."""
    real = copy("r", modified="2020-01-01", Last_Name="Grant", First_Name="Oliver")
    stand_in = copy("s", modified="2026-01-01", Last_Name="o.grant", stand_in=True)
    values = merge.merge([real, stand_in], CONTACTS).ready.values
    assert (values["Last_Name"], values["First_Name"]) == ("Grant", "Oliver")


def test_differing_notes_are_all_kept() -> None:
    """Notes of all copies are kept under mailbox and date; one that another holds is not said twice."""
    new = copy("new", modified="2026-02-01", Description="Met in Leeds.")
    old = copy("old", DANA, modified="2026-01-01", Description="Prefers e-mail.", asides=("Manager: Ann Lee",))
    same = copy("same", Description="met in  leeds.", asides=("Manager: Ann Lee",))
    merged = merge.merge([new, old, same], CONTACTS)
    assert merged.ready.values["Description"] == (
        "Met in Leeds.\n\n---- dana, 2026-01-01 ----\nPrefers e-mail.\n\nManager: Ann Lee"
    )


def test_notes_are_cut_before_the_asides() -> None:
    """Where notes and asides do not fit together, the notes are cut, and the cut is listed."""
    merged = merge.merge([copy("a", Description="長" * 32000, asides=("Phone: desk",))], CONTACTS)
    description = str(merged.ready.values["Description"])
    assert text.utf16_length(description) <= 32000
    assert description.endswith("長\n\nPhone: desk")
    assert [(made.field, made.change.rule) for _, made in merged.changes] == [("Description", "cut_to_length")]


def test_owner_is_the_mailbox_of_the_latest_change() -> None:
    """A record of two mailboxes belongs to the one that changed it last, by a recorded decision."""
    merged = merge.merge([copy("s", SATO, "2026-01-01"), copy("d", DANA, "2026-02-01")], CONTACTS)
    assert (merged.ready.mailbox, merged.ready.owner) == ("dana", "dana@kaede.example")
    assert [decision.rule for decision in merged.decisions] == [merge.OWNER]
    assert merge.merge([copy("a"), copy("b")], CONTACTS).decisions == ()


def met(name: str, at: Home, *addresses: str, organizers: bool = False, modified: str = "2026-01-01") -> Draft:
    """Return one mailbox's copy of a meeting."""
    people = tuple(Person(role="required", email=address) for address in addresses)
    return Draft(
        origin=builders.origin(name, at, modified=modified),
        values={"Event_Title": f"Review {name}", "Participants": people},
        is_organizers=organizers,
    )


def test_the_organizers_copy_leads() -> None:
    """The organizer's copy of a meeting leads, however old; everybody takes part, the organizer too."""
    merged = merge.merge(
        [
            met("s", SATO, "dana@kaede.example", "priya@copper.example", organizers=True),
            met("d", DANA, "sato@kaede.example", "PRIYA@copper.example", modified="2026-06-01"),
        ],
        EVENTS,
    )
    people = merged.ready.values["Participants"]
    assert isinstance(people, tuple)
    assert [person.email for person in people] == [
        "dana@kaede.example",
        "priya@copper.example",
        "sato@kaede.example",
    ]
    assert (merged.ready.mailbox, merged.ready.values["Event_Title"]) == ("sato", "Review s")


def test_who_meets_nobody_is_no_participant() -> None:
    """A meeting of the mailbox's owner alone has no participants: Zoho names the owner as host."""
    merged = merge.merge([met("s", SATO, "sato@kaede.example")], EVENTS)
    assert "Participants" not in merged.ready.values
    assert (merge.SELF, "sato@kaede.example") in {(made.change.rule, made.change.old) for _, made in merged.changes}


def test_no_more_participants_than_zoho_takes() -> None:
    """Zoho takes fifty participants; the others are listed."""
    merged = merge.merge([met("s", SATO, *(f"p{n}@copper.example" for n in range(53)))], EVENTS)
    people = merged.ready.values["Participants"]
    assert isinstance(people, tuple)
    assert len(people) == 50
    assert [made.change.old for _, made in merged.changes] == [f"p{n}@copper.example" for n in (50, 51, 52)]
