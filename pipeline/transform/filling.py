"""One draft in the making: values, changes and labelled asides, put in one by one."""

from pipeline.clean import email, phone, text
from pipeline.clean.cleaned import Change, Cleaned
from pipeline.targets import Field, Target
from pipeline.transform.draft import FieldChange, Value

# A value that its field cannot take goes into Description, unless it is of no use to anybody.
MOVED = "moved_to_description"
_MOVED = frozenset({email.NOT_AN_ADDRESS, email.TOO_LONG, phone.NOT_A_NUMBER, phone.TOO_LONG})


def is_moved(cleaned: Cleaned) -> bool:
    """Return whether what stood in a cell goes to Description: its field takes none of it, or only a part."""
    is_part = any(change.rule == email.SEVERAL for change in cleaned.changes)
    return is_part or (cleaned.value is None and bool(cleaned.changes) and cleaned.changes[-1].rule in _MOVED)


class Filling:
    """Collects what becomes of one extracted row; `is_japanese` chooses the language of labels in Description.

    What is put into a field that the target does not have is left out: the project dropped it.
    """

    def __init__(self, target: Target, *, is_japanese: bool) -> None:
        self.is_japanese = is_japanese
        self._names = target.names
        self.values: dict[str, Value] = {}
        self.changes: list[FieldChange] = []
        self.asides: list[str] = []

    def put(self, api_name: str, cleaned: Cleaned) -> None:
        """Take a cleaned value with its changes."""
        self.note(api_name, *cleaned.changes)
        if cleaned.value is not None:
            self.take(api_name, cleaned.value)

    def take(self, api_name: str, value: Value) -> None:
        """Take a value as it is."""
        if api_name in self._names:
            self.values[api_name] = value

    def put_or_move(self, field: Field, raw: str | None, cleaned: Cleaned) -> None:
        """Take a cleaned value; where the field cannot take all of it, keep what stood there in Description."""
        self.put(field.api_name, cleaned)
        if is_moved(cleaned):
            self.aside(field.label_en, field.label_ja, raw, MOVED)

    def aside(self, label_en: str, label_ja: str, raw: str | None, rule: str) -> None:
        """Keep a value as a labelled line of Description."""
        self.aside_of(label_en, label_ja, text.line(raw), rule)

    def aside_of(self, label_en: str, label_ja: str, cleaned: Cleaned, rule: str) -> None:
        """Keep a cleaned value as a labelled line of Description."""
        self.note("Description", *cleaned.changes)
        if cleaned.value is not None:
            labelled = f"{label_ja if self.is_japanese else label_en}: {cleaned.value}"
            self.asides.append(labelled)
            self.note("Description", Change(rule, None, labelled))

    def note(self, api_name: str, *changes: Change) -> None:
        """Record changes of a field."""
        if changes and api_name in self._names:
            self.changes += [FieldChange(api_name, change) for change in changes]
