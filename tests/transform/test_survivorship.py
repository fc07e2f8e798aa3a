"""Which copy a field is taken from: the usual order, and what a project asks for, by field; accounts too."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline import config, transform
from pipeline.errors import SettingsError
from pipeline.targets import ACCOUNTS, CONTACTS, TARGETS
from pipeline.transform import merge
from pipeline.transform.draft import Draft
from pipeline.transform.keys import company_key
from pipeline.transform.survivorship import Survivorship
from tests import builders
from tests.builders import Row

STORE = builders.home("dana", is_store=True)


def _copy(name: str, modified: str | None, title: str | None, *, is_store: bool = False) -> Draft:
    values = {"Last_Name": "Grant", "Title": title, "Phone": f"03-0000-000{name}"}
    return Draft(
        origin=builders.origin(name, STORE if is_store else builders.home("sato"), modified),
        values={field: value for field, value in values.items() if value},
    )


COPIES = (
    _copy("1", "2026-03-01", "CTO"),
    _copy("2", "2026-01-01", "Chief Technology Officer", is_store=True),
    _copy("3", "2025-01-01", None),
)


@pytest.mark.parametrize(
    ("chosen", "title"),
    [
        pytest.param({}, "CTO", id="usual: changed last"),
        pytest.param({"Contacts.Title": ("store",)}, "Chief Technology Officer", id="a store first"),
        pytest.param({"Contacts.Title": ("csv", "last_modified")}, "CTO", id="CSV first"),
        pytest.param({"Contacts.Title": ("first_modified",)}, "Chief Technology Officer", id="oldest that has one"),
        pytest.param({"Contacts.Title": ("longest",)}, "Chief Technology Officer", id="longest"),
        pytest.param({"Contacts.Title": ("mailbox:dana",)}, "Chief Technology Officer", id="one mailbox first"),
        pytest.param({"default": ("longest", "store")}, "Chief Technology Officer", id="another default"),
    ],
)
def test_criteria(chosen: Mapping[str, tuple[str, ...]], title: str) -> None:
    """The best copy that has a value gives it; the others' values are listed, whatever their order."""
    survivorship = Survivorship.read(chosen, TARGETS)
    merged = [merge.merge(copies, CONTACTS, survivorship) for copies in (COPIES, COPIES[::-1])]
    assert merged[0].ready == merged[1].ready
    values = merged[0].ready.values
    assert values["Title"] == title
    assert "other_copy_was_kept" in {made.change.rule for _, made in merged[0].changes if made.field == "Title"}
    if "default" not in chosen:
        assert values["Phone"] == "03-0000-0001"
    assert merged[0].ready.mailbox == "sato"  # the owner is always that of the latest change


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ('[survivorship]\n"Contacts.Titel" = ["store"]\n', "Contacts.Titel"),
        ('[survivorship]\n"Contacts.Title" = ["newest"]\n', "newest"),
        ('[accounts]\nlegal_forms = "all"\n', "legal_forms"),
    ],
)
def test_what_is_unknown_is_refused(tmp_path: Path, settings: str, says: str) -> None:
    """A misspelt field or criterion would have no effect, and nobody would know."""
    with pytest.raises(SettingsError, match=says):
        Survivorship.read(builders.project(tmp_path, settings).survivorship, TARGETS)


ROWS: list[Row] = [
    {"surname": "A", "company": "株式会社みどり", "path": "sato/a.csv"},
    {"surname": "B", "company": "㈱みどり", "path": "dana/a.csv"},
    {"surname": "C", "company": "みどり株式会社", "path": "dana/a.csv"},
]


def _accounts(directory: Path, settings: str) -> tuple[dict[str, Row], dict[str, Any]]:
    """Return accounts by name, and surname → the name of the account."""
    project = builders.project(directory, builders.MAILBOXES + settings)
    builders.extracted(project, {"contacts": ROWS})
    transform.run(project)
    accounts = builders.transformed(project, "ready/accounts", ACCOUNTS.schema())
    names = {row["cluster_key"]: row["Account_Name"] for row in accounts}
    people = builders.transformed(project, "ready/contacts", CONTACTS.schema())
    return {row["Account_Name"]: row for row in accounts}, {
        row["Last_Name"]: names[row["Account_Name"]] for row in people
    }


def test_legal_forms_are_a_setting(tmp_path: Path) -> None:
    """Ways to write a legal form are one account where that is asked for; the mailbox that leads gives the spelling."""
    spelling, linked = _accounts(
        tmp_path,
        '[accounts]\nlegal_forms = "spelling"\n[survivorship]\n"Accounts.Account_Name" = ["mailbox:dana"]\n',
    )
    assert linked == {"A": "㈱みどり", "B": "㈱みどり", "C": "みどり株式会社"}
    keys = spelling["㈱みどり"]["source_keys"]
    assert {company_key("株式会社みどり"), company_key("㈱みどり")} < set(keys)
    assert spelling["㈱みどり"]["cluster_key"] in keys


def test_an_account_stays_when_the_setting_changes(tmp_path: Path) -> None:
    """The keys that an account had by the usual setting are among those that it has by another."""
    usual, _ = _accounts(tmp_path, "")
    assert len(usual) == 3
    (both, *_), others = _by_size(tmp_path)
    assert {usual["株式会社みどり"]["cluster_key"], usual["㈱みどり"]["cluster_key"]} <= set(both["source_keys"])
    assert usual["みどり株式会社"]["cluster_key"] in others[0]["source_keys"]


def _by_size(directory: Path) -> tuple[list[Row], list[Row]]:
    found, _ = _accounts(directory, '[accounts]\nlegal_forms = "spelling"\n')
    listed = sorted(found.values(), key=lambda row: -len(row["item_ids"]))
    return listed[:1], listed[1:]


def test_the_defaults_are_the_documented_ones(tmp_path: Path) -> None:
    """Without settings: changed last, then a store, then the key."""
    found = config.load(tmp_path)
    assert Survivorship.read(found.survivorship, TARGETS) == Survivorship()
