"""Fields that an org wants in each record and the source knows nothing of.

A new org wants Meeting_Venue__s in each event (reference/zoho-api.md 3.5, M); any layout may want more. A pick list
gets its default, else its first real value; what else is wanted nobody can guess, so those rows are not sent.
"""

from collections.abc import Mapping
from dataclasses import replace

from pipeline.load.org import OrgField
from pipeline.targets import Field, Kind, Target

_NONE = "-None-"
_BY_ITSELF = frozenset({"Owner", "Layout"})


def completed(target: Target, org_fields: Mapping[str, OrgField]) -> Target:
    """Return the target with the pick lists that the org wants and the target lacks, each with a constant."""
    lacking = wanted(target, org_fields)
    extra = [_constant(one) for one in lacking if one.data_type == "picklist" and value_of(one)]
    return replace(target, fields=(*target.fields, *extra)) if extra else target


def wanted(target: Target, org_fields: Mapping[str, OrgField]) -> list[OrgField]:
    """Return the mandatory fields of the org that the target does not have."""
    return [
        one
        for one in org_fields.values()
        if one.is_mandatory and one.is_writable and one.api_name not in {*target.names, *_BY_ITSELF}
    ]


def _constant(field: OrgField) -> Field:
    return Field(
        api_name=field.api_name,
        source="",
        kind=Kind.PICKLIST,
        constant=value_of(field),
        label_en=field.label,
        label_ja=field.label,
    )


def value_of(field: OrgField) -> str:
    """Return what a record gets that names no value of a pick list: the default, else the first real value."""
    values = [actual for actual, _ in field.choices if actual != _NONE]
    return field.default or next(iter(values), "")
