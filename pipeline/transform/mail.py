"""The step of messages: chosen without their bodies, then e-mails and cases made of them, a partition a time."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline import schemas, store, validate
from pipeline.clean.text import fold
from pipeline.engine import Told, tell_nobody
from pipeline.outcome import Account
from pipeline.targets import EMAILS, EMAILS_READY, Target
from pipeline.transform import cases, emails, exclude, mail_files, mail_picks, tables
from pipeline.transform.cases import Case
from pipeline.transform.draft import FieldChange, Origin, Ready, Row
from pipeline.transform.emails import Attachment
from pipeline.transform.mail_content import Content
from pipeline.transform.mail_files import Files
from pipeline.transform.mail_picks import BODIES, Pick, Picks, Setting
from pipeline.transform.repairs import NO_REPAIRS, Repairs

_Change = tuple[Origin, FieldChange]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What became of the messages: accounts of messages and e-mails, rows of the side tables, notes.

    `cases`: records, not yet validated, of `case_messages` messages, with their changes and decisions; `strangers`:
    folded address → a message of somebody who is to be a lead unless a contact, and the name there.
    """

    messages: Account
    emails: Account
    rows: Mapping[str, Sequence[dict[str, object]]]
    notes: tuple[str, ...]
    cases: tuple[Ready, ...]
    case_messages: int
    case_changes: tuple[_Change, ...]
    case_decisions: tuple[dict[str, object], ...]
    strangers: Mapping[str, tuple[Pick, str, str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """With what e-mails and cases are made. `place`: where ready tables are built; `share`: of rejects allowed.

    `has_files`: files go with the messages.
    """

    suite: validate.Suite
    cases: Target
    per_conversation: bool
    makes_leads: bool
    place: Path
    share: float
    has_files: bool = False
    told: Told = tell_nobody
    repairs: Repairs = NO_REPAIRS


def run(paths: Sequence[Path], seen: int, setting: Setting, making: Making) -> Output:
    """Make e-mails and cases of the chosen messages; e-mails are written, cases returned.

    Raises:
        InputError: too many e-mails are rejected, or a rule that stops the run is broken.
    """
    if setting.rules.are_any:
        making.told("choosing messages", "rows", 0, seen)
    picks = mail_picks.pick(paths, setting, making.cases) if setting.rules.are_any else _nothing(seen)
    attached = emails.attachments(one for one in picks.picks if one.choice.way)
    found = cases.cases(picks.picks, per_conversation=making.per_conversation)
    done = _Mails(making, attached)
    names = [*BODIES, "attached"] if making.has_files else BODIES
    read, wanted = 0, len({id(one.lead) for one in attached}) + len(found)
    for place, bodies in _bodies(paths, attached, found, names):
        making.told("cleaning messages", "rows", read, wanted)
        done.add(place, bodies, found)
        read += len(bodies)
    done.close()
    return Output(
        messages=Account(table="messages", seen=seen, written=len(picks.picks), excluded=picks.excluded),
        emails=done.account(),
        rows={**done.rows(), "exclusions": list(map(dict, picks.exclusions))},
        notes=done.notes(),
        cases=tuple(done.cases),
        case_messages=sum(pick.choice.is_case for pick in picks.picks),
        case_changes=tuple(done.case_changes),
        case_decisions=tuple(cases.decisions(found)),
        strangers=_strangers(attached) if making.makes_leads else {},
    )


def _nothing(seen: int) -> Picks:
    excluded = {exclude.MAIL.rule: seen} if seen else {}
    return Picks(picks=(), excluded=excluded, exclusions=())


def _bodies(
    paths: Iterable[Path], attached: Sequence[Attachment], found: Sequence[Case], names: Sequence[str]
) -> Iterable[tuple[tuple[str, int], Mapping[int, Row]]]:
    """Yield the bodies that are wanted of each partition, by row."""
    wanted: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for pick in (*(one.lead for one in attached), *(case.first for case in found)):
        wanted[str(pick.path), pick.group].add(pick.place)
    for path in paths:
        for group in range(store.groups(path)):
            if places := sorted(wanted.get((str(path), group), ())):
                table = store.read_group(path, group, schemas.MESSAGES, list(names)).take(places)
                yield (str(path), group), dict(zip(places, table.to_pylist(), strict=True))


class _Mails:
    """E-mails in the making, partition by partition, and the cases on the way."""

    def __init__(self, making: Making, attached: Sequence[Attachment]) -> None:
        self._making = making
        self._attached = attached
        self._by_place = emails.by_place(attached)
        self._changes: list[_Change] = []
        self._rejects: list[dict[str, object]] = []
        self._warned: Counter[str] = Counter()
        self._rejected: set[str] = set()
        self._rules: set[str] = set()
        self._files: Counter[str] = Counter()
        self._uploads: dict[str, tuple[int, int]] = {}
        self._parts = 0
        self.cases: list[Ready] = []
        self.case_changes: list[_Change] = []

    def add(self, place: tuple[str, int], bodies: Mapping[int, Row], found: Sequence[Case]) -> None:
        """Make all that a partition leads."""
        self._write([*self._rows(self._by_place.get(place, ()), bodies)], self._by_place.get(place, ()))
        for case in found:
            if (str(case.first.path), case.first.group) == place:
                body = bodies[case.first.place]["body_text"]
                record, changes = cases.ready(case, body, self._making.cases, self._making.repairs)
                self.cases.append(record)
                self.case_changes += changes

    def _rows(self, attached: Iterable[Attachment], bodies: Mapping[int, Row]) -> Iterable[dict[str, object]]:
        """Yield the rows of a partition; a message that goes to several records is cleaned once."""
        made = dict[int, tuple[Content, Files]]()
        for one in attached:
            lead = one.lead
            if lead.place not in made:
                whole = {**lead.row, **bodies[lead.place]}
                body, mended = self._making.repairs.row(EMAILS.source, lead.origin.source_key, whole)
                files = mail_files.of_message(lead.row["attachments"], body.get("attached"))
                made[lead.place] = emails.content_of(lead, body), files
                self._changes += [(lead.origin, change) for change in mended]
                self._changes += emails.changes(lead, made[lead.place][0])
                self._changes += [(lead.origin, change) for change in files.changes]
                if lead.row["attachments"]:
                    self._files[lead.origin.source_key] = len(lead.row["attachments"]) - len(files.chosen)
                if files.chosen:
                    self._uploads[lead.origin.source_key] = len(files.chosen), files.size
            yield emails.ready(one, *made[lead.place])

    def _write(self, rows: Sequence[dict[str, object]], attached: Sequence[Attachment]) -> None:
        if not rows:
            return
        table = store.table_of(rows, EMAILS_READY)
        verdict = validate.look(table.drop_columns(["files"]), self._making.suite)
        rejected = {failure.cluster_key for failure in verdict.failures}
        leads = {one.key: one.lead.origin for one in attached}
        self._rejects += tables.rejects(EMAILS.table, verdict.failures, leads)
        self._warned.update(verdict.warned)
        self._rejected |= rejected
        self._rules |= {failure.rule for failure in verdict.failures}
        kept = [row for row in rows if row["cluster_key"] not in rejected]
        self._to_file(kept)

    def _to_file(self, rows: Sequence[dict[str, object]]) -> None:
        path = self._making.place / "ready" / EMAILS.table / f"part-{self._parts:05d}.parquet"
        store.write(store.table_of(rows, EMAILS_READY), path, EMAILS_READY)
        self._parts += 1

    def close(self) -> None:
        """Write an empty table where there is none, and refuse too many rejects.

        Raises:
            InputError: there are too many.
        """
        if not self._parts:
            self._to_file([])
        records, share = len(self._attached), self._making.share
        validate.refuse_too_many(EMAILS.table, records, len(self._rejected), sorted(self._rules), share)

    def account(self) -> Account:
        """Return the account of e-mails: messages times people or records."""
        seen = sum(len(one.copies) for one in self._attached)
        records, rejected = len(self._attached), len(self._rejected)
        return Account(
            table=EMAILS.table, seen=seen, written=records - rejected, merged=seen - records, rejected=rejected
        )

    def rows(self) -> dict[str, list[dict[str, object]]]:
        """Return the rows of the side tables."""
        return {
            "changes": tables.changes(EMAILS.table, self._changes),
            "decisions": emails.decisions(self._attached),
            "rejects": self._rejects,
        }

    def notes(self) -> tuple[str, ...]:
        """Return what validation warns of, and how many files are not uploaded."""
        warned = [f"{EMAILS.table}: {count} {what}" for what, count in self._warned.items()]
        files, messages = self._files.total(), sum(count > 0 for count in self._files.values())
        told = (
            [f"{EMAILS.table}: {_number(files, 'file')} attached to {_number(messages, 'message')} not uploaded"]
            if files
            else []
        )
        if self._uploads:
            count, size = (sum(one[place] for one in self._uploads.values()) for place in (0, 1))
            of = f"{_number(count, 'file')} of {_number(len(self._uploads), 'message')}"
            told.append(f"{EMAILS.table}: {of} to upload, {-(-size // 1000):,} kB")
        return (*warned, *told)


def _number(count: int, word: str) -> str:
    return f"{count:,} {word}{'s' * (count != 1)}"


def _strangers(attached: Iterable[Attachment]) -> dict[str, tuple[Pick, str, str | None]]:
    """Return a message of everybody on the chosen ones, and how they are named there."""
    found: dict[str, tuple[Pick, str, str | None]] = {}
    for one in sorted(attached, key=lambda one: one.lead.rank):
        if one.address is not None:
            found.setdefault(fold(one.address), (one.lead, one.address, _name(one.lead, one.address)))
    return dict(sorted(found.items()))


def _name(pick: Pick, address: str) -> str | None:
    """Return the name that somebody has on a message."""
    people = [pick.row["author"], pick.row["sender"], *(pick.row["recipients"] or ())]
    named = (one for one in people if one and fold(one["email"] or one["address"]) == fold(address))
    return next((one["name"] for one in named if one["name"]), None)
