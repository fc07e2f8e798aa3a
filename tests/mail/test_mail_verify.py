"""A later look at e-mails on records: which are gone, and which differ from what was sent."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.load import verify
from pipeline.load.verify import Verified, lines
from tests.load import world
from tests.load.world import Crm
from tests.mail.mails import ids, mail, project

OLIVER, PRIYA = "oliver.grant@birchwood.example", "priya.nair@copperleaf.example"
DEAL = "Birchwood warehouse signage"
ALL = ("same", "gone", "moved", "linked", "of a gone record", "timed")


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """Run one sandbox."""
    with world.crm(tmp_path_factory.mktemp("crm")) as running:
        yield running


def _found(tmp_path: Path, crm: Crm) -> tuple[Verified, dict[str, str]]:
    """Load e-mails, let people change what is on the records, and look again."""
    zed = crm.write("POST", "Contacts", Last_Name="Zed", Email="zed@else.example")
    to = {"of a gone record": "zed@else.example", "gone": PRIYA}
    mails = [
        mail(key, to.get(key, OLIVER), day=number, **({"deal": DEAL} if key == "linked" else {}))
        for number, key in enumerate(ALL)
    ]
    config = project(tmp_path / "p", mails)
    world.run(config, crm)
    before = verify(config, crm.connection)
    assert (before.counts["Emails"], before.differences) == (len(ALL), ())
    for key, values in (
        ("gone", None),
        ("moved", {"subject": "Another", "sent": False}),
        ("linked", {"linked_record": None}),
        ("timed", {"date_time": "2026-01-01T00:00:00+00:00"}),
    ):
        assert crm.control("PUT", "emails", {"original_message_id": f"<{key}@x.example>", "values": values})
    crm.delete("Contacts", zed)
    crm.pass_a_minute()
    return verify(config, crm.connection), ids(crm)


def test_what_is_gone_and_what_differs(tmp_path: Path, crm: Crm) -> None:
    """An e-mail that was deleted, alone or with its record, is missing; subject, direction, time, deal are compared."""
    crm.begin_anew()
    last = crm.last_request()
    found, known = _found(tmp_path, crm)
    told = {(one.crm_key, one.field, one.what, one.ours, one.theirs) for one in found.differences}
    assert told == {
        ("gone", "", "missing", None, None),
        ("of a gone record", "", "missing", None, None),
        ("moved", "subject", "changed", "About moved", "Another"),
        ("moved", "sent", "changed", True, False),
        ("linked", "linked_record", "emptied", known[DEAL], None),
        ("timed", "date_time", "changed", "2026-05-06T09:00:00+00:00", "2026-01-01T00:00:00+00:00"),
    }
    said = lines(found)
    assert "  Emails: 6 loaded = 1 as sent + 3 changed + 2 missing" in said
    assert not [one for one in said if "example" in one]
    reads = crm.asked("GET", ".*/Emails", last)
    assert len(reads) == 6, "each of the three records is asked once a look"


def test_without_message_ids_they_are_known_by_what_is_shown(tmp_path: Path, crm: Crm) -> None:
    """Where the CRM does not show Message-IDs, subject, time and direction tell; one of another subject is gone."""
    crm.begin_anew()
    crm.turn(emails_message_id="hidden")
    found, _ = _found(tmp_path, crm)
    crm.turn(emails_message_id="shown")
    told = {(one.crm_key, one.field, one.what) for one in found.differences}
    assert told == {
        *((key, "", "missing") for key in ("gone", "of a gone record", "moved", "timed")),
        ("linked", "linked_record", "emptied"),
    }
