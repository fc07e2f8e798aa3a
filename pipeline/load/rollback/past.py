"""What an interrupted rollback left open is settled from what the CRM holds, before anything else is done."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.load import attendance
from pipeline.load.client import ZohoClient
from pipeline.load.ledger import Ledger
from pipeline.load.org import Org
from pipeline.load.rollback import effects, memory, view
from pipeline.load.rollback.effects import Effect
from pipeline.load.rollback.plan import Form, Step, decide, form_of
from pipeline.load.snapshot import Records
from pipeline.targets import Kind, Target


def settle(
    book: Ledger, client: ZohoClient, the_org: Org, held: Mapping[str, Records], known: Mapping[str, Form]
) -> None:
    """Learn what became of requests of a rollback that was interrupted, or got no clear answer.

    Args:
        book: the ledger.
        client: the CRM.
        the_org: its fields and users.
        held: what the CRM holds.
        known: the forms of its modules.
    """
    open_ones = memory.intended(book)
    people = view.people(held, the_org.users) if open_ones else {}
    for rollback, (number, keys) in open_ones.items():
        found = [one for one in effects.of_run(book, number, {}) if (one.module, one.crm_key) in keys]
        steps = decided(client, found, held, known, people)
        done = [step for step in steps if step.action == "none"]
        memory.settle(book, rollback, done, [(step, "not_carried_out") for step in steps if step.action != "none"])


def is_open(book: Ledger) -> bool:
    """Tell whether a rollback was interrupted, or got no clear answer."""
    return bool(memory.intended_modules(book))


def forms(targets: Iterable[Target], the_org: Org, others: Iterable[str] = ()) -> dict[str, Form]:
    """Return the forms of the modules of `targets` in their order, then of `others`."""
    own = {target.module: target for target in targets}
    return {name: form_of(own.get(name), the_org.fields.get(name, {})) for name in dict.fromkeys([*own, *others])}


def decided(
    client: ZohoClient,
    found: Iterable[Effect],
    held: Mapping[str, Records],
    known: Mapping[str, Form],
    people: Mapping[str, str],
) -> list[Step]:
    """Return the steps of effects, before anybody has looked for children; asks for participants to be restored."""
    listed = list(found)
    met: dict[str, list[Any]] = {}
    attendance.ask(client, "Events", [one.crm_id for one in listed if _has_people(one, known[one.module])], people, met)
    return [_decided(one, held, met.get(one.crm_id, ()), people, known[one.module]) for one in listed]


def _decided(
    one: Effect,
    held: Mapping[str, Records],
    participants: Sequence[Mapping[str, Any]],
    people: Mapping[str, str],
    form: Form,
) -> Step:
    record = held[one.module].by_id.get(one.crm_id) if one.module in held else None
    return decide(one, record, participants, people, form)


def _has_people(effect: Effect, form: Form) -> bool:
    return any(form.kinds.get(name) is Kind.PARTICIPANTS for name in effect.before or {})
