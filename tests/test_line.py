"""The line, end to end on the sample, as a user runs it: every row accounted for, nothing sent twice."""

import json
from collections import Counter
from pathlib import Path

import pytest

from tests import line
from tests.sample.files import build

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project in which the sample has been extracted, transformed and loaded."""
    directory = tmp_path_factory.mktemp("project")
    line.whole(directory)
    return directory


def test_the_committed_sample_is_what_make_sample_builds() -> None:
    """data/sample holds exactly the files that its generator writes."""
    sample = ROOT / "data" / "sample"
    committed = {path.relative_to(sample).as_posix(): path.read_bytes() for path in sample.rglob("*") if path.is_file()}
    assert committed == build()


def test_every_row_of_the_sample_is_accounted_for(project: Path) -> None:
    """What extract writes is what transform sees; what is ready is what load has to send."""
    extract, transform, load = line.whole(project)
    seen = {name: extract.rows(name) for name in ("contacts", "tasks", "events")}
    assert all(row[0] == sum(row[1:]) for row in seen.values())
    for name, row in seen.items():
        assert transform.rows(name)[0] == row[1]
    for name, module in (("accounts", "Accounts"), ("contacts", "Contacts"), ("tasks", "Tasks"), ("events", "Events")):
        ready, sent = transform.rows(name), load.rows(module)
        assert ready[0] + ready[1] == sum(ready[2:])
        assert sent[0] == ready[2] == sum(sent[1:])


def test_a_second_load_sends_nothing(project: Path) -> None:
    """Run again from the same files, the load says that there is nothing to send."""
    load = line.whole(project)[2]
    assert "Nothing to send" in load.out
    assert load.rows("all")[1:3] == [0, 0]


def test_the_first_and_last_line_of_a_load_name_its_target(project: Path) -> None:
    """A person sees at once, and at the end, which org was written to."""
    lines = line.run(project, "load").out.strip().splitlines()
    assert all("sandbox" in text and "org" in text for text in (lines[0], lines[-1]))


def test_another_org_gets_everything(project: Path) -> None:
    """What one org holds says nothing about another: a second sandbox is sent every row."""
    first = line.run(project, "load")
    second = line.run(project, "load", environment={"OUTLOOK2ZOHO_SANDBOX__NAME": "second"})
    created_updated_unchanged = second.rows("all")[1:4]
    assert created_updated_unchanged[0] > 0
    assert sum(created_updated_unchanged[:2]) == first.rows("all")[3]
    assert len(list((project / "data" / "audit").glob("sandbox-*"))) == 2


def test_the_sandbox_shows_what_was_loaded(project: Path) -> None:
    """sandbox-show prints one record a line; the people of both mailboxes are there, each once."""
    shown = line.run(project, "sandbox-show", "Contacts")
    emails = Counter(json.loads(text).get("Email") for text in shown.out.splitlines())
    assert emails["misaki.takahashi@midori-insatsu.example"] == 1
    assert emails["oliver.grant@birchwood.example"] == 1


def test_records_have_the_owner_of_their_mailbox(project: Path) -> None:
    """A task belongs to the CRM user of the mailbox it came from."""
    records = [json.loads(text) for text in line.run(project, "sandbox-show", "Tasks").out.splitlines()]
    owners = {record["Subject"]: record["Owner"]["email"] for record in records}
    assert owners["契約書の確認"] == "hanako.sato@kaede-shoji.example"
    assert owners["Renew insurance"] == "dana.whitfield@kaede-shoji.example"


def test_what_came_back_as_a_reject_says_where_and_why(project: Path) -> None:
    """The broken row of the sample is a reject with file, row, rule and a reason for a person."""
    rejects = line.table(project / "data" / "work" / "extracted", "rejects").to_pylist()
    broken = [row for row in rejects if row["rule"] == "too_many_fields"]
    assert [(row["table"], row["position"]) for row in broken] == [("contacts", 18)]
    assert broken[0]["reason"]


@pytest.mark.parametrize("stage", ["extracted", "transformed"])
@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"PYTHONHASHSEED": "1", "TZ": "America/St_Johns"}, id="hash seed and zone"),
        pytest.param({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, id="language"),
        pytest.param({"OUTLOOK2ZOHO_ENGINE__PROCESSES": "1"}, id="one process"),
        pytest.param({"OUTLOOK2ZOHO_ENGINE__PROCESSES": "4"}, id="four processes"),
    ],
)
def test_tables_are_the_same_bytes(
    project: Path, tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str], stage: str
) -> None:
    """Neither the machine's zone, language and hash seed nor the number of processes is in a table."""
    other = tmp_path_factory.mktemp("other")
    for name in ("extract", "transform"):
        assert line.run(other, name, environment=environment).code == 0
    first, second = (path / "data" / "work" / stage for path in (project, other))
    files = sorted(path.relative_to(first) for path in first.rglob("*.*"))
    assert files == sorted(path.relative_to(second) for path in second.rglob("*.*"))
    assert all((first / file).read_bytes() == (second / file).read_bytes() for file in files)
