"""The answer as lines for the person who asks; only their terminal shows it."""

from collections.abc import Iterator
from typing import Any

from pipeline.load.why.answer import GAVE_WAY, FieldWhy, Item, Why
from pipeline.load.why.sent import Sent

_LONGEST = 100


def lines(why: Why) -> list[str]:
    """Return all that is known of one record."""
    return [*_head(why), *_requests(why), *_fields(why), *_noted(why), *_items(why), *_rules(why)]


def _head(why: Why) -> Iterator[str]:
    is_ours = why.is_ours or not why.crm_id or _was_made(why)
    name = f"{why.module} {why.crm_id or '(no id)'}"
    yield f"why         {name} of {why.org}, {'made by us' if is_ours else 'there before us'}"
    yield f"  crm_key {why.crm_key}" + (f", mailbox {why.mailbox}" if why.mailbox else "")
    for run in why.lost:
        yield f"  of run {run} only the ledger is left: its origins were wiped, or an older version loaded it"


def _was_made(why: Why) -> bool:
    return any(one.action == "create" and one.result == "created" for one in why.sent)


def _requests(why: Why) -> Iterator[str]:
    for one in why.sent:
        result = " ".join(part for part in (one.result or "in doubt", one.code, one.field) if part)
        way = f"bulk job {one.job}" if one.job else "bulk write" if one.transport == "bulk" else "records API"
        yield f"  run {one.run}, {one.started_at}: batch {one.batch}, {one.action} by {way}: {result}"
        yield f"    plan {one.plan or '-'}; request {one.digest}"
        yield from _after(one)


def _after(one: Sent) -> Iterator[str]:
    if one.approved:
        yield f"    approved by {one.approved}"
    if one.undone:
        yield f"    taken back by a rollback, {one.undone}"


def _fields(why: Why) -> Iterator[str]:
    numbers = {item.item_id: number for number, item in enumerate(why.items, start=1)}
    if why.fields:
        yield "  fields:"
    for one in why.fields:
        yield f"    {one.name} = {_shown(one.value)}  <- {_origin(one, numbers)}; run {one.run}, batch {one.batch}"
        if one.before:
            yield f"      instead of {_shown(one.before)}"
        for rule, old, new in one.rules:
            yield f"      rule {rule}: {_shown(old)} -> {_shown(new)}"


def _noted(why: Why) -> Iterator[str]:
    """Yield what the last load did not write, or wrote otherwise, and why: a person's value that was kept above all."""
    if why.noted:
        yield f"  noted by run {why.noted_by}, the last that had it among its rows:"
    for one in why.noted:
        ours, theirs = _shown(one["ours"]), _shown(one["theirs"])
        if one["rule"] == "conflict":
            yield f"    {one['field']}: {theirs} is kept, a person changed it; ours: {ours}"
        else:
            yield f"    {one['field']}: rule {one['rule']}; ours: {ours}; in the CRM: {theirs}"


def _origin(one: FieldWhy, numbers: dict[str, int]) -> str:
    named = ", ".join(map(str, sorted(numbers[item_id] for item_id in one.items if item_id in numbers)))
    if one.column:
        return f"{one.column} of {f'item {named}' if named else 'no item'}"
    return (
        f"constant {one.constant}" if one.constant else f"made of columns of {f'item {named}' if named else 'no item'}"
    )


def _items(why: Why) -> Iterator[str]:
    if why.items:
        yield "  items:"
    for number, item in enumerate(why.items, start=1):
        yield f"    {number}: {_place(item)}"
        yield f"       file SHA-256 {item.file_sha256}, item {item.item_id}"


def _place(item: Item) -> str:
    is_row = ":r" in item.item_id
    position = "" if item.position is None else f"row {item.position}" if is_row else f"node {item.position:#x}"
    return ", ".join(
        part
        for part in (item.path or "file not named", f"folder {item.folder}" if item.folder else "", position)
        if part
    )


def _rules(why: Why) -> Iterator[str]:
    if why.merges:
        yield "  merged:"
    for one in why.merges:
        left, right = one["left_item_id"], one["right_item_id"]
        yield f"    {left} and {right}: {one['verdict']} by {one['rule']} ({_shown(one['evidence'])})"
    told = {one.name for one in why.fields}
    others = [one for one in why.changes if one["field"] not in told or one["rule"] in GAVE_WAY]
    if others:
        yield "  changed or left out:"
    for one in others:
        change = f"{_shown(one['old'])} -> {_shown(one['new'])}"
        yield f"    {one['field']} of {one['item_id']}: {change}, rule {one['rule']}"


def _shown(value: Any) -> str:  # noqa: ANN401 - a value of the ledger
    if value is None or value == "":
        return "nothing"
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = " ".join(text.split())
    return f"«{text[:_LONGEST]}{'…' if len(text) > _LONGEST else ''}»"
