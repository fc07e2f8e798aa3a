"""What was measured, as tables and as the figures that have a bar."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from rich.table import Table

from tests.bench.measure import Cost
from tests.bench.stores import Mix
from tests.bench.tools import OURS, PYPFF, READPST

Costs = Mapping[Mix, Mapping[str, Sequence[Cost]]]
"""Store → tool → what each of its runs took."""

_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: the two stores that all tools read, and the two sizes that only ours does."""

    mixed: Mix
    contacts: Mix
    small: Mix
    large: Mix
    runs: int

    @property
    def compared(self) -> tuple[Mix, Mix]:
        """The stores that all tools read."""
        return self.mixed, self.contacts


def wall(costs: Sequence[Cost]) -> float:
    """Return the median of the seconds."""
    return median(cost.wall for cost in costs)


def table(mix: Mix, size: int, tools: Mapping[str, Sequence[Cost]]) -> Table:
    """Return the table of one store of `size` bytes."""
    shown = Table(title=f"{mix}, {size / 1e6:,.0f} MB", title_justify="left")
    for name in ("tool", "wall s", "from - to", "CPU s", "memory MB", "x ours"):
        shown.add_column(name, justify="left" if name == "tool" else "right", no_wrap=True)
    for name, costs in tools.items():
        seconds = sorted(cost.wall for cost in costs)
        shown.add_row(
            name,
            f"{wall(costs):.2f}",
            f"{seconds[0]:.2f} - {seconds[-1]:.2f}",
            f"{median(cost.cpu for cost in costs):.2f}",
            f"{max(cost.memory for cost in costs) / _MEGABYTE:.0f}",
            f"{wall(costs) / wall(tools[OURS]):.2f}",
        )
    return shown


def lines(plan: Plan, costs: Costs) -> Iterator[str]:
    """Yield each figure with its bar, `name = value (bar: ...)`; those of a tool that is not here are left out."""
    for mix, most in ((plan.mixed, 0.5), (plan.contacts, 0.3)):
        tools = costs[mix]
        if READPST in tools:
            ratio = wall(tools[OURS]) / wall(tools[READPST])
            yield f"{mix}: wall of ours / readpst = {ratio:.2f} (bar: at most {most})"
    tools = costs[plan.contacts]
    if PYPFF in tools:
        yield f"{plan.contacts}: wall of pypff / ours = {wall(tools[PYPFF]) / wall(tools[OURS]):.1f} (bar: at least 12)"
    per_item = [wall(costs[mix][OURS]) / mix.items for mix in (plan.large, plan.small)]
    yield f"time per item, {plan.large} / {plan.small} = {per_item[0] / per_item[1]:.2f} (bar: at most 1.3)"
    peak = max(cost.memory for tools in costs.values() for cost in tools[OURS])
    yield f"anonymous memory of ours, all processes = {peak / _MEGABYTE:.0f} MB (bar: at most 400 MB)"
