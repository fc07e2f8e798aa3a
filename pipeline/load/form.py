"""What the rows of a module are held against, and their values as the org takes them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.load import mandatory, values
from pipeline.load.held import Held
from pipeline.load.org import OrgField
from pipeline.load.people import MOST_PARTICIPANTS
from pipeline.load.policy import Remark
from pipeline.load.rows import Row
from pipeline.load.values import Reference, Value
from pipeline.targets import Field, Kind, Target

# table → cluster_key → the CRM's id, or the record that will get one, or None where that row is not sent
Links = Mapping[str, Mapping[str, str | Reference | None]]
_TEXTS = frozenset({Kind.TEXT, Kind.EMAIL, Kind.PHONE})


@dataclass(frozen=True, slots=True)
class Shape:
    """What is true of all rows that have values in the same fields.

    `places`: those fields; `special`: places of the values that the org may not take as they are, with their fields;
    `lacking`: the first field that a new record must have and these do not, "" for none; `is_free`: a new record is
    made of them as they are, whatever they are.
    """

    places: Mapping[str, int]
    special: tuple[tuple[int, str], ...]
    lacking: str
    is_free: bool


@dataclass(frozen=True, slots=True)
class Form:
    """What a module's rows are held against, worked out once: all by API name.

    `fields`: our field and the org's; `people`: fields of participants; `lengths`: of texts that may be too long;
    `mandatory`: what a new record must have; `constants`: what it gets when the source has nothing; `plain`: fields
    whose values the org takes as they are; `shapes` and `choices`: what was worked out for rows before.
    """

    fields: Mapping[str, tuple[Field, OrgField | None]]
    people: tuple[str, ...]
    lengths: Mapping[str, int]
    mandatory: tuple[str, ...]
    constants: Mapping[str, Value]
    plain: frozenset[str]
    kinds: Mapping[str, Kind]

    shapes: dict[int, Shape] = field(default_factory=dict)
    choices: dict[tuple[str, str], tuple[Value, str]] = field(default_factory=dict)

    def shape(self, held: Held) -> Shape:
        """Return the shape of a row; it is looked at once for all rows that share it."""
        known = self.shapes.get(id(held.places))
        if known is None:
            known = self.shapes[id(held.places)] = self._shape(held)
        return known

    def _shape(self, held: Held) -> Shape:
        special = tuple((place, name) for name, place in held.places.items() if name not in self.plain)
        lacking = self._lacking(held)
        is_bounded = bool(special or lacking or self.constants) or not self.lengths.keys().isdisjoint(held.places)
        return Shape(places=held.places, special=special, lacking=lacking, is_free=not is_bounded)

    def is_free(self, row: Row) -> bool:
        """Tell whether a new record is made of the values of a row as they are, and there is nothing to remark on."""
        if not isinstance(row.values, Held) or row.unaddressed or row.remarks:
            return False
        return self.shape(row.values).is_free

    def lacking(self, held: Mapping[str, Value]) -> str:
        """Return the first field that a new record must have and these values do not, "" for none."""
        return self.shape(held).lacking if isinstance(held, Held) else self._lacking(held)

    def _lacking(self, held: Mapping[str, Value]) -> str:
        return next((name for name in self.mandatory if name not in held), "")

    def prepared(self, row: Row, links: Links) -> tuple[Mapping[str, Value], list[Remark]]:
        """Return the values of a row that the org can take, and what was left out."""
        if isinstance(row.values, Held) and not row.unaddressed and not row.remarks:
            special = self.shape(row.values).special
            if not special:
                return row.values, []
            taken = self._taken(row.values, special, links)
            if taken is not None:
                return taken, []
        return self._looked_at(row, links)

    def _taken(self, held: Held, special: tuple[tuple[int, str], ...], links: Links) -> Held | None:
        """Return the values as the org takes them; None where there is something to remark on."""
        cells = list(held.cells)
        for place, name in special:
            value, rule = self._fitted(name, cells[place], links)
            if rule or value is None:
                return None
            cells[place] = value
        fitted = tuple(cells)
        return held if fitted == held.cells else Held(held.places, fitted)  # usually alike: one is enough in memory

    def _looked_at(self, row: Row, links: Links) -> tuple[Mapping[str, Value], list[Remark]]:
        kept: dict[str, Value] = {}
        remarks = [Remark(rule="participant_without_address", field=name) for name in self.people if row.unaddressed]
        remarks += row.remarks
        for name, held in row.values.items():
            value, rule = self._fitted(name, held, links)
            if rule:
                remarks.append(Remark(rule=rule, field=name, ours=held))
            if value is not None:
                kept[name] = value
        return (row.values if kept == row.values else kept), remarks

    def _fitted(self, name: str, value: Value, links: Links) -> tuple[Value, str]:
        """Return the value as the org takes it (None: it does not), and the rule that changed or refused it."""
        target_field, org_field = self.fields[name]
        if target_field.kind is not Kind.PICKLIST or not isinstance(value, str):
            return _fitted(target_field, value, org_field, links)
        known = self.choices.get((name, value))
        if known is None:
            known = self.choices[name, value] = _fitted(target_field, value, org_field, links)
        return known


def of(target: Target, org_fields: Mapping[str, OrgField], longest: Mapping[str, int] | None = None) -> Form:
    """Return the form of a module.

    Args:
        target: the module.
        org_fields: its fields in the org.
        longest: UTF-8 bytes of the longest text of a field, where somebody looked.
    """
    pairs = {one.api_name: (one, org_fields.get(one.api_name)) for one in target.fields}
    lengths = {name: held.length for name, (one, held) in pairs.items() if held and held.length and one.kind in _TEXTS}
    if longest:  # a text has at most as many UTF-16 units as UTF-8 bytes
        lengths = {name: most for name, most in lengths.items() if longest.get(name, most + 1) > most}
    ours = [name for name, (one, held) in pairs.items() if one.is_required or (held is not None and held.is_mandatory)]
    return Form(
        fields=pairs,
        people=tuple(one.api_name for one in target.fields if one.kind is Kind.PARTICIPANTS),
        lengths=lengths,
        mandatory=(*(one.api_name for one in mandatory.wanted(target, org_fields)), *ours),
        constants={one.api_name: one.constant for one in target.fields if one.constant},
        plain=frozenset(name for name, (one, held) in pairs.items() if _is_plain(one, held)),
        kinds={one.api_name: one.kind for one in target.fields},
    )


def _is_plain(one: Field, held: OrgField | None) -> bool:
    is_chosen = one.kind is Kind.PICKLIST and held is not None and bool(held.choices)
    return held is not None and held.is_writable and not is_chosen and one.kind not in {Kind.LOOKUP, Kind.PARTICIPANTS}


def _fitted(target_field: Field, value: Value, org_field: OrgField | None, links: Links) -> tuple[Value, str]:
    """Return the value as the org takes it (None: it does not), and the rule that changed or refused it."""
    if isinstance(value, tuple):
        return value[:MOST_PARTICIPANTS], "too_many_participants" if len(value) > MOST_PARTICIPANTS else ""
    if org_field is None or not org_field.is_writable:
        return None, "field_not_in_org"
    if target_field.kind is Kind.LOOKUP:
        link = links[target_field.lookup].get(str(value))
        return link, "" if link else "parent_not_sent"
    if target_field.kind is Kind.PICKLIST and org_field.choices:
        choice = _choice(str(value), org_field)
        if choice is None and target_field.constant:  # of ours, not of the item: what the org has in its place
            return mandatory.value_of(org_field) or None, "value_of_org"
        return choice, "" if choice else "value_not_in_picklist"
    return value, ""


def _choice(value: str, org_field: OrgField) -> str | None:
    """Return the org's own spelling of a picklist value: by its actual value, else by what it shows."""
    wanted = values.folded(value)
    by_actual = (actual for actual, _ in org_field.choices if values.folded(actual) == wanted)
    by_display = (actual for actual, display in org_field.choices if values.folded(display) == wanted)
    return next(by_actual, None) or next(by_display, None)
