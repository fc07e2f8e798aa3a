"""The words of the pages: both languages, and none missing."""

import re
from pathlib import Path

import pytest

from pipeline.load import account, mail_plan, mail_wire, plan
from pipeline.load.org_facts import QUESTIONS
from pipeline.load.plan import Transport
from pipeline.report import speech, words
from pipeline.transform import events, exclude, mail_content, mail_files, occurrences
from pipeline.transform.draft import Exclusion

REPORT = Path(words.__file__).parent


def test_every_word_of_a_page_is_there() -> None:
    """What a template or a module asks for exists; a missing one is an error in a test, not on a page."""
    asked = {
        key
        for path in REPORT.glob("templates/*.html")
        for key in re.findall(r'\bt\("(\w+)"\)|\bwords\.(\w+)\[', path.read_text(encoding="utf-8"))
    }
    assert {key for pair in asked for key in pair if key} - words.table()["page"].keys() == set()


@pytest.mark.parametrize("section", sorted(words.table().keys()))
def test_every_word_is_in_both_languages(section: str) -> None:
    """The Japanese is Japanese, but for words that are the same in both."""
    for english, japanese in words.table()[section].values():
        assert english.isascii() or "…" in english
        assert not japanese.isascii() or japanese == english


def test_every_remark_and_code_of_load_has_words() -> None:
    """What the plan may say of a row or a field is said in both languages."""
    assert account._RULES.keys() - words.table()["rule"].keys() == set()
    assert {"several_records", "several_rows", "record_taken"} <= words.table()["code"].keys()


def test_every_rule_of_calendar_and_mail_has_words() -> None:
    """What transform may say of an event or a message is said in both languages."""
    events_rules = (events.ALL_DAY_MOVED, events.ALL_DAY_END, events.NO_ADDRESS, events.UNRESOLVED, events.RESOURCE)
    series_rules = (occurrences.FIRST_ONLY, occurrences.INCOMPLETE, occurrences.OWN_TEXT, events.ROOM)
    mail_rules = (mail_files.NOT_UPLOADED, mail_content.SANITISED, mail_content.TOO_MANY, mail_content.NO_TO)
    named = [
        *vars(exclude).values(),
        *(one for held in vars(exclude).values() if isinstance(held, dict) for one in held.values()),
    ]
    left_out = {one.rule for one in named if isinstance(one, Exclusion)}
    assert {*events_rules, *series_rules, *mail_rules, *left_out} - words.table()["rule"].keys() == set()
    assert {mail_wire.NO_FILE, mail_plan.ELSEWHERE, mail_plan.SAME_RECORD} <= words.table()["code"].keys()


def test_every_fact_of_an_org_has_words() -> None:
    """Each question and each answer is said in both languages; numbers and names of keys are the same in both."""
    answers = {answer for one in QUESTIONS.values() for answer in one.answers if not answer.isdigit()}
    assert QUESTIONS.keys() - words.table()["fact"].keys() == set()
    assert answers - words.table()["answer"].keys() - {"Email", "participant"} == set()


@pytest.mark.parametrize("section", sorted(words.table().keys()))
def test_only_reasons_are_patterns(section: str) -> None:
    """A pattern in another section would never be looked at."""
    assert [key for key in words.table()[section] if key.startswith("^")] == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Reporting_To can be written only when the records have ids",
        "one message per call, and what is attached cannot be taken back",
        "bulk write does not take Events",
        "bulk write is not known to take Who_Id, What_Id",
        "Contacts has no unique field Outlook_Key, so each row is sent at most once",
        "bulk write does not keep texts of several lines here, and Contacts has some",
        "bulk write cannot suppress workflow rules, and Tasks is not in [zoho] workflows_checked",
    ],
)
def test_every_reason_is_japanese_too(sentence: str) -> None:
    """Each sentence that load gives as a reason has its Japanese."""
    assert 'lang="ja"' in speech.both(sentence)


@pytest.mark.parametrize(
    ("chosen", "japanese"),
    [
        pytest.param(plan.cheaper(Transport("bulk", "Tasks has the unique field K", "K"), 1006, 3, "auto"),
                     "クレジットは 3 で", id="cheaper"),
        pytest.param(plan.cheaper(Transport("bulk", "Tasks has the unique field K", "K"), 503, 900, "auto"),
                     "クレジットは 503 で", id="bulk"),
        pytest.param(plan.cheaper(Transport("bulk", "Tasks has the unique field K", "K"), 503, 3, "bulk"),
                     "設定 [zoho]", id="asked for bulk"),
        pytest.param(plan.cheaper(Transport("bulk", "Tasks has the unique field K", "K"), 5, 9, "records"),
                     "設定 [zoho]", id="asked for records"),
    ],
)  # fmt: skip
def test_why_a_module_goes_its_way_is_japanese_too(chosen: Transport, japanese: str) -> None:
    """The sentence of load is translated by its template."""
    assert japanese in speech.both(chosen.reason)


@pytest.mark.parametrize(
    ("asked", "environment", "language"),
    [
        pytest.param("", {"LANG": "ja_JP.UTF-8"}, "ja", id="locale"),
        pytest.param("", {"LC_ALL": "C.UTF-8", "LANG": "ja_JP.UTF-8"}, "en", id="LC_ALL goes first"),
        pytest.param("ja", {"LANG": "en_US.UTF-8"}, "ja", id="asked for"),
        pytest.param("en", {"LANG": "ja_JP.UTF-8"}, "en", id="asked for English"),
    ],
)
def test_language(asked: str, environment: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The language is the one asked for, else that of the locale."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert words.chosen(asked) == language


def test_what_nobody_translated_is_shown_by_its_name() -> None:
    """A rule of a project's own suite has no words; its name is shown, escaped."""
    assert words.pair("rule", "my_own_rule") == ("my_own_rule", "my_own_rule")
    assert words.markup("<b>", "rule") == "<span>&lt;b&gt;</span>"
