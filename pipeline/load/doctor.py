"""Preflight: what of an org stands in the way of a load, finding by finding, each with what to do.

It changes nothing, except that it creates the key field where it is asked to.

Calls: reference/zoho-api.md 3.6; addendum sections 1 a and b, 5, 6, 8.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import requests

from pipeline.config import Config
from pipeline.errors import SettingsError
from pipeline.load import credits as prices
from pipeline.load import layouts, mandatory, org, org_facts, plan, scopes, snapshot
from pipeline.load.answers import Answer, problem
from pipeline.load.client import ZohoClient
from pipeline.load.connection import Connection
from pipeline.load.org import Org
from pipeline.load.org_facts import OrgFacts
from pipeline.load.values import folded
from pipeline.targets import ON_REQUEST, TARGETS, Kind, Target, chosen

_KEY_LENGTH = 64


class Level(StrEnum):
    """How bad a finding is."""

    FINE = "ok"
    LOOK = "look"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, and what to do ("" for nothing)."""

    level: Level
    what: str
    todo: str = ""


def examine(config: Config, connection: Connection, *, creates_key: bool = False) -> list[Finding]:
    """Look at an org, and return what was found.

    Args:
        config: the settings.
        connection: the CRM.
        creates_key: create the key field in the modules that lack it.

    Raises:
        TargetError: the credentials are refused, or the CRM is out of reach.
        SettingsError: the mapping of pipeline.toml cannot be.
    """
    with requests.Session() as session:
        client = ZohoClient(session, connection, config.zoho.timeout_seconds)
        return list(_examined(client, config, connection, creates_key=creates_key))


def _examined(client: ZohoClient, config: Config, connection: Connection, *, creates_key: bool) -> Iterator[Finding]:
    identity = org.identify(client)
    targets = [one for one in chosen(config, TARGETS) if one.table not in ON_REQUEST or config.asks_for(one.table)]
    the_org = org.inspect(client, identity, snapshot.MODULES, targets)
    org.keep_fields(the_org, config.audit / f"{connection.target}-{identity.zgid}")
    yield Finding(Level.FINE, f"The credentials are good; the org is «{identity.company}», {identity.zgid}.")
    yield Finding(
        Level.FINE,
        f"The org takes {prices.at_once(identity.license)} calls at once; a load makes one after the other.",
    )
    yield from _of_scopes(client.scope(), config, creates_key=creates_key)
    yield from _of_facts(org_facts.known(config, config.audit / f"{connection.target}-{identity.zgid}"))
    yield from _of_org(the_org, config)
    yield from _of_owners(the_org, config)
    for target in targets:
        if not the_org.has(target.module):
            todo = "Give the token's user the module, or expect its rows to be skipped."
            yield Finding(Level.BAD, f"{target.module}: the org does not have it, or the token may not see it.", todo)
            continue
        yield from _of_key(client, the_org, target, config, creates_key=creates_key)
        yield from _of_layout(the_org, target)
        yield from _of_fields(the_org, target)
        yield from _of_workflows(client, the_org, target, config, connection)
    yield Finding(
        Level.LOOK,
        "Whether a calendar or mail sync would send events and mail back, Zoho's API does not tell.",
        "Look at Setup > Channels > Calendar and at each owner's Calendar and Contacts sync; pause them for the load.",
    )


def _of_scopes(granted: str, config: Config, *, creates_key: bool) -> Iterator[Finding]:
    """Say which scopes the token lacks; some of them a load would not even miss, and do less without a word."""
    if not granted:
        yield Finding(
            Level.FINE, "Zoho does not tell which scopes the token has; a lacking one shows when it is needed."
        )
        return
    needed = scopes.NEEDED | (scopes.OF_FILES if config.mail.attachments else {})
    lacking = list(scopes.lacking(granted, needed | (scopes.OF_KEY if creates_key else {})))
    for scope, what in lacking:
        todo = "Make a new refresh token with the scopes that README.md lists."
        yield Finding(Level.BAD, f"The token lacks the scope {scope}: {what}.", todo)
    if not lacking:
        yield Finding(Level.FINE, "The token has the scopes that a load needs.")


def _of_facts(known: OrgFacts) -> Iterator[Finding]:
    """Say what a canary found of the org, and what nobody has looked at yet."""
    for name, line in org_facts.named_lines(known):
        yield Finding(Level.FINE if known.is_assumed(name) else Level.LOOK, f"{line[0].upper()}{line[1:]}.")
    left = org_facts.open_questions(known)
    todo = "make canary loads the first rows, finds out what they tell, and every later load goes by it."
    for one in left:
        yield Finding(Level.FINE, f"Not known before it is tried, so assumed: {one}.", todo if one == left[-1] else "")


def _of_org(the_org: Org, config: Config) -> Iterator[Finding]:
    allowed = config.zoho.credits_a_day or the_org.credits_a_day
    if allowed:
        yield Finding(Level.FINE, f"{allowed:,} API credits in 24 hours.")
    else:
        todo = "Look at Setup > Developer Hub > APIs, and set [zoho] credits_a_day."
        yield Finding(Level.LOOK, "The edition does not tell how many API credits the org has (a trial?).", todo)
    if the_org.is_admin:
        yield Finding(Level.FINE, "The token's user is an administrator, who sees every record.")
    else:
        level = Level.LOOK if config.zoho.accept_partial_view else Level.BAD
        yield Finding(
            level,
            "The token's user is no administrator: records that it cannot see would be made twice.",
            "Use an administrator's token, or set [zoho] accept_partial_view = true if it sees all that matters.",
        )


def _of_owners(the_org: Org, config: Config) -> Iterator[Finding]:
    named = {mailbox.owner: f"[[mailbox]] {mailbox.name}" for mailbox in config.mailbox if mailbox.owner}
    named |= {config.owners.fallback: "[owners] fallback"} if config.owners.fallback else {}
    for email, where in named.items():
        if the_org.user_id(email) is None:
            todo = "Activate the user in the CRM, or name another one in pipeline.toml."
            yield Finding(Level.BAD, f"{where}: the owner it names is no active user of the CRM.", todo)
    if named and all(the_org.user_id(email) for email in named):
        yield Finding(Level.FINE, "Every owner that pipeline.toml names is an active user.")


def _of_key(
    client: ZohoClient, the_org: Org, target: Target, config: Config, *, creates_key: bool
) -> Iterator[Finding]:
    usual, module = config.zoho.key_field, target.module
    key = the_org.key_of(module, usual) or usual
    if the_org.has_key(module, key):
        way = "bulk write" if target.is_bulk and module in the_org.bulk_modules else "the records API alone"
        yield Finding(Level.FINE, f"{module}: {key} is there and unique: sending again is safe, by {way}.")
        return
    if creates_key and key not in the_org.fields[module]:
        yield _created(client, module, key)
        return
    state = "is there, but not unique" if key in the_org.fields[module] else "is not there"
    todo = (
        f"Make it unique (Setup > Modules and Fields > {module} > {key} > Do not allow duplicate values)."
        if key in the_org.fields[module]
        else f"Create it with make doctor CREATE_KEY=yes, or by hand: single line, {_KEY_LENGTH} characters, unique."
    )
    yield Finding(Level.BAD, f"{module}: {key} {state}: each row would be sent at most once, never again.", todo)


def _created(client: ZohoClient, module: str, key: str) -> Finding:
    """Create the key field (addendum 6: works live, scope ZohoCRM.settings.ALL), and see that it is as it must be."""
    code = ""
    for name in (key, org.key_field_of(module, key)):  # activities may share their labels: then one has the first
        field = {
            "field_label": name.replace("_", " "),
            "data_type": "text",
            "length": _KEY_LENGTH,
            "unique": {"case_sensitive": False},
        }
        answer = client.post("/crm/v8/settings/fields", {"fields": [field]}, {"module": module})
        found = org.fields_of(client, module) or {}
        if name in found and found[name].is_unique:
            return Finding(Level.FINE, f"{module}: {name} was created, unique.")
        code = code or _refusal(answer)
        if code != "DUPLICATE_DATA":
            break
    return Finding(
        Level.BAD,
        f"{module}: {key} could not be created as a unique field ({code or 'it is not as asked for'}).",
        "The token needs the scope ZohoCRM.settings.ALL; or create it by hand. Tasks and Events share their labels.",
    )


def _refusal(answer: Answer) -> str:
    """Return the code of a refusal to create a field, which stands in its item."""
    listed = answer.body.get("fields") if isinstance(answer.body, Mapping) else None
    return problem(listed[0]).code if listed else answer.code


def _of_layout(the_org: Org, target: Target) -> Iterator[Finding]:
    """Say whether the org has the layout that pipeline.toml names for new records."""
    known = the_org.layouts.get(target.module)
    try:
        layout = layouts.resolved(target, known).layout
    except SettingsError as error:
        yield Finding(Level.BAD, error.message, error.hint)
        return
    if layout and known is None:
        todo = "Give the token the scope ZohoCRM.settings.layouts.READ, or see that the id is right."
        yield Finding(Level.LOOK, f"{target.module}: whether the layout {layout} is there cannot be read.", todo)
    elif layout:
        yield Finding(Level.FINE, f"{target.module}: new records get the layout {layout}.")


def _of_fields(the_org: Org, target: Target) -> Iterator[Finding]:
    fields, module = the_org.fields[target.module], target.module
    for one in target.fields:
        held = fields.get(one.api_name)
        if one.kind is Kind.PARTICIPANTS:
            continue
        if held is None or not held.is_writable:
            why = "is on no layout, and swallows what is sent" if held and held.is_unused else "is not there"
            todo = "Put it on a layout in the CRM, or map the column to another field in pipeline.toml."
            yield Finding(Level.LOOK, f"{module}: {one.api_name} {why}; its values are left out and listed.", todo)
        elif held.length and one.length and held.length < one.length:
            yield Finding(
                Level.LOOK,
                f"{module}: {one.api_name} holds {held.length} characters here, {one.length} elsewhere.",
                "Lengthen it in the CRM, or expect rows with longer values to be skipped and listed.",
            )
        elif held.choices and (lacking := _lacking(one.values, held.choices)):
            todo = "Add them to the pick list in the CRM, or expect these values to be left out and listed."
            yield Finding(Level.LOOK, f"{module}: {one.api_name} has no {', '.join(lacking)}.", todo)
    for needed in mandatory.wanted(mandatory.completed(target, fields), fields):
        todo = "Give it a constant in pipeline.toml, or make it optional on the layout."
        yield Finding(Level.BAD, f"{module}: {needed.api_name} is mandatory, and nothing fills it.", todo)


def _lacking(values: Iterable[tuple[str, str]], choices: Iterable[tuple[str, str]]) -> list[str]:
    there = {folded(text) for choice in choices for text in choice}
    return [actual for _, actual in values if folded(actual) not in there]


def _of_workflows(
    client: ZohoClient, the_org: Org, target: Target, config: Config, connection: Connection
) -> Iterator[Finding]:
    """Say which rules a bulk write could fire: it has no switch to suppress them (reference/zoho-api.md 2.3, L)."""
    module, zoho = target.module, config.zoho
    way = plan.choose(target, the_org, zoho.key_field, connection.target, [*zoho.workflows_checked, module])
    if way.name != "bulk":
        return
    answer = client.get("/crm/v8/settings/automation/workflow_rules", {"module": module})
    if not answer.is_ok:
        todo = "Give the token the scope ZohoCRM.settings.workflow_rules.READ, or look in Setup > Workflow Rules."
        yield Finding(Level.LOOK, f"{module}: its workflow rules cannot be read ({answer.code}).", todo)
        return
    active = [rule for rule in (answer.body or {}).get("workflow_rules", ()) if _is_active(rule)]
    if not active:
        yield Finding(Level.FINE, f"{module}: no active workflow rule that a bulk write could fire.")
    elif module in zoho.workflows_checked:
        yield Finding(Level.LOOK, f"{module}: {len(active)} active workflow rules, which you have declared checked.")
    else:
        names = ", ".join(json.dumps(str(rule.get("name", "")), ensure_ascii=False) for rule in active[:5])
        todo = (
            f'Look at them; if they may run, add "{module}" to [zoho] workflows_checked, else the slower way is taken.'
        )
        yield Finding(Level.LOOK, f"{module}: a bulk write could fire {len(active)} rules: {names}.", todo)


def _is_active(rule: Mapping[str, object]) -> bool:
    status = rule.get("status")
    return bool(status.get("active")) if isinstance(status, Mapping) else bool(rule.get("status_active", status))


def lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the findings as lines for a terminal."""
    for one in findings:
        yield f"{one.level:<5} {one.what}"
        if one.todo:
            yield f"      {one.todo}"
