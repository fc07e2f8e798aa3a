"""Search: GET /crm/v8/{module}/search (zoho-api 3.6, M)."""

import re
from functools import reduce

from pipeline.sandbox.call import Call, Reply, Route
from pipeline.sandbox.catalog import Module
from pipeline.sandbox.conditions import Where, both, compare
from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.paging import MOST_A_PAGE, MOST_BY_PAGE
from pipeline.sandbox.render import Renderer
from pipeline.sandbox.stored import select
from pipeline.sandbox.switches import Positions, positions

MOST_CRITERIA = 10
_ONE = re.compile(r"\(([A-Za-z0-9_.]+):([a-z_]+):((?:[^()\\]|\\.)*)\)")
_OPERATORS = {
    "equals": "=", "not_equal": "!=", "starts_with": "starts_with", "in": "in", "greater_than": ">",
    "greater_equal": ">=", "less_than": "<", "less_equal": "<=",
}  # fmt: skip
_BY_TYPE = {"email": ("email",), "phone": ("phone",), "word": ("text", "email", "phone", "textarea")}


def search(call: Call) -> Reply:
    """Answer a search by criteria, email, phone or word."""
    catalog = call.crm.catalog()
    module = catalog.module(call.path["module"])
    page, per_page = call.number("page", 1, 1_000_000), call.number("per_page", MOST_A_PAGE, MOST_A_PAGE)
    if page * per_page > MOST_BY_PAGE:
        raise Refusal(400, "LIMIT_REACHED", "only the first 2000 records can be searched", {"limit": MOST_BY_PAGE})
    with call.crm.storage.reading() as db:
        where = _where(call, module, positions(db))
        condition = f"({where.sql}) ORDER BY id DESC LIMIT ? OFFSET ?"
        bounds = (*where.parameters, per_page + 1, (page - 1) * per_page)
        records = list(select(db, module.api_name, condition, bounds))
        renderer = Renderer(db, catalog, module, call.crm.org.zone)
        data = [renderer.record(record, _wanted(call)) for record in records[:per_page]]
    if not data:
        return Reply(status=204)
    info = {"per_page": per_page, "count": len(data), "page": page, "more_records": len(records) > per_page}
    return Reply({"data": data, "info": info})


def _wanted(call: Call) -> list[str] | None:
    fields = call.query.get("fields")
    return [name.strip() for name in fields.split(",")] if fields else None


def _where(call: Call, module: Module, switches: Positions) -> Where:
    if "criteria" in call.query:
        return _criteria(call.query["criteria"], call, module, switches)
    for name, types in _BY_TYPE.items():
        if name in call.query:
            return _anywhere(call, module, types, call.query[name], is_exact=name != "word")
    details = {"param_names": ["criteria", *_BY_TYPE]}
    raise Refusal(400, "REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", details)


def _anywhere(call: Call, module: Module, types: tuple[str, ...], value: str, *, is_exact: bool) -> Where:
    names = [field.api_name for field in module.fields.values() if field.data_type in types]
    operator = "=" if is_exact else "contains"
    parts = [compare(module, name, operator, value, call.crm.org.zone) for name in names]
    return reduce(lambda left, right: both("OR", left, right), parts) if parts else Where("FALSE")


def _criteria(text: str, call: Call, module: Module, switches: Positions) -> Where:
    """Read `(A:equals:b)`, joined by and / or, in brackets or not: `((A:equals:b)and(C:equals:d))`."""
    found = list(_ONE.finditer(text))
    if not found:
        raise _invalid()
    if len(found) > MOST_CRITERIA:
        raise Refusal(400, "LIMIT_EXCEEDED", "criteria limit exceeded", {"limit": MOST_CRITERIA})
    left_over = _ONE.sub("x", text).replace("(", "").replace(")", "").lower()
    words = re.fullmatch(r"x(?:\s*(and|or)\s*x)*", left_over)
    if words is None or ("and" in left_over and "or" in left_over):
        raise _invalid()
    parts = [_one(match, call, module, switches) for match in found]
    word = "OR" if "or" in left_over else "AND"
    return reduce(lambda left, right: both(word, left, right), parts)


def _one(match: re.Match[str], call: Call, module: Module, switches: Positions) -> Where:
    name, word, raw = match.groups()
    if word not in _OPERATORS:
        raise _invalid()
    value = re.sub(r"\\(.)", r"\1", raw)
    operator = _OPERATORS[word]
    if operator == "=" and switches.is_at("search_equals", "contains"):
        operator = "contains"
    return compare(module, name, operator, value, call.crm.org.zone)


def _invalid() -> Refusal:
    return Refusal(400, "INVALID_QUERY", "invalid query formed", {"param_name": "criteria"})


ROUTES = (Route("/crm/v8/{module}/search", ("GET",), search, is_heavy=True),)
