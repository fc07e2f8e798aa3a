"""What a stage says of its work: row accounts that must add up, and rejects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import ContractError


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """One row or item that goes no further, with its reason; a row of `rejects`.

    `rule` is a short stable name (`no_last_name`), `reason` a sentence for a person, `field` the column or property
    at fault or "", `value` what stood there or None.
    """

    table: str
    item_id: str
    rule: str
    reason: str
    field: str = ""
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The row equation of one table of a stage: seen + made = written + merged + excluded + rejected.

    `made`: rows beyond those seen, of series: one that is seen becomes n events, of which n - 1 are made.
    """

    table: str
    seen: int
    written: int
    merged: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)
    rejected: int = 0
    made: int = 0

    def __post_init__(self) -> None:
        """Refuse an equation that does not hold.

        Raises:
            ContractError: rows were lost or made up.
        """
        accounted = self.written + self.merged + sum(self.excluded.values()) + self.rejected
        if self.seen + self.made != accounted:
            series = f" and {self.made} made of series" if self.made else ""
            raise ContractError(
                f"{self.table}: {self.seen} rows seen{series}, {accounted} accounted for",
                "This is a defect of outlook2zoho, and nothing was written. Please report it with this message.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadAccount:
    """The row equation of one module: to send = created + updated + unchanged + skipped + failed + in doubt."""

    module: str
    to_send: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0
    in_doubt: int = 0

    def __post_init__(self) -> None:
        """Refuse an equation that does not hold.

        Raises:
            ContractError: rows were lost or made up.
        """
        settled = self.created + self.updated + self.unchanged + self.skipped + self.failed + self.in_doubt
        if self.to_send != settled:
            raise ContractError(
                f"{self.module}: {self.to_send} rows to send, {settled} accounted for",
                "This is a defect of outlook2zoho. The ledger keeps what was sent; please report this message.",
            )

    @property
    def sent(self) -> int:
        """Rows for which a request that changes the CRM went out."""
        return self.created + self.updated + self.failed + self.in_doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAccount:
    """The row equation of one module of a plan: rows = create + update + unchanged + unsure + skipped + in doubt."""

    module: str
    rows: int
    create: int = 0
    update: int = 0
    unchanged: int = 0
    unsure: int = 0
    skipped: int = 0
    in_doubt: int = 0

    def __post_init__(self) -> None:
        """Refuse an equation that does not hold.

        Raises:
            ContractError: rows were lost or made up.
        """
        planned = self.create + self.update + self.unchanged + self.unsure + self.skipped + self.in_doubt
        if self.rows != planned:
            raise ContractError(
                f"{self.module}: {self.rows} rows to plan, {planned} accounted for",
                "This is a defect of outlook2zoho. Nothing was sent; please report this message.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a stage returns: its accounts, and notes for the person who runs it.

    `accounts` for extract and transform, `loads` for load, `plans` for a plan; `target` names the CRM; `facts` are
    numbers and hashes without personal data, for machines; `tables`: where the tables of a plan or a load are.
    """

    stage: str
    accounts: tuple[Account, ...] = ()
    loads: tuple[LoadAccount, ...] = ()
    plans: tuple[PlanAccount, ...] = ()
    notes: tuple[str, ...] = ()
    target: str = ""
    facts: Mapping[str, str | int] = field(default_factory=dict)
    tables: Path | None = None

    @property
    def is_clean(self) -> bool:
        """Whether no row failed in the CRM or is in doubt."""
        return not any(load.failed or load.in_doubt for load in self.loads)
