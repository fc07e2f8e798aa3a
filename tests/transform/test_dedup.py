"""Verdicts: which items are the same thing, which are not, and which a person should look at."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import pytest

from pipeline.transform import identity
from pipeline.transform.dedup import Deduplicated, deduplicate
from pipeline.transform.draft import Draft, Value
from pipeline.transform.identity import Identity, Rules
from tests import builders

SATO, DANA = builders.home("sato"), builders.home("dana", "Europe/London")
DAY = date(2026, 5, 22)
AT, LATER = builders.instant("2026-07-08T08:00"), builders.instant("2026-07-08T09:00")


def contact(name: str, last: str = "", first: str = "", email: str = "", *, is_surname: bool = True) -> Draft:
    """Return a draft of a contact; empty is missing."""
    values: dict[str, Value] = {"Last_Name": last, "First_Name": first, "Email": email}
    return Draft(origin=builders.origin(name), values={k: v for k, v in values.items() if v}, is_surname=is_surname)


def verdicts(found: Deduplicated) -> tuple[list[list[str]], set[tuple[str, str]]]:
    """Return the clusters by item, and the verdicts with their rules."""
    clusters = sorted(sorted(draft.origin.item_id.removeprefix("file:") for draft in one) for one in found.clusters)
    return clusters, {(decision.verdict, decision.rule) for decision in found.decisions}


Kind = tuple[Callable[[Sequence[Draft]], list[Identity]], Rules]
CONTACTS: Kind = (identity.contacts, identity.CONTACT_RULES)
TASKS: Kind = (identity.tasks, identity.TASK_RULES)
EVENTS: Kind = (identity.events, identity.EVENT_RULES)


def run(kind: Kind, *drafts: Draft) -> Deduplicated:
    """De-duplicate drafts of one kind."""
    return deduplicate(drafts, kind[0](drafts), kind[1])


@pytest.mark.parametrize(
    ("drafts", "clusters", "expected"),
    [
        pytest.param(
            [contact("a", "Grant", "Oliver", "o@b.example"), contact("b", "Grant", "Oliver", "O@B.example")],
            [["a", "b"]],
            {("same", "same_email")},
            id="one address, in capitals",
        ),
        pytest.param(
            [contact("a", "Grant", "Oliver", "o@b.example"), contact("b", "grant", "Ollie", "o@b.example")],
            [["a", "b"]],
            {("same", "same_email")},
            id="one address, another given name",
        ),
        pytest.param(
            [contact("a", "Stone", "A", "info@h.example"), contact("b", "Fletcher", "N", "info@h.example")],
            [["a"], ["b"]],
            {("unsure", "same_email_other_surname")},
            id="one address, two surnames",
        ),
        pytest.param(
            [
                contact("a", "Stone", "A", "info@h.example"),
                contact("b", "Fletcher", "N", "info@h.example"),
                contact("c", "Stone", "A", "info@h.example"),
            ],
            [["a", "c"], ["b"]],
            {("unsure", "same_email_other_surname"), ("same", "same_email")},
            id="one address, two surnames, one of them twice",
        ),
        pytest.param(
            [contact("a", "Stone", "A", "a@h.example"), contact("b", "a", "", "a@h.example", is_surname=False)],
            [["a", "b"]],
            {("same", "same_email")},
            id="a stand-in is no other surname",
        ),
        pytest.param(
            [
                contact("a", "Stone", "A", "info@h.example"),
                contact("b", "Fletcher", "N", "info@h.example"),
                contact("c", "info", "", "info@h.example", is_surname=False),
            ],
            [["a"], ["b"], ["c"]],
            {("unsure", "same_email_other_surname")},
            id="a stand-in does not choose between two",
        ),
        pytest.param(
            [contact("a", "遠藤", "誠"), contact("b", "遠藤", "誠")],
            [["a", "b"]],
            {("same", "same_name_without_email")},
            id="namesakes without an address",
        ),
        pytest.param(
            [contact("a", "ﾏﾘｱ"), contact("b", "マリア")],
            [["a", "b"]],
            {("same", "same_name_without_email")},
            id="half-width kana",
        ),
        pytest.param(
            [contact("a", "遠藤", "誠"), contact("b", "遠藤")], [["a"], ["b"]], set(), id="another given name"
        ),
        pytest.param([contact("a", "ab", "c"), contact("b", "a", "bc")], [["a"], ["b"]], set(), id="borders count"),
        pytest.param(
            [contact("a", "斎藤", "翼", "t@u.example"), contact("b", "斎藤", "翼"), contact("c", "斎藤", "翼")],
            [["a", "b", "c"]],
            {("same", "same_name_as_one_address"), ("same", "same_name_without_email")},
            id="namesakes join the one with an address",
        ),
        pytest.param(
            [
                contact("a", "斎藤", "翼", "t@u.example"),
                contact("b", "斎藤", "翼", "s@v.example"),
                contact("c", "斎藤", "翼"),
            ],
            [["a"], ["b"], ["c"]],
            {("unsure", "same_name_as_several_addresses")},
            id="but not one of two",
        ),
        pytest.param([contact("a"), contact("b")], [["a"], ["b"]], set(), id="nothing to compare"),
    ],
)
def test_contacts(drafts: list[Draft], clusters: list[list[str]], expected: set[tuple[str, str]]) -> None:
    """Contacts: same e-mail 1; only without one, same name."""
    assert verdicts(run(CONTACTS, *drafts)) == (clusters, expected)


def task(  # noqa: PLR0913 - what tasks differ in
    name: str,
    subject: str | None = "見積書",
    due: date | None = DAY,
    *,
    body: str = "",
    dana: bool = False,
    created: str = "",
) -> Draft:
    """Return a draft of a task."""
    values: dict[str, Value] = {"Subject": subject, "Due_Date": due, "Description": body or None}
    origin = builders.origin(name, DANA if dana else SATO, created=created or None)
    return Draft(origin=origin, values={k: v for k, v in values.items() if v is not None})


@pytest.mark.parametrize(
    ("drafts", "clusters", "expected"),
    [
        pytest.param(
            [task("a"), task("b", "見積書 ", body="x")],
            [["a", "b"]],
            {("same", "same_subject_and_due_date")},
            id="subject and due date",
        ),
        pytest.param([task("a"), task("b", dana=True)], [["a"], ["b"]], set(), id="two mailboxes"),
        pytest.param([task("a"), task("b", due=date(2026, 5, 23))], [["a"], ["b"]], set(), id="another day"),
        pytest.param([task("a", due=None), task("b")], [["a"], ["b"]], set(), id="one without a due date"),
        pytest.param(
            [task("a", due=None), task("b", due=None)],
            [["a"], ["b"]],
            {("unsure", "same_subject_no_due_date")},
            id="both without, creation unknown",
        ),
        pytest.param(
            [task("a", due=None, created="2026-01-01"), task("b", due=None, created="2026-01-01")],
            [["a", "b"]],
            {("same", "same_subject_and_due_date")},
            id="both without, body and creation agree",
        ),
        pytest.param(
            [task("a", due=None, created="2026-01-01"), task("b", due=None, created="2026-01-02")],
            [["a"], ["b"]],
            {("unsure", "same_subject_no_due_date")},
            id="both without, made at other times",
        ),
        pytest.param(
            [task("a", due=None, body="x"), task("b", due=None, body="y")], [["a"], ["b"]], set(), id="other bodies"
        ),
        pytest.param([task("a", None), task("b", None)], [["a"], ["b"]], set(), id="no subject"),
    ],
)
def test_tasks(drafts: list[Draft], clusters: list[list[str]], expected: set[tuple[str, str]]) -> None:
    """Tasks: same subject and due date in one mailbox; no due date never equals another by itself."""
    assert verdicts(run(TASKS, *drafts)) == (clusters, expected)


def event(
    name: str, *people: str, gid: str | None = None, title: str = "Review", start: object = AT, dana: bool = False
) -> Draft:
    """Return a draft of an event; its circle is `people`."""
    values: dict[str, Value] = {"Event_Title": title, "Start_DateTime": start, "End_DateTime": LATER}  # type: ignore[dict-item]  # a time
    origin = builders.origin(name, DANA if dana else SATO)
    return Draft(origin=origin, values=values, global_id=gid, circle=frozenset(people))


OTHER = builders.instant("2026-07-01T08:00")


@pytest.mark.parametrize(
    ("drafts", "clusters", "expected"),
    [
        pytest.param(
            [event("a"), event("b", title="review")],
            [["a", "b"]],
            {("same", "same_title_time_and_participants")},
            id="alone, in one mailbox",
        ),
        pytest.param([event("a"), event("b", dana=True)], [["a"], ["b"]], set(), id="alone, in two mailboxes"),
        pytest.param([event("a"), event("b", start=OTHER)], [["a"], ["b"]], set(), id="alone, at another time"),
        pytest.param(
            [event("a", "x", "y"), event("b", "y", "x", dana=True)],
            [["a", "b"]],
            {("same", "same_title_time_and_participants")},
            id="a meeting in two mailboxes",
        ),
        pytest.param([event("a", "x", "y"), event("b", "x", dana=True)], [["a"], ["b"]], set(), id="other people"),
        pytest.param(
            [event("a", "x", gid="0A"), event("b", "x", "y", gid="0a", title="Review 2", start=OTHER, dana=True)],
            [["a", "b"]],
            {("same", "same_meeting_id")},
            id="one id, moved and renamed in the other copy",
        ),
        pytest.param(
            [event("a", "x", gid="0a"), event("b", "x", gid="0b")], [["a"], ["b"]], set(), id="two ids, all else equal"
        ),
        pytest.param(
            [event("a", "x", gid="0a"), event("b", "x", gid="0a", start=OTHER)],
            [["a"], ["b"]],
            set(),
            id="two occurrences in one mailbox",
        ),
        pytest.param(
            [event("a", "x", gid="0a"), event("b", "x", dana=True)],
            [["a", "b"]],
            {("same", "same_title_time_and_participants")},
            id="a store's copy and a CSV's",
        ),
        pytest.param(
            [event("a", "x", gid="0a"), event("b", "x", gid="0b"), event("c", "x")],
            [["a"], ["b"], ["c"]],
            {("unsure", "same_as_several_meetings")},
            id="a CSV's copy of two meetings",
        ),
    ],
)
def test_events(drafts: list[Draft], clusters: list[list[str]], expected: set[tuple[str, str]]) -> None:
    """Events: alone by title and time in a mailbox; meetings by id, else by title, time and people, everywhere."""
    assert verdicts(run(EVENTS, *drafts)) == (clusters, expected)


def test_a_decision_says_what_and_why() -> None:
    """A merge names both items, the rule and the evidence."""
    (decision,) = run(
        CONTACTS, contact("a", "Grant", "", "o@b.example"), contact("b", "Grant", "", "O@b.example")
    ).decisions
    assert {decision.left.item_id, decision.right.item_id} == {"file:a", "file:b"}
    assert decision.evidence == "o@b.example"


# Each rule of design.md section 6 in both languages: a pair by name, what the second one says otherwise, and the scope.
WORDS = {"en": ("Grant", "Oliver", "Stone", "Quote", "Review"), "ja": ("高橋", "美咲", "森", "見積書", "定例会議")}


def _at(draft: Draft, *, dana: bool) -> Draft:
    """Return a draft as another mailbox has it."""
    return replace(draft, origin=builders.origin(draft.origin.item_id.removeprefix("file:"), DANA if dana else SATO))


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("dana", [False, True], ids=["one mailbox", "two mailboxes"])
@pytest.mark.parametrize("is_like", [True, False], ids=["alike", "different"])
@pytest.mark.parametrize("rule", ["address", "name", "task", "alone", "meeting", "id"])
def test_each_rule(language: str, rule: str, *, dana: bool, is_like: bool) -> None:
    """What is alike is one: contacts and meetings in the whole export, tasks and lone events in a mailbox."""
    last, first, other, subject, title = WORDS[language]
    when = AT if is_like else OTHER
    pairs: dict[str, tuple[Kind, Draft, Draft]] = {
        "address": (
            CONTACTS,
            contact("a", last, first, "o@b.example"),
            contact("b", last, other, "O@b.example" if is_like else "p@b.example"),
        ),
        "name": (CONTACTS, contact("a", last, first), contact("b", last, first if is_like else other)),
        "task": (TASKS, task("a", subject), task("b", subject, DAY if is_like else date(2026, 5, 23))),
        "alone": (EVENTS, event("a", title=title), event("b", title=title, start=when)),
        "meeting": (EVENTS, event("a", "x", "y", title=title), event("b", "y", "x", title=title, start=when)),
        "id": (
            EVENTS,
            event("a", "x", gid="0a", title=title),
            event("b", "x", gid="0A" if is_like else "0b", title=title),
        ),
    }
    kind, one, two = pairs[rule]
    clusters, _ = verdicts(run(kind, one, _at(two, dana=dana)))
    is_one = is_like and not (dana and rule in {"task", "alone"})
    assert clusters == ([["a", "b"]] if is_one else [["a"], ["b"]])
