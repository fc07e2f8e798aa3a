"""Leads in the place of contacts: which, with which company, and who is none because a contact has the address."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline import config as settings
from pipeline.config import Leads
from pipeline.targets import CONTACTS, LEADS
from pipeline.transform import leads
from tests import builders
from tests.load import world
from tests.load.build import ready
from tests.load.world import Crm

RULES = Leads(categories=("Prospect",), folders=("Fair",), without_company=True, unknown_company="?")
SETTING = leads.Setting(rules=RULES, own_domains=frozenset({"kaede.example"}), public=frozenset({"mail.example"}))


def draft(**values: Any) -> Any:
    """Return the draft of one contact."""
    row = builders.rows("contacts", {"surname": "Ray", "given_name": "Bob"} | values)[0]
    return leads.draft(row, builders.origin(), SETTING)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"company": "Ray KK"}, False, id="a contact with a company"),
        pytest.param({}, True, id="no company"),
        pytest.param({"company": "Ray KK", "categories": ["prospect"]}, True, id="a category"),
        pytest.param({"company": "Ray KK", "folder": "/Top/Contacts/Fair"}, True, id="a folder"),
        pytest.param({"company": "Ray KK", "folder": "/Top/Contacts/Fairs"}, False, id="another folder"),
    ],
)
def test_which_contacts_are_leads(values: dict[str, Any], *, expected: bool) -> None:
    """By category, by folder, or because the company is not known."""
    assert leads.is_lead(RULES, builders.rows("contacts", values)[0]) is expected


@pytest.mark.parametrize(
    ("values", "company", "rules"),
    [
        pytest.param({"company": "Ray KK", "email1": "bob@ray.example"}, "Ray KK", [], id="named"),
        pytest.param({"email1": "bob@ray.example"}, "ray.example", ["company_from_mail_domain"], id="the mail domain"),
        pytest.param({"email1": "bob@mail.example"}, "?", ["company_unknown"], id="a domain that many share"),
        pytest.param({}, "?", ["company_unknown"], id="nothing"),
    ],
)
def test_a_lead_has_a_company(values: dict[str, Any], company: str, rules: list[str]) -> None:
    """Zoho wants one: what stands in for it is listed."""
    made = draft(**values)
    assert made.values["Company"] == company
    assert [one.change.rule for one in made.changes if one.field == "Company"] == rules


def test_what_leads_have_no_field_for_is_kept() -> None:
    """The first address there is fills the address; the others, and what else has no field, go to Description."""
    made = draft(business_city="Tokyo", home_city="Chofu", department="Sales", assistant_phone="03-1")
    assert made.values["City"] == "Tokyo"
    assert made.asides == ("Department: Sales", "Assistant's phone: 03-1", "Home address: Chofu")
    assert draft(home_city="Chofu").values["City"] == "Chofu"


def test_colleagues_are_no_leads() -> None:
    """The rules of contacts hold: a colleague is left out by name of the rule."""
    exclusion = draft(email1="hana@kaede.example").exclusion
    assert exclusion is not None
    assert exclusion.rule == "own_domain"


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Run a sandbox."""
    with world.crm(tmp_path_factory.mktemp("crm")) as running:
        yield running


def test_whose_address_a_contact_has_is_no_lead(tmp_path: Path, crm: Crm) -> None:
    """Contacts go before leads, of the CRM or of this run; a lead that was there is filled; nobody is made twice."""
    rows = {
        "contacts": [ready(CONTACTS, "c", Last_Name="New", Email="new@else.example")],
        "leads": [
            ready(LEADS, "a", Last_Name="Grant", Company="x", Email="OLIVER.grant@birchwood.example"),
            ready(LEADS, "b", Last_Name="New", Company="x", Email="new@else.example"),
            ready(LEADS, "d", Last_Name="Nair", Company="x", Email="priya.nair@copperleaf.example", Phone="03-1"),
            ready(LEADS, "e", Last_Name="Lee", Company="Lee KK"),
        ],
    }
    config = world.project(tmp_path / "p", rows)
    report = world.run(config, crm)
    account = world.counts(report, "Leads")
    assert (account.created, account.updated, account.skipped) == (1, 1, 2)
    codes = [
        one["code"] for one in world.tables(config, report, "outcomes") if one["module"] == "Leads" and one["code"]
    ]
    assert codes == ["is_a_contact", "is_a_contact"]
    priya = [
        one for one in crm.records("Leads", "Email,Phone,Company") if one["Email"] == "priya.nair@copperleaf.example"
    ]
    assert [(one["Phone"], one["Company"]) for one in priya] == [("03-1", "Copperleaf Studio")]
    again = world.counts(world.run(config, crm), "Leads")
    assert (again.unchanged, again.skipped) == (2, 2)


def test_nothing_is_a_lead_by_default(tmp_path: Path) -> None:
    """Without [leads] contacts are contacts."""
    assert not leads.is_wanted(settings.load(tmp_path, tmp_path).leads)
