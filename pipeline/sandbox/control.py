"""What only tests use, below /__sandbox__/: switches, faults, clock, fields, request log, outbox, a new beginning.

Each request carries the client secret in the header X-Sandbox-Secret: not even another program of this machine turns
the clock by chance.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.sandbox import catalog, emails, faults, oauth, org, scopes
from pipeline.sandbox.call import Call, Handler, Reply, Route
from pipeline.sandbox.clock import shown
from pipeline.sandbox.credits import used
from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.render import Renderer
from pipeline.sandbox.storage import set_meta
from pipeline.sandbox.stored import reindex, select
from pipeline.sandbox.switches import SWITCHES, positions, turn

PREFIX = "/__sandbox__/"
_FORGOTTEN = (
    "records",
    "emails",
    "keys",
    "jobs",
    "job_rows",
    "files",
    "credits",
    "outbox",
    "switches",
    "tokens",
    "modules",
)


def show_switches(call: Call) -> Reply:
    """Answer GET switches: where each stands, its positions, its source."""
    with call.crm.storage.reading() as db:
        now = positions(db).values
    shown_switches = {
        name: {"value": now[name], "default": switch.default, "positions": switch.positions, "source": switch.source}
        for name, switch in SWITCHES.items()
    }
    return Reply(shown_switches)


def turn_switches(call: Call) -> Reply:
    """Answer PUT switches `{name: position, …}`: all of them, or none if one is unknown."""
    wanted = call.json()
    for name, value in wanted.items():
        if name not in SWITCHES or not SWITCHES[name].accepts(value):
            known = SWITCHES[name].positions if name in SWITCHES else sorted(SWITCHES)
            raise Refusal(400, "INVALID_DATA", f"no such switch or position: {name}", {"supported_values": list(known)})
    with call.crm.storage.writing() as db:
        for name, value in wanted.items():
            turn(db, name, value)
    return show_switches(call)


def show_clock(call: Call) -> Reply:
    """Answer GET clock."""
    now = call.crm.clock.now()
    return Reply({"now": now, "shown": shown(now, call.crm.org.zone)})


def turn_clock(call: Call) -> Reply:
    """Answer POST clock `{"advance_seconds": n}`."""
    seconds = call.json().get("advance_seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or abs(seconds) > 10**9:
        raise Refusal(400, "INVALID_DATA", "advance_seconds is to be a whole number of seconds")
    with call.crm.storage.writing() as db:
        call.crm.clock.advance(db, seconds)
    call.crm.work_waits.set()
    return show_clock(call)


def set_workflow_rules(call: Call) -> Reply:
    """Answer PUT workflow_rules `{"rules": [{"module": …, "name": …, "active": …}]}`."""
    rules = call.json().get("rules", [])
    with call.crm.storage.writing() as db:
        set_meta(db, "workflow_rules", json.dumps(rules))
    return Reply({"rules": rules})


def make_user_profile(call: Call) -> Reply:
    """Answer PUT profile `{"name": …}`: the profile of the token's user."""
    name = str(call.json().get("name", ""))
    with call.crm.storage.writing() as db:
        query = "UPDATE users SET definition = json_set(definition, '$.profile.name', ?) WHERE id = ?"
        db.execute(query, (name, call.crm.org.admin))
    return Reply({"name": name})


def switch_faults_on(call: Call) -> Reply:
    """Answer POST faults `{"faults": [{"name": …, "path": …, …}, …]}` (see faults.py)."""
    try:
        wanted = [faults.of_json(given) for given in call.json()["faults"]]
    except (KeyError, TypeError, ValueError) as error:
        raise Refusal(400, "INVALID_DATA", str(error)) from None
    call.crm.faults.switch_on(*wanted)
    return show_faults(call)


def show_faults(call: Call) -> Reply:
    """Answer GET faults: how many calls met one."""
    return Reply({"met": call.crm.faults.met})


def switch_faults_off(call: Call) -> Reply:
    """Answer DELETE faults: all of them, and what they have put off."""
    call.crm.faults.clear()
    return show_faults(call)


def begin_anew(call: Call) -> Reply:
    """Answer POST reset: the org as it was made, with the same id and credentials; no job, fault or switch is left."""
    switch_faults_off(call)
    with call.crm.storage.writing() as db:
        for table in _FORGOTTEN:
            db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        db.execute("DELETE FROM meta WHERE key IN ('scope', 'closed_modules', 'tokens_locked_until', 'workflow_rules')")
        org.furnish(db, call.crm.clock.now())
    call.crm.forget_catalog()
    call.crm.downloads.clear()
    return show_clock(call)


def keep_state(call: Call) -> Reply:
    """Answer POST states/{name}: all that the database holds at this moment is kept, for PUT states/{name}."""
    call.crm.storage.keep(_state(call))
    return show_clock(call)


def bring_back(call: Call) -> Reply:
    """Answer PUT states/{name}: the database as it was kept; jobs that were open then are gone on with."""
    try:
        call.crm.storage.bring_back(_state(call))
    except FileNotFoundError:
        raise Refusal(400, "INVALID_DATA", "no state of that name was kept") from None
    call.crm.forget_catalog()
    call.crm.downloads.clear()
    call.crm.work_waits.set()
    return show_clock(call)


def change_field(call: Call) -> Reply:
    """Answer PUT fields/{module}/{field}: change a field by the names of catalog.Field, or add one."""
    module = call.crm.catalog().module(call.path["module"])
    try:
        changed = module.with_field(call.path["field"], call.json())
    except TypeError as error:
        raise Refusal(400, "INVALID_DATA", str(error)) from None
    return _keep(call, changed)


def remove_field(call: Call) -> Reply:
    """Answer DELETE fields/{module}/{field}."""
    return _keep(call, call.crm.catalog().module(call.path["module"]).without_field(call.path["field"]))


def add_layout(call: Call) -> Reply:
    """Answer POST layouts/{module} `{"name": …, "is_active": …, "required": […]}`: one more layout; its id."""
    module = call.crm.catalog().module(call.path["module"])
    own_id = str(int(module.layouts[0].id) - len(module.layouts))
    try:
        layout = catalog.Layout(**{"required": (), **call.json(), "id": own_id})
    except TypeError as error:
        raise Refusal(400, "INVALID_DATA", str(error)) from None
    _keep(call, replace(module, layouts=(*module.layouts, layout)))
    return Reply({"id": layout.id})


def close_module(call: Call) -> Reply:
    """Answer DELETE modules/{module}: the edition does not have it; the switch closed_module says how that looks."""
    module = call.crm.catalog().module(call.path["module"])
    with call.crm.storage.writing() as db:
        catalog.close(db, module, positions(db).text("closed_module"))
    call.crm.forget_catalog()
    return Reply({"module": module.api_name})


def change_scope(call: Call) -> Reply:
    """Answer PUT scope `{"scope": "…"}`: what the refresh token was given for, parted by spaces."""
    scope = str(call.json().get("scope", scopes.USUAL))
    with call.crm.storage.writing() as db:
        set_meta(db, scopes.KEY, scope)
    return Reply({"scope": scope})


def show_requests(call: Call) -> Reply:
    """Answer GET requests?after=n: what was sent to the API, bodies as text or base64; tokens are left out."""
    after = call.query.get("after", "0")
    entries = call.crm.journal.entries(int(after) if after.isascii() and after.isdigit() else 0)
    return Reply(
        [
            {
                "number": entry.number,
                "at": entry.at,
                "method": entry.method,
                "path": entry.path,
                "query": entry.query,
                "headers": {name: value for name, value in entry.headers.items() if name != "authorization"},
                "status": entry.status,
                **_body(entry.body),
            }
            for entry in entries
        ]
    )


def show_records(call: Call) -> Reply:
    """Answer GET records/{module}: what is held, without token, credits or limits."""
    known = call.crm.catalog()
    module = known.module(call.path["module"])
    with call.crm.storage.reading() as db:
        renderer = Renderer(db, known, module, call.crm.org.zone)
        found = [renderer.record(one) for one in select(db, module.api_name, "TRUE ORDER BY id", ())]
    return Reply(found)


def show_emails(call: Call) -> Reply:
    """Answer GET emails: every e-mail with the module and id of its record, in the order they came."""
    with call.crm.storage.reading() as db:
        return Reply(emails.everything(db))


def change_emails(call: Call) -> Reply:
    """Answer PUT emails: those of a Message-ID, as a person changes them; `values` null deletes them."""
    body = call.json()
    with call.crm.storage.writing() as db:
        changed = emails.change(db, str(body["original_message_id"]), body["values"])
    return Reply({"changed": changed})


def show_outbox(call: Call) -> Reply:
    """Answer GET outbox: what would have mailed somebody or fired a workflow."""
    with call.crm.storage.reading() as db:
        rows = db.execute("SELECT kind, module, record_id, sent_at FROM outbox ORDER BY id").fetchall()
    return Reply([{"kind": row[0], "module": row[1], "id": str(row[2]), "at": row[3]} for row in rows])


def show_credits(call: Call) -> Reply:
    """Answer GET credits: used in the last 24 hours, and the allowance."""
    with call.crm.storage.reading() as db:
        spent, allowed = used(db, call.crm.clock.now()), positions(db).number("credits_a_day")
    return Reply({"used": spent, "allowed": allowed})


def _state(call: Call) -> Path:
    name = call.path["name"]
    if not name.isalnum():
        raise Refusal(400, "INVALID_DATA", "the name of a state is letters and digits")
    return call.crm.directory / f"state-{name}.sqlite"


def _keep(call: Call, module: catalog.Module) -> Reply:
    with call.crm.storage.writing() as db:
        catalog.write(db, module)
        reindex(db, module)
    call.crm.forget_catalog()
    return Reply({"module": module.api_name, "fields": list(module.fields)})


def _body(body: bytes) -> Mapping[str, Any]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}


def _guarded(handler: Handler) -> Handler:
    def guarded(call: Call) -> Reply:
        given = call.headers.get("x-sandbox-secret", "")
        if not secrets.compare_digest(given.encode(), call.crm.org.client_secret.encode()):
            raise Refusal(403, "NO_PERMISSION", "the header X-Sandbox-Secret is to hold the client secret")
        return handler(call)

    return guarded


ROUTES = tuple(
    Route(PREFIX + path, (method,), _guarded(handler))
    for method, path, handler in (
        ("GET", "switches", show_switches),
        ("PUT", "switches", turn_switches),
        ("GET", "clock", show_clock),
        ("POST", "clock", turn_clock),
        ("PUT", "fields/{module}/{field}", change_field),
        ("DELETE", "fields/{module}/{field}", remove_field),
        ("POST", "layouts/{module}", add_layout),
        ("DELETE", "modules/{module}", close_module),
        ("PUT", "scope", change_scope),
        ("PUT", "workflow_rules", set_workflow_rules),
        ("PUT", "profile", make_user_profile),
        ("GET", "faults", show_faults),
        ("POST", "faults", switch_faults_on),
        ("DELETE", "faults", switch_faults_off),
        ("POST", "grant", oauth.offer_code),
        ("POST", "reset", begin_anew),
        ("POST", "states/{name}", keep_state),
        ("PUT", "states/{name}", bring_back),
        ("GET", "requests", show_requests),
        ("GET", "records/{module}", show_records),
        ("GET", "emails", show_emails),
        ("PUT", "emails", change_emails),
        ("GET", "outbox", show_outbox),
        ("GET", "credits", show_credits),
    )
)
