"""Extracted contacts become drafts of Contacts."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from pipeline.clean import text
from pipeline.transform import contacts
from pipeline.transform.draft import Draft
from tests import builders

OWN = frozenset({"kaede.example"})


def draft(**values: object) -> Draft:
    """Map one contact of the mailbox sato."""
    (row,) = builders.rows("contacts", values)
    return contacts.draft(row, builders.origin(), OWN)


def rules(found: Draft) -> set[tuple[str, str]]:
    """Return the fields that changed, with the rules that changed them."""
    return {(made.field, made.change.rule) for made in found.changes}


def test_every_field_has_its_source() -> None:
    """Each column of the plug-in's table arrives in its field."""
    found = draft(
        surname="高橋",
        given_name="美咲",
        email1="a@midori.example",
        email2="b@midori.example",
        job_title="部長",
        department="営業部",
        company="みどり印刷",
        business_phone="03-0000-0001",
        home_phone="03-0000-0002",
        other_phone="03-0000-0003",
        business_fax="03-0000-0004",
        mobile_phone="090-0000-0005",
        assistant="岡田",
        assistant_phone="03-0000-0006",
        business_street="西新宿",
        business_city="新宿区",
        business_state="東京都",
        business_postal_code="160-0000",
        business_country="日本",
        other_street="梅田",
        other_city="大阪市",
        other_state="大阪府",
        other_postal_code="530-0000",
        other_country="日本",
        notes="覚え書き",
        birthday_date=date(1984, 2, 29),
    )
    assert found.values == {
        "Last_Name": "高橋",
        "First_Name": "美咲",
        "Email": "a@midori.example",
        "Secondary_Email": "b@midori.example",
        "Title": "部長",
        "Department": "営業部",
        "Phone": "03-0000-0001",
        "Home_Phone": "03-0000-0002",
        "Other_Phone": "03-0000-0003",
        "Fax": "03-0000-0004",
        "Mobile": "090-0000-0005",
        "Assistant": "岡田",
        "Asst_Phone": "03-0000-0006",
        "Mailing_Street": "西新宿",
        "Mailing_City": "新宿区",
        "Mailing_State": "東京都",
        "Mailing_Zip": "160-0000",
        "Mailing_Country": "日本",
        "Other_Street": "梅田",
        "Other_City": "大阪市",
        "Other_State": "大阪府",
        "Other_Zip": "530-0000",
        "Other_Country": "日本",
        "Description": "覚え書き",
        "Date_of_Birth": date(1984, 2, 29),
    }
    assert (found.company, found.changes, found.exclusion) == ("みどり印刷", (), None)


@pytest.mark.parametrize(
    ("column", "field", "raw", "aside"),
    [
        pytest.param("business_phone", "Phone", "ring the desk", "Phone: ring the desk", id="words as a number"),
        pytest.param("email1", "Email", "grant at birchwood", "Email: grant at birchwood", id="words as an address"),
        pytest.param("manager", "Description", "Ann Lee", "Manager: Ann Lee", id="the manager has no field"),
    ],
)
def test_nothing_is_lost_that_has_no_field(column: str, field: str, raw: str, aside: str) -> None:
    """What its field cannot take stands in Description, labelled, and is listed."""
    found = draft(surname="Grant", **{column: raw})
    assert found.asides == (aside,)
    assert ("Description", aside) in {(made.field, made.change.new) for made in found.changes}
    assert found.exclusion is None
    assert field == "Description" or (field, None) in {(made.field, made.change.new) for made in found.changes}


def test_of_several_addresses_all_are_kept() -> None:
    """Of several addresses in one cell the first is the contact's; the whole cell stands in Description, listed."""
    found = draft(surname="Grant", email1="o@birch.example; grant@birch.example")
    assert found.values["Email"] == "o@birch.example"
    assert found.asides == ("Email: o@birch.example; grant@birch.example",)
    assert ("Email", "first_of_several_addresses") in rules(found)


def test_the_name_beside_the_address_is_not_lost() -> None:
    """A CSV may name a person only in the column "E-mail Display Name"; that is listed as any other stand-in."""
    found = draft(email1="hanako@midori.example", email1_display="田中 花子 (hanako@midori.example)")
    assert found.values == {"Last_Name": "田中 花子", "Email": "hanako@midori.example"}
    assert rules(found) == {("Last_Name", "display_name_as_surname")}


def test_labels_speak_the_contacts_language() -> None:
    """A Japanese contact has Japanese labels."""
    assert draft(surname="木村", manager="松本 隆").asides == ("上司: 松本 隆",)


def test_an_exchange_address_is_no_address() -> None:
    """An X.500 address is of no use to a CRM: dropped, listed, and the contact stays."""
    found = draft(surname="青木", email1="/o=Corp/ou=x/cn=Recipients/cn=aoki")
    assert "Email" not in found.values
    assert rules(found) == {("Email", "x500_not_an_address")}
    assert not found.asides


def test_home_address_goes_to_other_where_that_is_empty() -> None:
    """The home address takes the place of an empty other address; else it stands in Description."""
    alone = draft(surname="Quill", home_street="7 Elm Row", home_city="Little Barrow")
    both = draft(surname="Quill", home_street="7 Elm Row", home_city="Little Barrow", other_city="Leeds")
    assert (alone.values["Other_Street"], alone.values["Other_City"]) == ("7 Elm Row", "Little Barrow")
    assert both.values["Other_City"] == "Leeds"
    assert both.asides == ("Home address: 7 Elm Row, Little Barrow",)


def test_birthday_of_a_store_is_read_in_the_mailbox_zone() -> None:
    """A birthday kept as the instant of midnight in Tokyo is that day."""
    assert draft(surname="高橋", birthday_at=datetime(1999, 12, 31, 15, tzinfo=UTC)).values["Date_of_Birth"] == date(
        2000, 1, 1
    )


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        pytest.param({"surname": "森", "email1": "ken@kaede.example"}, "own_domain", id="colleague"),
        pytest.param({"surname": "森", "email1": "Ken@KAEDE.example"}, "own_domain", id="colleague in capitals"),
        pytest.param({"surname": "森", "email1": "ken@sub.kaede.example"}, None, id="another domain below"),
        pytest.param({"surname": "森", "email2": "ken@kaede.example"}, None, id="only the second address"),
        pytest.param({"surname": "森", "is_private": True}, "private_item", id="private"),
        pytest.param({"surname": "森", "sensitivity": "private"}, "private_item", id="private by sensitivity"),
        pytest.param({"surname": "森", "sensitivity": "personal"}, None, id="personal is not private"),
        pytest.param({"notes": " \n "}, "empty_item", id="nothing in it"),
        pytest.param({"nickname": "Bea"}, None, id="only a nickname"),
        pytest.param({"home_phone": "03-0000-0001"}, None, id="only a number: left to validation"),
    ],
)
def test_exclusions(values: dict[str, object], rule: str | None) -> None:
    """Contacts are left out by named rules only."""
    found = draft(**values)
    assert (found.exclusion.rule if found.exclusion else None) == rule


def test_private_items_that_were_asked_for() -> None:
    """What the settings ask for is loaded though it is private."""
    (row,) = builders.rows("contacts", {"surname": "森", "is_private": True})
    origin = builders.origin()
    wanted = replace(origin, home=replace(origin.home, has_private=True))
    assert contacts.draft(row, wanted, OWN).exclusion is None


def test_label_language_is_by_script() -> None:
    """Kana and ideographs are Japanese, letters are not."""
    assert text.is_japanese("ﾏﾘｱ")
    assert not text.is_japanese("Fjällgård")
