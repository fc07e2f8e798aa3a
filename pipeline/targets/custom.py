"""The targets of one project: as shipped, with the [[mapping]]s of pipeline.toml on top."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pyarrow as pa

from pipeline import schemas
from pipeline.config import Config, Mapping
from pipeline.errors import SettingsError
from pipeline.targets import of_org
from pipeline.targets.target import ARROW_TYPES, Field, Kind, Target

_LONGEST = 255  # of a new field that names no length
_LAYOUT = "Layout"  # no field of its own, but which form new records have
_TEXTS = {Kind.TEXT, Kind.EMAIL, Kind.PHONE, Kind.PICKLIST}


def chosen(config: Config, shipped: Iterable[Target]) -> tuple[Target, ...]:
    """Return the targets as the org has their fields, with the mappings of `config`, in the same order.

    Raises:
        SettingsError: a mapping names a table, field or column that there is not, or does not fit its kind;
            what is known of the org is damaged.
    """
    known = of_org.read(config)
    targets = {target.table: of_org.fitted(target, known) for target in shipped}
    for mapping in config.mapping:
        if mapping.table not in targets:
            raise _unknown("table", mapping.table, targets, mapping)
        target = targets[mapping.table]
        named = mapping if mapping.field else _named(mapping, of_org.labelled(target, known, mapping.label), known)
        targets[mapping.table] = _mapped(target, named)
    return tuple(targets.values())


def _named(mapping: Mapping, found: Sequence[str], known: of_org.Known) -> Mapping:
    """Return a mapping of a label with the API name that the org gave its field."""
    if len(found) == 1:
        return mapping.model_copy(update={"field": found[0]})
    if found:
        raise _wrong(mapping, f"several fields of the org have that label: {', '.join(found)}. Name one as field.")
    if not known:
        raise SettingsError(
            f"[[mapping]] of {mapping.table}, label {mapping.label}: which fields the org has is not known yet.",
            "Run make doctor, which asks it; or give field, the API name of the field.",
        )
    raise _wrong(mapping, "the org has no field of that label. If you made it since, run make doctor.")


def _mapped(target: Target, mapping: Mapping) -> Target:
    if mapping.field == _LAYOUT and not (mapping.drop and not target.layout):
        return replace(target, layout=_layout(mapping))
    names = [field.api_name for field in target.fields]
    if mapping.drop:
        return _without(target, mapping, names)
    if mapping.field in names:
        changed = _checked(target, _changed(target.field(mapping.field), mapping), mapping)
        return replace(
            target, fields=tuple(changed if field.api_name == mapping.field else field for field in target.fields)
        )
    if not mapping.source and not mapping.constant:
        raise _unknown("field", mapping.field, names, mapping)
    return replace(target, fields=(*target.fields, _checked(target, _new(mapping), mapping)))


def _layout(mapping: Mapping) -> str:
    """Return id or name of the layout that new records get; "" where an earlier mapping of it is dropped."""
    if mapping.source or mapping.kind or mapping.values or mapping.length:
        raise _wrong(mapping, "a layout is the same for all new records; give only constant, its id or name.")
    if not mapping.constant.strip() and not mapping.drop:
        raise _wrong(mapping, "give constant, the id or the name of the layout that new records get.")
    return mapping.constant.strip()


def _without(target: Target, mapping: Mapping, names: Iterable[str]) -> Target:
    if mapping.field not in names:
        raise _unknown("field", mapping.field, names, mapping)
    if target.field(mapping.field).is_required:
        raise _wrong(mapping, "Zoho refuses records without that field, so it cannot be dropped.")
    if mapping.field == "Description":
        raise _wrong(mapping, "values that have no field of their own are kept there, so it cannot be dropped.")
    return replace(target, fields=tuple(field for field in target.fields if field.api_name != mapping.field))


def _changed(field: Field, mapping: Mapping) -> Field:
    if field.kind in {Kind.LOOKUP, Kind.PARTICIPANTS, Kind.DATETIME}:
        raise _wrong(mapping, f"that field is a {field.kind} and cannot be mapped otherwise; it can only be dropped.")
    if mapping.kind and Kind(mapping.kind) is not field.kind:
        raise _wrong(mapping, f"that field is a {field.kind}, not a {mapping.kind}.")
    is_moved = bool(mapping.source or mapping.constant) and mapping.source != field.source
    return replace(
        field,
        source=mapping.source or ("" if mapping.constant else field.source),
        constant=mapping.constant,
        length=mapping.length or field.length,
        values=tuple((dict(field.values) | mapping.values).items()),
        is_custom=field.is_custom or is_moved,
    )


def _new(mapping: Mapping) -> Field:
    kind = Kind(mapping.kind or Kind.TEXT)
    label = mapping.label or mapping.field
    return Field(
        api_name=mapping.field,
        source=mapping.source,
        kind=kind,
        length=mapping.length or (_LONGEST if kind in _TEXTS - {Kind.PICKLIST} else None),
        values=tuple(mapping.values.items()),
        constant=mapping.constant,
        is_custom=True,
        label_en=label,
        label_ja=label,
    )


def _checked(target: Target, field: Field, mapping: Mapping) -> Field:
    """Refuse a field whose column is not there, or of a type that does not fit."""
    if not field.source:
        if field.kind in {Kind.DATE, Kind.BOOLEAN}:
            raise _wrong(mapping, "a constant is text; leave its kind out.")
        return field
    columns = schemas.EXTRACTED[target.source]
    if field.source not in columns.names:
        raise _unknown("column", field.source, columns.names, mapping)
    found = columns.field(field.source).type
    if not _fits(found, field.kind):
        raise _wrong(mapping, f"the column {field.source} is {found}, which does not fit a {field.kind}.")
    return field


def _fits(found: pa.DataType, kind: Kind) -> bool:
    return bool(found.equals(ARROW_TYPES[kind])) or (kind is Kind.TEXT and found.equals(pa.list_(schemas.TEXT)))


def _unknown(what: str, name: str, known: Iterable[str], mapping: Mapping) -> SettingsError:
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(known)}."
    return SettingsError(f"[[mapping]] of {mapping.table}.{mapping.field}: there is no {what} {name}.", hint)


def _wrong(mapping: Mapping, why: str) -> SettingsError:
    name = mapping.field or mapping.label
    return SettingsError(f"[[mapping]] of {mapping.table}.{name}: {why}", "Mend it in pipeline.toml.")
