"""The standing approval of [sync]: what a sync may do in a real CRM without a person, and where it stops.

What it may not do waits: those rows are left out and listed, and make load asks for them. More changes than it may make
stop the whole pass, for then something unusual came in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.config import Sync
from pipeline.errors import SettingsError
from pipeline.load import decide
from pipeline.load.approval import Approved
from pipeline.load.decide import Decision
from pipeline.load.planning import ModulePlan

WAITS = "waits_for_approval"


@dataclass(frozen=True, slots=True)
class Standing:
    """A standing approval with its limits."""

    limits: Sync

    def within(self, plans: Sequence[ModulePlan]) -> list[ModulePlan]:
        """Return the plans without the rows that the approval does not cover."""
        return [replace(one, decisions=tuple(map(self._within, one.decisions))) for one in plans]

    def _within(self, decision: Decision) -> Decision:
        may = {"create": self.limits.may_create, "update": self.limits.may_update}
        if not decision.action or may[decision.action]:
            return decision
        return decide.left_out(decision)._replace(code=WAITS)

    def approve(self, changes: int, summary: str) -> Approved:
        """Return the approval of so many changes.

        Args:
            changes: records to create and to update, and messages to attach.
            summary: what the plan would do to which org, as a sentence without its end.

        Raises:
            SettingsError: they are more than it may make.
        """
        if changes <= self.limits.most_changes:
            return Approved("[sync] of the settings", "standing")
        raise SettingsError(
            f"{summary}. The standing approval of [sync] covers {self.limits.most_changes:,} changes in one pass, and "
            f"these are {changes:,}. Nothing was sent.",
            "Look at it with make plan, and carry it out with make load; or raise [sync] most_changes.",
        )
