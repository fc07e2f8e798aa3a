"""What a bulk write job is to do: the request of zoho-api 2.3, read and checked before the job is accepted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.sandbox import bulk_csv
from pipeline.sandbox.catalog import Catalog, Field, Module
from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.links import is_findable
from pipeline.sandbox.switches import Positions
from pipeline.sandbox.values import BadValueError, strptime_pattern

OPERATIONS = ("insert", "update", "upsert")
_SILENT = frozenset({"Created_Time", "Created_By", "Modified_Time", "Modified_By"})  # ignored: 2.6, H
_UNSUPPORTED = frozenset({"participants", "reminder", "rrule", "autonumber"})  # 2.6, 2.7, M


@dataclass(frozen=True, slots=True)
class Column:
    """One mapping. `index` -1: no column, only a default; `field` None: the id of the record."""

    api_name: str
    index: int
    field: Field | None
    find_by: str = ""
    pattern: str | None = None
    default: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """One job. `failure`: why it will fail as a whole, though it was accepted."""

    operation: str
    module: Module
    file: Path
    csv_name: str
    encoding: str
    find_by: str
    ignores_empty: bool
    columns: tuple[Column, ...]
    header: tuple[str, ...]
    failure: str = ""


def read(body: Mapping[str, Any], catalog: Catalog, uploads: Path, switches: Positions) -> Plan:
    """Read the body of POST /crm/bulk/v8/write.

    Raises:
        Refusal: the errors at create of zoho-api 2.3 (H for the list).
    """
    operation, resource = _operation(body), _resource(body)
    module = _module(resource, catalog)
    file = _file(resource, uploads)
    name = bulk_csv.member(file, _file_names(resource), switches)
    encoding = _encoding(body)
    with bulk_csv.opened(file, name, encoding, switches) as sheet:
        header = tuple(sheet.header)
    if len(header) > bulk_csv.MOST_COLUMNS:
        raise Refusal(400, "HEADER_LIMIT_EXCEEDED", "header limit exceeded", {"limit": bulk_csv.MOST_COLUMNS})
    columns = _columns(resource, module, header, catalog, switches)
    find_by = _find_by(operation, resource, module, columns, switches)
    return Plan(
        operation=operation,
        module=module,
        file=file,
        csv_name=name,
        encoding=encoding,
        find_by=find_by,
        ignores_empty=bool(resource.get("ignore_empty", body.get("ignore_empty", False))),
        columns=columns,
        header=header,
        failure=_unmapped(operation, module, columns, switches),
    )


def _operation(body: Mapping[str, Any]) -> str:
    operation = _required(body, "operation", "$.operation")
    if operation not in OPERATIONS:
        details = {"api_name": "operation", "json_path": "$.operation", "supported_values": list(OPERATIONS)}
        raise Refusal(400, "INVALID_DATA", "invalid data", details)
    return str(operation)


def _resource(body: Mapping[str, Any]) -> Mapping[str, Any]:
    resources = _required(body, "resource", "$.resource")
    if not isinstance(resources, list) or not resources or not isinstance(resources[0], dict):
        details = {"api_name": "resource", "json_path": "$.resource", "expected_data_type": "jsonarray"}
        raise Refusal(400, "INVALID_DATA", "invalid data", details)
    if len(resources) > 1:  # parent and child files: this org has no subforms
        raise Refusal(400, "MANDATORY_NOT_FOUND", "Required key parent_column_index is not available")
    resource = resources[0]
    if _required(resource, "type", "$.resource[0].type") != "data":
        raise Refusal(400, "INVALID_DATA", "invalid data", {"api_name": "type", "supported_values": ["data"]})
    return resource


def _required(body: Mapping[str, Any], key: str, path: str) -> Any:  # noqa: ANN401 - JSON
    if key not in body or body[key] is None:
        message = f"required key {key} is not found in request body."
        raise Refusal(400, "MISSING_REQUIRED_KEY", message, {"api_name": key, "json_path": path})
    return body[key]


def _module(resource: Mapping[str, Any], catalog: Catalog) -> Module:
    given = _required(resource, "module", "$.resource[0].module")
    name = str(given.get("api_name") if isinstance(given, dict) else given)
    module = catalog.find(name)
    if module is None or not module.is_bulk_write:  # the same answer for both: 2.3, 2.7
        raise Refusal(400, "MODULE_NOT_AVAILABLE", f"Requested module '{name}' is not available.")
    return module


def _file(resource: Mapping[str, Any], uploads: Path) -> Path:
    file_id = str(_required(resource, "file_id", "$.resource[0].file_id"))
    path = uploads / f"{file_id}.zip"
    if not (file_id.isascii() and file_id.isdigit() and path.is_file()):
        raise Refusal(400, "INVALID_FILE_ID", "improper file id")
    return path


def _file_names(resource: Mapping[str, Any]) -> Sequence[str]:
    names = resource.get("file_names") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        details = {"api_name": "file_names", "expected_data_type": "jsonarray"}
        raise Refusal(400, "INVALID_DATA", "invalid data", details)
    return names


def _encoding(body: Mapping[str, Any]) -> str:
    name = str(body.get("character_encoding") or "UTF-8")
    try:
        "".encode(name)
    except LookupError:
        raise Refusal(400, "INVALID_DATA", "invalid data", {"api_name": "character_encoding"}) from None
    return name


def _columns(
    resource: Mapping[str, Any], module: Module, header: Sequence[str], catalog: Catalog, switches: Positions
) -> tuple[Column, ...]:
    mappings = resource.get("field_mappings")
    if not mappings:
        named = (_by_header(module, name, index, catalog) for index, name in enumerate(header))
        columns = [column for column in named if column]
    else:
        columns = [_by_mapping(module, mapping, len(header), catalog, switches) for mapping in mappings]
    for column in columns:
        _check_activity(module, column, switches)
    return tuple(column for column in columns if column.api_name not in _SILENT)


def _by_header(module: Module, name: str, index: int, catalog: Catalog) -> Column | None:
    """Map a column by its header: an API name, `Account_Name.id` or `Account_Name.Account_Name` (2.3, H)."""
    if name == "id":
        return Column("id", index, None)
    api_name, _, find_by = name.partition(".")
    field = module.field(api_name)
    if field is None or (field.is_lookup and not is_findable(field, find_by, catalog)):
        return None
    return Column(api_name, index, field, find_by)


def _by_mapping(module: Module, mapping: Any, width: int, catalog: Catalog, switches: Positions) -> Column:  # noqa: ANN401
    if not isinstance(mapping, dict):
        raise Refusal(400, "INVALID_DATA", "invalid data", {"expected_data_type": "jsonobject"})
    api_name = str(_required(mapping, "api_name", "$.resource[0].field_mappings[].api_name"))
    field = module.field(api_name)
    index = _index(mapping, width)
    if api_name == "id":
        return Column("id", index, None)
    if api_name == "Layout" and index < 0:
        return _layout(module, mapping)
    if field is None or field.data_type in _UNSUPPORTED or (field.is_read_only and api_name not in _SILENT):
        raise Refusal(400, "INVALID_FIELD", f"invalid mapping. invalid api_name {api_name}.", {"api_name": api_name})
    find_by = _lookup_key(field, mapping, catalog) if field.is_lookup and index >= 0 else ""
    return Column(api_name, index, field, find_by, _pattern(field, mapping, switches), _default(mapping))


def _layout(module: Module, mapping: Mapping[str, Any]) -> Column:
    """Read the layout of new records: a default value for every row (2.3, H; how an unknown one is refused: L)."""
    if (layout := module.layout(_default(mapping))) is None:
        details = {"api_name": "Layout", "json_path": "$.resource[0].field_mappings[].default_value.value"}
        raise Refusal(400, "INVALID_DATA", "the layout id given seems to be invalid", details)
    return Column("Layout", -1, None, default=layout.id)


def _index(mapping: Mapping[str, Any], width: int) -> int:
    index = mapping.get("index")
    if index is None and mapping.get("default_value"):
        return -1
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < width:
        raise Refusal(400, "COLUMN_INDEX_NOT_FOUND", "column index is not found", {"index": index})
    return index


def _lookup_key(field: Field, mapping: Mapping[str, Any], catalog: Catalog) -> str:
    find_by = str(mapping.get("find_by") or "")
    if not find_by:
        details = {"api_name": field.api_name}
        raise Refusal(400, "MANDATORY_NOT_FOUND", "Required key find_by is not available", details)
    if not is_findable(field, find_by, catalog):
        raise Refusal(400, "INVALID_FIELD", f"invalid mapping. invalid find_by {find_by}.", {"api_name": find_by})
    return find_by


def _pattern(field: Field, mapping: Mapping[str, Any], switches: Positions) -> str | None:
    if field.data_type not in {"date", "datetime"}:
        return None
    java = mapping.get("format")
    if not java:
        java = switches.text("bulk_date_format") + (" HH:mm:ss" if field.data_type == "datetime" else "")
    try:
        return strptime_pattern(str(java))
    except BadValueError:
        raise Refusal(400, "INVALID_FORMAT", "invalid date format", {"api_name": field.api_name}) from None


def _default(mapping: Mapping[str, Any]) -> str:
    default = mapping.get("default_value") or {}
    value = default.get("value", default.get("name")) if isinstance(default, dict) else default
    return "" if value is None else str(value)


def _check_activity(module: Module, column: Column, switches: Positions) -> None:
    """Whether tasks take look-ups in bulk is open (2.7, 9a, L)."""
    switch = {"Who_Id": "bulk_who_id", "What_Id": "bulk_what_id"}.get(column.api_name)
    if switch and switches.is_at(switch, "refused"):
        message = f"invalid mapping. invalid api_name {column.api_name}."
        raise Refusal(400, "INVALID_FIELD", message, {"api_name": column.api_name, "module": module.api_name})


def _find_by(
    operation: str, resource: Mapping[str, Any], module: Module, columns: Sequence[Column], switches: Positions
) -> str:
    find_by = str(resource.get("find_by") or "")
    if not find_by:
        if operation == "insert":
            return ""
        raise Refusal(400, "MANDATORY_NOT_FOUND", "Required key find_by is not available")
    field = module.field(find_by)
    if find_by != "id" and field is None:
        raise Refusal(400, "INVALID_FIELD", f"invalid find_by {find_by}.", {"api_name": find_by})
    if field is not None and not field.is_unique:
        if switches.is_at("find_by_not_unique", "refused"):
            raise Refusal(400, "INVALID_FIELD", f"find_by {find_by} is not a unique field.", {"api_name": find_by})
        return ""  # "silently turns the job into plain inserts": add. 1c, L
    if all(column.api_name != find_by for column in columns):
        raise Refusal(400, "INVALID_FIELD", f"find_by {find_by} is not mapped.", {"api_name": find_by})
    return find_by


def _unmapped(operation: str, module: Module, columns: Sequence[Column], switches: Positions) -> str:
    """Refuse a job, or let it fail later, when a mandatory field is not mapped (2.3, 2.6; when: M)."""
    mapped = {column.api_name for column in columns}
    if operation == "update" or all(field.api_name in mapped for field in module.mandatory):
        return ""
    message = "All mandatory fields are not mapped for the layout [Standard]"
    if switches.is_at("mandatory_not_mapped", "at once"):
        raise Refusal(400, "MANDATORY_FIELDS_NOT_MAPPED", message)
    return message
