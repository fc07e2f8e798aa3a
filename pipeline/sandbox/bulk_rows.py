"""What becomes of one row of a bulk write (zoho-api 2.5, 2.6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.sandbox.bulk_plan import Column, Plan
from pipeline.sandbox.checks import Problem, duplicates, missing, with_defaults
from pipeline.sandbox.links import Linker
from pipeline.sandbox.stored import Record, fetch, find, insert, update
from pipeline.sandbox.values import BadValueError, Rules, from_cell


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """The last three columns of the result: status in lower case, id or None, `CODE-ColA,ColB:CODE2-ColC`."""

    status: str
    record_id: int | None = None
    errors: str = ""


class RowWriter:
    """Writes the rows of one job in one transaction after the other."""

    def __init__(self, plan: Plan, rules: Rules) -> None:
        self._plan = plan
        self._rules = rules
        self._seen: set[str] = set()

    def write(self, row: Sequence[str], linker: Linker) -> RowOutcome:
        """Write one row, or say why not."""
        values, problems = self._read(row, linker)
        if problems:
            return _skipped(problems)
        record_id = values.pop("id", None)
        key = record_id if self._plan.find_by == "id" else values.get(self._plan.find_by)
        try:
            existing = self._existing(key, linker)
        except BadValueError as error:
            return _skipped([Problem(error.code, self._plan.find_by, error.message, {})])
        if existing and self._plan.operation == "insert":
            return self._duplicate(existing, linker)
        return self._save(values, existing, linker)

    def _read(self, row: Sequence[str], linker: Linker) -> tuple[dict[str, Any], list[Problem]]:
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for column in self._plan.columns:
            cell = row[column.index] if 0 <= column.index < len(row) else ""
            text = cell if cell.strip() else column.default
            if not text:
                if not self._plan.ignores_empty:
                    values[column.api_name] = None
                continue
            try:
                values[column.api_name] = self._value(column, text, linker)
            except BadValueError as error:
                problems.append(Problem(error.code, column.api_name, error.message, {}))
        return {name: value for name, value in values.items() if not self._is_unused(name)}, problems

    def _value(self, column: Column, text: str, linker: Linker) -> Any:  # noqa: ANN401 - JSON
        if column.field is None:
            return text
        if column.field.is_lookup:
            return linker.from_cell(column.field, column.find_by or "id", text)
        return from_cell(column.field, text, column.pattern, self._rules)

    def _is_unused(self, name: str) -> bool:
        field = self._plan.module.field(name)
        return field is not None and field.is_unused

    def _existing(self, key: object, linker: Linker) -> Record | None:
        """Return the record that the row means.

        Raises:
            BadValueError: an update finds none; a key came before in this file and the switch forbids that.
        """
        plan = self._plan
        if key is None:
            if plan.operation == "update":
                raise BadValueError("MANDATORY_NOT_FOUND")
            return None
        if plan.operation == "upsert" and linker.switches.is_at("same_key_twice", "duplicate"):
            if str(key) in self._seen:
                raise BadValueError("DUPLICATE_DATA")
            self._seen.add(str(key))
        found = find(linker.db, plan.module, plan.find_by, key)
        if not found and (plan.operation == "update" or plan.find_by == "id"):
            raise BadValueError("RESOURCE_NOT_FOUND")
        return fetch(linker.db, plan.module.api_name, found[0]) if found else None

    def _save(self, values: Mapping[str, Any], existing: Record | None, linker: Linker) -> RowOutcome:
        module = self._plan.module
        problems = [*missing(module, values, existing, linker), *duplicates(module, values, existing, linker)]
        if problems:
            is_shown = linker.switches.is_at("skipped_record_id", "existing")
            other = next((problem.details["id"] for problem in problems if "id" in problem.details), None)
            return replace(_skipped(problems), record_id=int(other) if other and is_shown else None)
        if existing:
            update(linker.db, module, existing, values, linker.stamp)
            return RowOutcome("updated", existing.id)
        return RowOutcome("added", insert(linker.db, module, with_defaults(module, values, linker), linker.stamp))

    def _duplicate(self, existing: Record, linker: Linker) -> RowOutcome:
        """On insert a row that is there already is skipped (2.3, H)."""
        is_shown = linker.switches.is_at("skipped_record_id", "existing")
        errors = f"DUPLICATE_DATA-{self._plan.find_by}"
        return RowOutcome("skipped", existing.id if is_shown else None, errors)


def _skipped(problems: Sequence[Problem]) -> RowOutcome:
    """Write codes as the result file does: `MANDATORY_NOT_FOUND-Company,Last_Name:DUPLICATE_DATA-Email` (2.5, H)."""
    by_code: dict[str, list[str]] = {}
    for problem in problems:
        by_code.setdefault(problem.code, []).append(problem.api_name)
    errors = ":".join(f"{code}-{','.join(names)}" for code, names in by_code.items())
    return RowOutcome("skipped", None, errors)
