"""The messages that become something: read without their bodies, partition by partition, and chosen by rule."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline import schemas, store
from pipeline.targets import Target
from pipeline.transform import columns, exclude, keys, mail_choice
from pipeline.transform.draft import Exclusion, Home, Origin, Row
from pipeline.transform.mail_choice import Choice, Rules

_AT_ONCE = 1024
BODIES = ("body_text", "body_html")
_LIGHT = (
    *columns.ORIGIN,
    *("subject", "sender", "author", "recipients", "sent_at", "received_at", "message_id", "in_reply_to", "references"),
    *("folder_role", "is_draft", "is_private", "sensitivity", "categories", "conversation_index", "attachments"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """One message that becomes something.

    `row`: of schemas.MESSAGES without its bodies; `path`, `group`, `place`: where those are; `people`: addresses of
    those it is attached to, unless records were chosen; `deal`: the name of a deal, None for none.
    """

    row: Row
    origin: Origin
    path: Path
    group: int
    place: int
    choice: Choice
    is_sent: bool
    people: tuple[str, ...]
    deal: str | None

    @property
    def rank(self) -> tuple[bool, str, int]:
        """Order the copies of one message, the one that leads first: the sender's, then by path and position."""
        return not self.is_sent, self.origin.home.path, self.origin.position


@dataclass(frozen=True, slots=True, kw_only=True)
class Picks:
    """All that were chosen, in the order read; what was left out: by rule, and each with its reason where it has one.

    Messages that no rule wants (`mail_not_chosen`) are only counted.
    """

    picks: tuple[Pick, ...]
    excluded: Mapping[str, int]
    exclusions: tuple[Mapping[str, object], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What messages are chosen with. `own`: folded addresses of all mailboxes; `own_domains`: of colleagues."""

    rules: Rules
    homes: Mapping[str, Home]
    own: frozenset[str]
    own_domains: frozenset[str]


def pick(paths: Sequence[Path], setting: Setting, cases: Target) -> Picks:
    """Choose among all messages; `cases`: the target, whose own fields may want further columns."""
    names = list(dict.fromkeys((*_LIGHT, *(one.source for one in cases.fields if one.is_custom and one.source))))
    names = [name for name in names if name not in BODIES]
    found: list[Pick] = []
    excluded: Counter[str] = Counter()
    exclusions: list[Mapping[str, object]] = []
    for path, group, place, row in _rows(paths, names):
        pick_or_rule = _one(row, setting, (path, group, place))
        if isinstance(pick_or_rule, Pick):
            found.append(pick_or_rule)
        else:
            excluded[pick_or_rule.rule] += 1
            if pick_or_rule is not exclude.MAIL:
                exclusions.append(_exclusion(row, setting.homes[row["file_sha256"]], pick_or_rule))
    return Picks(picks=tuple(found), excluded=dict(sorted(excluded.items())), exclusions=tuple(exclusions))


def _rows(paths: Iterable[Path], names: list[str]) -> Iterator[tuple[Path, int, int, Row]]:
    """Yield every message with the place of its bodies, not all of a partition in memory at once."""
    for path in paths:
        for group in range(store.groups(path)):
            place = 0
            for batch in store.read_group(path, group, schemas.MESSAGES, names).to_batches(max_chunksize=_AT_ONCE):
                for row in batch.to_pylist():
                    yield path, group, place, row
                    place += 1


def _one(row: Row, setting: Setting, where: tuple[Path, int, int]) -> Pick | Exclusion:
    home = setting.homes[row["file_sha256"]]
    is_sent = mail_choice.is_sent(row, home)
    choice = mail_choice.choose(row, setting.rules, is_sent=is_sent)
    if not choice.way and not choice.is_case:
        return exclude.MAIL
    if left_out := exclude.message(row, home):
        return left_out
    mail = setting.rules.mail
    people = mail_choice.correspondents(row, setting.own, setting.own_domains, sent=is_sent, everybody=mail.everybody)
    if choice.is_case and is_sent:
        choice = Choice(choice.way, choice.records)
        if not choice.way:
            return exclude.SENT_CASE
    if not (choice.is_case or choice.records or people):
        return exclude.NO_CORRESPONDENT
    path, group, place = where
    return Pick(
        row=row,
        origin=_origin(row, home),
        path=path,
        group=group,
        place=place,
        choice=choice,
        is_sent=is_sent,
        people=people if choice.way and not choice.records else (),
        deal=mail_choice.deal(row, mail),
    )


def _origin(row: Row, home: Home) -> Origin:
    return Origin(
        item_id=row["item_id"],
        source_key=_key(row, home),
        file_sha256=row["file_sha256"],
        folder=row["folder"],
        position=row["position"],
        message_class=row["message_class"],
        home=home,
        created_at=row["created_at"],
        modified_at=row["modified_at"],
    )


def _key(row: Row, home: Home) -> str:
    """Return the key of a message: of its Message-ID, whoever has a copy, else of its mailbox and raw key."""
    if row["message_id"]:
        return keys.source_key("messages", row["message_id"].strip())
    return keys.source_key("messages", home.mailbox, row["raw_key"] or row["item_id"])


def _exclusion(row: Row, home: Home, rule: Exclusion) -> Mapping[str, object]:
    return {
        "table": "messages",
        "item_id": row["item_id"],
        "source_key": _key(row, home),
        "rule": rule.rule,
        "reason": rule.reason,
    }
