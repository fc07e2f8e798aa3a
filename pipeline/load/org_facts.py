"""What only the org itself can tell: which way Zoho is where its pages leave it open, as a canary found it.

Each fact is marked L or M in reference/zoho-api.md or its addendum. A canary observes it in the first rows that go for
real (`pipeline.load.observe`); it is kept per org in facts.json, and the next plan, load and rollback go by it. What
nobody has observed yet is assumed; what the settings say explicitly wins over both.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipeline import store
from pipeline.config import Config
from pipeline.errors import StorageError

FILE = "facts.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One open question. `answers`: each possible one with what a load does then, the assumed one first.

    A number has one "answer", what is done with it. `source`: where the reference leaves it open.
    """

    name: str
    asks: str
    answers: Mapping[str, str]
    source: str
    setting: str = ""


QUESTIONS: Mapping[str, Question] = {
    one.name: one
    for one in (
        Question(
            name="contact_beside_guests",
            asks="an event's contact beside its participants",
            answers={
                "kept": "both are sent",
                "dropped": "the contact is sent as a participant only",
                "refused": "the contact is sent as a participant only",
            },
            source="zoho-api.md 3.5, L",
            setting="[org] contact_beside_guests",
        ),
        Question(
            name="message_on_several",
            asks="one e-mail on a second record",
            answers={
                "accepted": "it is attached to each record it belongs to",
                "refused": "it is attached to the first of them only, and listed for the others",
            },
            source="zoho-api.md 4 and 9 l, L",
            setting="[org] message_on_several",
        ),
        Question(
            name="bulk_line_ends",
            asks="line ends in the cells of a bulk write",
            answers={
                "kept": "nothing needs to be done",
                "lost": "modules with texts of several lines go by the records API",
            },
            source="zoho-api.md 2.2 and 9 e, L",
            setting="[org] bulk_line_ends",
        ),
        Question(
            name="pick_lists",
            asks="values of pick lists that show another text",
            answers={"actual": "the value itself is sent", "display": "what the list shows is sent"},
            source="zoho-api-addendum.md 5, M",
            setting="[org] pick_lists",
        ),
        Question(
            name="reply_order",
            asks="the order in which several records of one call are answered",
            answers={
                "as sent": "nothing needs to be done",
                "other": "records go one in each call; see make verify for those that went together",
            },
            source="zoho-api.md 3.1, M",
            setting="[org] reply_order",
        ),
        Question(
            name="bulk_read_credits",
            asks="the credits of a bulk read",
            answers={"1": "every forecast counts with it"},
            source="zoho-api.md 2.8, L",
            setting="[zoho] bulk_read_credits",
        ),
        Question(
            name="guest_address",
            asks="where the address of a participant without a record comes back",
            answers={
                "Email and participant": "both are sent and read",
                "Email": "both are sent and read",
                "participant": "both are sent and read",
                "nowhere": "such participants cannot be compared",
            },
            source="zoho-api.md 3.5, addendum 4, M",
        ),
        Question(
            name="times",
            asks="the instants of events",
            answers={"as sent": "nothing needs to be done", "moved": "events are not loaded before that is settled"},
            source="zoho-api.md 3.4, addendum 2, M",
            setting="[org] times",
        ),
        Question(
            name="all_day",
            asks="events of whole days",
            answers={"as sent": "nothing needs to be done", "changed": "see make verify for what they became"},
            source="zoho-api.md 3.5, M",
        ),
        Question(
            name="message_id",
            asks="the Message-ID of an attached e-mail",
            answers={
                "shown": "an e-mail in doubt is found by it",
                "hidden": "an e-mail in doubt is found by subject, time and direction",
            },
            source="zoho-api.md 4, addendum 9, L",
        ),
        Question(
            name="task_account",
            asks="the account that a task belongs to",
            answers={"kept": "it is sent", "dropped": "see make verify for the tasks without it"},
            source="zoho-api.md 2.7 and 3.5, M",
        ),
        Question(
            name="length_unit",
            asks="what the length of a field counts",
            answers={
                "characters": "texts are cut by characters",
                "something shorter": "see make verify for the texts that were cut",
            },
            source="zoho-api.md 5, M",
        ),
        Question(
            name="rare_characters",
            asks="emoji and rare kanji",
            answers={"kept": "nothing needs to be done", "lost": "see make verify for the texts that lack them"},
            source="zoho-api.md 2.2, addendum 10, L",
        ),
        Question(
            name="automation",
            asks="new records soon after they were made",
            answers={
                "left alone": "nothing needs to be done",
                "changed by others": "look at the workflow rules and assignment rules of these modules",
            },
            source="zoho-api.md 2.3 and 9 b, L",
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One answer: by which run and when it was observed, in how many records, and in which modules."""

    name: str
    answer: str
    run: int
    observed_at: str
    records: int
    modules: tuple[str, ...] = ()

    @property
    def is_as_assumed(self) -> bool:
        """Whether it is what a load takes for granted before anybody looked."""
        return self.answer == next(iter(QUESTIONS[self.name].answers))


@dataclass(frozen=True, slots=True)
class OrgFacts:
    """What is known of one org by now; `chosen`: fact → what the settings say of it."""

    observed: Mapping[str, Fact] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)

    def answer(self, name: str) -> str:
        """Return the answer that a load goes by: the settings', else the observed one, else the assumed one."""
        if name in self.chosen:
            return self.chosen[name]
        found = self.observed.get(name)
        return found.answer if found else next(iter(QUESTIONS[name].answers))

    def is_assumed(self, name: str) -> bool:
        """Tell whether an answer is the one that is assumed as long as nobody says otherwise."""
        return self.answer(name) == next(iter(QUESTIONS[name].answers))

    @property
    def bulk_read_credits(self) -> int:
        """What starting a bulk read costs."""
        return int(self.answer("bulk_read_credits"))


def of_settings(config: Config) -> dict[str, str]:
    """Return fact → answer for what the settings say explicitly."""
    said = {name: value for name, value in config.org.model_dump().items() if value != "auto"}
    credits_ = {"bulk_read_credits": str(config.zoho.bulk_read_credits)} if config.zoho.bulk_read_credits else {}
    return said | credits_


def known(config: Config, directory: Path) -> OrgFacts:
    """Return what is known of the org whose memory `directory` is.

    Raises:
        StorageError: the file is damaged.
    """
    return OrgFacts(read(directory), of_settings(config))


def read(directory: Path) -> dict[str, Fact]:
    """Return the facts that were observed in an org, none where no canary has looked.

    Raises:
        StorageError: the file is damaged.
    """
    path = directory / FILE
    if not path.is_file():
        return {}
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        found = [Fact(**{**row, "modules": tuple(row["modules"])}) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"{path} is damaged ({type(error).__name__}).", "Delete it; the next canary looks again."
        ) from None
    return {one.name: one for one in found if one.name in QUESTIONS}


def keep(directory: Path, found: Iterable[Fact]) -> None:
    """Remember facts; a later answer replaces an earlier one.

    Raises:
        StorageError: it cannot be written.
    """
    together = read(directory) | {one.name: one for one in found}
    rows = [asdict(one) for _, one in sorted(together.items())]
    store.write_text(json.dumps(rows, ensure_ascii=False, indent=1), directory / FILE)


def lines(facts: OrgFacts) -> Iterator[str]:
    """Yield what is known, fact by fact: the answer, whose word it is, and what a load does."""
    yield from (line for _, line in named_lines(facts))


def named_lines(facts: OrgFacts) -> Iterator[tuple[str, str]]:
    """Yield each known fact's name, and its line."""
    for name in dict.fromkeys([*facts.observed, *facts.chosen]):
        question, answer = QUESTIONS[name], facts.answer(name)
        done = question.answers.get(answer) or next(iter(question.answers.values()))
        yield name, f"{question.asks}: {answer} ({_by(facts, name)}); {done}"


def notes(facts: OrgFacts) -> list[str]:
    """Return what of the org is not as anybody would assume, as notes of a plan or load."""
    return [f"Of this org: {line}." for name, line in named_lines(facts) if not facts.is_assumed(name)]


def rows(facts: OrgFacts) -> list[dict[str, str | int]]:
    """Return what is known, as pages show it: `run` 0 and `day` "" for what nobody saw, `setting` "" for none."""
    return [_row(facts, name) for name in dict.fromkeys([*facts.observed, *facts.chosen])]


def _row(facts: OrgFacts, name: str) -> dict[str, str | int]:
    found = facts.observed.get(name)
    return {
        "name": name,
        "answer": facts.answer(name),
        "setting": QUESTIONS[name].setting if name in facts.chosen else "",
        "run": found.run if found else 0,
        "day": found.observed_at[:10] if found else "",
        "records": found.records if found else 0,
    }


def _by(facts: OrgFacts, name: str) -> str:
    found = facts.observed.get(name)
    seen = f"seen in {found.records:,} by run {found.run}, {found.observed_at[:10]}" if found else ""
    if name not in facts.chosen:
        return seen
    other = f"; {seen}: {found.answer}" if found and found.answer != facts.chosen[name] else ""
    return f"set in {QUESTIONS[name].setting}{other}"


def said(facts: OrgFacts) -> Iterator[str]:
    """Yield what is known, as lines: what differs from what was assumed is marked."""
    for name, line in named_lines(facts):
        yield f"  {'' if facts.is_assumed(name) else 'not as assumed: '}{line}"
    if left := open_questions(facts):
        yield "  not seen yet, so assumed:"
        yield from (f"    {one}" for one in left)


def open_questions(facts: OrgFacts) -> list[str]:
    """Return what nobody has looked at yet and no setting says, as it is assumed."""
    return [
        f"{one.asks}: {next(iter(one.answers))}"
        for one in QUESTIONS.values()
        if one.name not in facts.observed and one.name not in facts.chosen
    ]
