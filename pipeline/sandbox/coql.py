"""COQL, as far as a load needs it: select … from … where … [order by …] [limit …] (zoho-api 3.6; addendum 8)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from pipeline.sandbox.call import Call, Reply, Route
from pipeline.sandbox.catalog import Catalog, Module
from pipeline.sandbox.conditions import Where, both, compare
from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.render import Renderer, is_column
from pipeline.sandbox.stored import Record, select
from pipeline.sandbox.switches import positions

MOST_COLUMNS = 50
MOST_OFFSET = 100_000
_DEFAULT_LIMIT = 200
_TOKEN = re.compile(r"\s*(?:('(?:[^'\\]|\\.|'')*')|(<=|>=|!=|=|<|>|\(|\)|,)|([^\s()'=<>!,]+))", re.DOTALL)
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_ESCAPED = re.compile(r"\\(.)|''", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was read."""

    module: Module
    columns: Sequence[str]
    where: Where
    order: str
    limit: int
    offset: int
    longest_list: int


def query(call: Call) -> Reply:
    """Answer POST /crm/v8/coql."""
    text = call.json().get("select_query")
    if not isinstance(text, str):
        details = {"api_name": "select_query", "json_path": "$.select_query"}
        raise Refusal(400, "MANDATORY_NOT_FOUND", "required field not found", details)
    catalog = call.crm.catalog()
    asked = Parser(text, catalog, call.crm.org.zone).query()
    with call.crm.storage.reading() as db:
        switches = positions(db)
        _check_limits(asked, switches.number("coql_limit"), switches.number("coql_in"))
        condition = f"{asked.where.sql} ORDER BY {asked.order} LIMIT ? OFFSET ?"
        bounds = (*asked.where.parameters, asked.limit + 1, asked.offset)
        records = list(select(db, asked.module.api_name, condition, bounds))
        renderer = Renderer(db, catalog, asked.module, call.crm.org.zone)
        data = [_row(renderer, record, asked.columns) for record in records[: asked.limit]]
    if not data:
        return Reply(status=204)
    return Reply({"data": data, "info": {"count": len(data), "more_records": len(records) > asked.limit}})


@dataclass
class Parser:
    """Reads one query, token by token."""

    text: str
    catalog: Catalog
    zone: ZoneInfo
    _tokens: list[str] = field(default_factory=list)
    _place: int = 0
    _longest_list: int = 0

    def query(self) -> Query:
        """Read the whole query.

        Raises:
            Refusal: SYNTAX_ERROR, INVALID_QUERY or INVALID_MODULE.
        """
        self._tokens = self._split()
        self._expect("select")
        columns = self._columns()
        self._expect("from")
        module = self.catalog.module(self._next())
        for column in columns:
            if not is_column(self.catalog, module, column):
                raise Refusal(400, "INVALID_QUERY", "column given seems to be invalid", {"column_name": column})
        if not self._accept("where"):
            raise Refusal(400, "SYNTAX_ERROR", "missing clause", {"clause": "where"})
        where = self._either(module, 0)
        order = self._order(module)
        limit, offset = self._limit()
        if self._place < len(self._tokens):
            self._fail()
        return Query(module, columns, where, order, limit, offset, self._longest_list)

    def _split(self) -> list[str]:
        tokens, place, text = [], 0, self.text.strip().removesuffix(";").rstrip()
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                self._fail()
            tokens.append(match.group().strip())
            place = match.end()
        return tokens

    def _columns(self) -> list[str]:
        columns = [self._next()]
        while self._accept(","):
            columns.append(self._next())
        return columns

    def _either(self, module: Module, depth: int) -> Where:
        where = self._all(module, depth)
        while self._accept("or"):
            where = both("OR", where, self._all(module, depth))
        return where

    def _all(self, module: Module, depth: int) -> Where:
        where = self._one(module, depth)
        while self._accept("and"):
            where = both("AND", where, self._one(module, depth))
        return where

    def _one(self, module: Module, depth: int) -> Where:
        if depth > MOST_COLUMNS:
            self._fail()
        if self._accept("("):
            where = self._either(module, depth + 1)
            self._expect(")")
            return where
        name = self._next()
        operator, value = self._comparison()
        return compare(module, name, operator, value, self.zone)

    def _comparison(self) -> tuple[str, Any]:
        word = self._next().lower()
        if word == "is":
            operator = "!=" if self._accept("not") else "="
            self._expect("null")
            return operator, None
        prefix = ""
        if word == "not":
            prefix, word = "not ", self._next().lower()
        if word == "in":
            return f"{prefix}in", self._list()
        if word == "like":
            return f"{prefix}like", self._value()
        if word == "between" and not prefix:
            low = self._value()
            self._expect("and")
            return word, [low, self._value()]
        if word not in _COMPARISONS or prefix:
            self._fail()
        return word, self._value()

    def _list(self) -> list[str]:
        self._expect("(")
        values = [self._value()]
        while self._accept(","):
            values.append(self._value())
        self._expect(")")
        self._longest_list = max(self._longest_list, len(values))
        return values

    def _value(self) -> str:
        token = self._next()
        if token in {"(", ")", ","} or token in _COMPARISONS:
            self._fail()
        return _ESCAPED.sub(lambda match: match[1] or "'", token[1:-1]) if token.startswith("'") else token

    def _order(self, module: Module) -> str:
        if not self._accept("order"):
            return "id"
        self._expect("by")
        name = self._next()
        column = {"id": "id", "Created_Time": "created_at", "Modified_Time": "modified_at"}.get(name)
        if column is None and module.field(name) is None:
            raise Refusal(400, "INVALID_QUERY", "column given seems to be invalid", {"column_name": name})
        direction = "DESC" if self._accept("desc") else "ASC"
        self._accept("asc")
        return f"{column or _json(name)} {direction}, id"

    def _limit(self) -> tuple[int, int]:
        """Read `limit n`, `limit offset, n` or `limit n offset m`."""
        if not self._accept("limit"):
            return _DEFAULT_LIMIT, 0
        first = self._number()
        if self._accept(","):
            return self._number(), first
        return first, self._number() if self._accept("offset") else 0

    def _number(self) -> int:
        token = self._next()
        if not token.isascii() or not token.isdigit() or len(token) > 9:  # noqa: PLR2004 - of 32 bits
            self._fail()
        return int(token)

    def _next(self) -> str:
        if self._place >= len(self._tokens):
            self._fail()
        self._place += 1
        return self._tokens[self._place - 1]

    def _accept(self, word: str) -> bool:
        is_next = self._place < len(self._tokens) and self._tokens[self._place].lower() == word
        self._place += is_next
        return is_next

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            self._fail()

    def _fail(self) -> NoReturn:
        near = self._tokens[self._place - 1] if self._place and self._tokens else ""
        raise Refusal(400, "SYNTAX_ERROR", "error occurred while parsing the query", {"near": near} if near else {})


def _check_limits(asked: Query, most: int, most_in: int) -> None:
    limits = (("LIMIT", asked.limit, most), ("OFFSET", asked.offset, MOST_OFFSET), ("IN", asked.longest_list, most_in),
              ("SELECT", len(asked.columns), MOST_COLUMNS))  # fmt: skip
    for clause, given, limit in limits:
        if given > limit:
            raise Refusal(400, "LIMIT_EXCEEDED", "limit exceeded", {"clause": clause, "limit": limit})


def _row(renderer: Renderer, record: Record, columns: Sequence[str]) -> dict[str, Any]:
    """Show the asked columns; look-ups are `{"id": …}` only (3.6, M)."""
    whole = renderer.record(record, [column.partition(".")[0] for column in columns])
    row: dict[str, Any] = {"id": whole["id"]}
    for column in columns:
        value = renderer.cell(record, column) or None if "." in column else whole.get(column)
        row[column] = {"id": value["id"]} if isinstance(value, dict) and "id" in value else value
    return row


def _json(name: str) -> str:
    """Return the SQL of a field whose name is known to the catalog."""
    return f"json_extract(data, '$.\"{name}\"') COLLATE NOCASE"


ROUTES = (Route("/crm/v8/coql", ("POST",), query, is_heavy=True),)
