"""The first rows for real, before the rest: a few of each module, with the records that they point to. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from pipeline.load import decide
from pipeline.load.planning import ModulePlan
from pipeline.load.values import Reference


def of_first(plans: Sequence[ModulePlan], most: int) -> list[ModulePlan]:
    """Return the plan of only `most` rows of each module, and of the new records that those point to.

    A second pass over a module takes what the first one chose, and no record besides.

    Args:
        plans: the whole plan, parents first.
        most: rows of each module.
    """
    wanted: dict[str, set[str]] = defaultdict(set)
    for one in reversed(plans):
        if one.title:
            continue
        changed = [decision for decision in one.decisions if decision.action]
        chosen = wanted[one.target.module]
        chosen.update(decision.crm_key for decision in changed[:most])
        for decision in changed:
            if decision.crm_key in chosen:
                for value in decision.values.values():
                    if isinstance(value, Reference):
                        wanted[value.module].add(value.crm_key)
    return [_only(one, wanted[one.target.module]) for one in plans]


def _only(one: ModulePlan, chosen: set[str]) -> ModulePlan:
    decisions = tuple(
        decision
        if not decision.action or decision.crm_key in chosen
        else decide.left_out(decision, decide.AFTER_CANARY)
        for decision in one.decisions
    )
    return replace(one, decisions=decisions)
