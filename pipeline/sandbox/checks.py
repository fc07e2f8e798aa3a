"""Whether a whole record may be written: values, mandatory fields, unique fields, participants (zoho-api 3.4)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.sandbox.catalog import Field, Module
from pipeline.sandbox.links import Linker
from pipeline.sandbox.participants import participants
from pipeline.sandbox.stored import Record, Values, find
from pipeline.sandbox.values import BadValueError, Rules, from_json

_NOT_FOUND = "required field not found"
_SYSTEM = frozenset({"id", "Created_Time", "Created_By", "Modified_Time", "Modified_By"})


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a field of a record is refused; `details` beyond api_name, `below` what the path ends with."""

    code: str
    api_name: str
    message: str
    details: Mapping[str, Any]
    below: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A record as it came in, read: its kept values, and what is wrong with it."""

    values: dict[str, Any]
    problems: tuple[Problem, ...]


def read_record(module: Module, raw: Mapping[str, Any], linker: Linker, rules: Rules) -> Checked:
    """Read one record of the records API; fields nobody knows, system ones and unused ones are dropped (3.1, H)."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    if raw.get("Layout") is not None:
        try:
            values["Layout"] = layout_id(module, raw["Layout"])
        except BadValueError as error:
            problems.append(_problem("Layout", error))
    for name, value in raw.items():
        field = module.field(name)
        if field is None or field.is_read_only or field.is_unused or name in _SYSTEM:
            continue
        try:
            values[name] = None if _is_empty(value) else _kept(field, value, raw, linker, rules)
        except BadValueError as error:
            problems.append(_problem(name, error))
    if values.get("What_Id") and linker.switches.is_at("what_id", "dropped"):
        del values["What_Id"]
    if module.api_name == "Events" and values.get("Who_Id") and values.get("Participants"):
        match linker.switches.text("who_beside_participants"):
            case "dropped":
                del values["Who_Id"]
            case "refused":
                problems.append(Problem("NOT_ALLOWED", "Who_Id", "not allowed with participants", {}))
    return Checked({**values, **_kept_marks(raw, values)}, tuple(problems))


def layout_id(module: Module, value: object) -> str:
    """Return the id of the layout that a record is to have, given as `{"id": …}` (2.3, M; how it is refused: L).

    Raises:
        BadValueError: there is no such active layout.
    """
    given = value.get("id") if isinstance(value, Mapping) else None
    if (layout := module.layout(given)) is None:
        raise BadValueError("INVALID_DATA", "the layout id given seems to be invalid", below="id")
    return layout.id


def _kept_marks(raw: Mapping[str, Any], values: Values) -> dict[str, Any]:
    """Return the `$` keys that are read back (add. 4): the module of What_Id, the notification mark of events."""
    marks = {}
    if values.get("What_Id"):
        marks["$se_module"] = raw["$se_module"]
    if isinstance(raw.get("$send_notification"), bool):
        marks["$send_notification"] = raw["$send_notification"]
    return marks


def wrong_with(module: Module, values: Values, existing: Record | None, linker: Linker) -> Iterator[Problem]:
    """Yield what forbids to write read values: into a new record, or over `existing`."""
    yield from missing(module, values, existing, linker)
    yield from duplicates(module, values, existing, linker)


def missing(module: Module, values: Values, existing: Record | None, linker: Linker) -> Iterator[Problem]:
    """Yield mandatory fields that a new record lacks, or that an update would empty."""
    for field in module.mandatory:
        is_there = values.get(field.api_name) is not None
        if not is_there and (existing is None or field.api_name in values):
            yield Problem("MANDATORY_NOT_FOUND", field.api_name, _NOT_FOUND, {})
    layout = module.layout(values.get("Layout")) if existing is None else None
    for name in layout.required if layout else ():
        if values.get(name) is None:
            yield Problem("MANDATORY_NOT_FOUND", name, _NOT_FOUND, {})
    if existing is None:
        yield from _missing_by_switch(module, values, linker)


def duplicates(module: Module, values: Values, existing: Record | None, linker: Linker) -> Iterator[Problem]:
    """Yield unique fields whose value another record has (3.4, H)."""
    for field in module.unique:
        value = values.get(field.api_name)
        if value is None:
            continue
        others = [
            other for other in find(linker.db, module, field.api_name, value) if not existing or other != existing.id
        ]
        if others:
            duplicate = {"id": str(others[0]), "module": {"api_name": module.api_name}}
            details = {"id": str(others[0]), "duplicate_record": duplicate, "more_records": False}
            yield Problem("DUPLICATE_DATA", field.api_name, "duplicate data", details)


def with_defaults(module: Module, values: Values, linker: Linker) -> dict[str, Any]:
    """Return the values of a new record with the defaults of its pick lists (3.5, M)."""
    defaults = {field.api_name: field.default for field in module.fields.values() if field.default}
    if linker.switches.is_at("meeting_venue", "mandatory"):
        defaults.pop("Meeting_Venue__s", None)
    return {**defaults, **{name: value for name, value in values.items() if value is not None}}


def item_error(problems: Iterable[Problem], index: int, *, is_first_only: bool) -> dict[str, Any]:
    """Return the answer for one refused record of `data[]`."""
    errors = [_error(problem, index) for problem in problems]
    if len(errors) == 1 or is_first_only:
        return {**errors[0], "status": "error"}
    return {"code": "MULTIPLE_OR_MULTI_ERRORS", "details": {"errors": errors}, "message": "", "status": "error"}


def _missing_by_switch(module: Module, values: Values, linker: Linker) -> Iterator[Problem]:
    wanted = []
    if module.api_name == "Events" and linker.switches.is_at("meeting_venue", "mandatory"):
        wanted.append("Meeting_Venue__s")
    is_mail = module.api_name == "Cases" and values.get("Case_Origin") == "Email"
    if is_mail and linker.switches.is_at("case_origin_email", "mandatory"):
        wanted.append("Email")
    for name in wanted:
        if values.get(name) is None:
            yield Problem("MANDATORY_NOT_FOUND", name, _NOT_FOUND, {})


def _kept(field: Field, value: object, raw: Mapping[str, Any], linker: Linker, rules: Rules) -> Any:  # noqa: ANN401 - JSON
    if field.data_type == "participants":
        is_sent = raw.get("$send_notification", linker.switches.is_at("notification_default", "sent"))
        return participants(value, linker, is_invited=is_sent is True)
    if field.is_lookup:
        return linker.from_json(field, value, raw)
    return from_json(field, value, rules)


def _is_empty(value: object) -> bool:
    return value is None or value in ("", [])


def _problem(name: str, error: BadValueError) -> Problem:
    details = dict(error.details)
    below = str(details.pop("below", ""))
    return Problem(error.code, name, error.message, details, below)


def _error(problem: Problem, index: int) -> dict[str, Any]:
    name = str(problem.details.get("api_name", problem.api_name))
    own_path = f"$.data[{index}]."
    path = own_path + (f"{problem.api_name}.{problem.below}" if problem.below else name)
    details = {**problem.details, "api_name": name, "json_path": path}
    if "dependee" in details:
        dependee = details["dependee"]
        details["dependee"] = {**dependee, "json_path": own_path + dependee["json_path"]}
    return {"code": problem.code, "details": details, "message": problem.message}
