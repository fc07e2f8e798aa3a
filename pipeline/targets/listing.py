"""The field tables of the documentation, made from the targets, so that they cannot disagree."""

from collections.abc import Iterable, Iterator

from pipeline.clean import name
from pipeline.targets.target import Field, Kind, Overflow, Target

_INTRODUCTION = """# Fields

What goes to Zoho CRM, and from where. Made from [pipeline/targets](.) by `make fields`; do not edit.

Every record also has an **Owner**: the CRM user of the mailbox it is from; a thing found in several mailboxes belongs
to the mailbox of its latest change, recorded in the table `decisions`. Lengths are in UTF-16 units, as Zoho counts.
"Cut" and "to Description" are listed in the table `changes`, "rejected" in `rejects`. Everything else that has a value
is counted by `make transform` as a value without a field. `[[mapping]]` in pipeline.toml adds, changes or drops fields.
"""
_HEAD = """
| Outlook column | Zoho field | label | 項目名 | type | length | too long | required |
|---|---|---|---|---|---|---|---|
"""


def markdown(targets: Iterable[Target]) -> str:
    """Return the page with one table per target."""
    return "".join([_INTRODUCTION, *(part for target in targets for part in _section(target))])


def _section(target: Target) -> Iterator[str]:
    yield f"\n## {target.label_en} ({target.label_ja}): {target.module}\n{_HEAD}"
    for field in target.fields:
        cells = (
            f"`{field.source}`" if field.source else f"always `{field.constant}`",
            f"`{field.api_name}`",
            field.label_en,
            field.label_ja,
            field.kind.value,
            "" if field.length is None else str(field.length),
            overflow(field),
            "yes" if field.is_required else "",
        )
        yield f"| {' | '.join(cells)} |\n"
    if "Last_Name" in target.names:
        yield f"\nWithout a surname stands in, in this order: {', '.join(_stand_ins())}.\n"
    if target.asides:
        lines = (f"`{aside.source}` ({aside.label_en}, {aside.label_ja})" for aside in target.asides)
        yield f"\nLabelled lines of Description: {'; '.join(lines)}.\n"


def _stand_ins() -> Iterator[str]:
    """Yield the columns that stand in for a surname; an address stands there without its domain."""
    yield from (f"`{column}`" for _, column in name.STAND_INS if column != "email")
    yield "the name in the first e-mail address (rule and old value: the table `changes`)"


def overflow(field: Field) -> str:
    """Return what happens to a value that is longer than its field, "" where none can be."""
    if field.length is None:
        return ""
    if field.kind in {Kind.EMAIL, Kind.PHONE}:
        return "to Description"
    return "rejected" if field.overflow is Overflow.REJECT else "cut"
