"""Who approves a plan: the sandbox asks nothing, a real CRM a person on a terminal or the plan's hash.

A person approves exactly one plan before a real CRM is changed (design.md section 7).
"""

import getpass
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pipeline.errors import SettingsError

VARIABLE = "APPROVE"
SHOWN = 8  # characters of the hash that a person types

Ask = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Approved:
    """Who approved a plan, and how."""

    by: str
    way: Literal["terminal", "hash", "standing"]


@dataclass(frozen=True, slots=True)
class Approver:
    """Where an approval comes from: the hash that was `given`, else a person whom to `ask`, if there is one."""

    given: str = ""
    ask: Ask | None = None

    @staticmethod
    def of_environment(ask: Ask | None = None) -> "Approver":
        """Return the approver of this process; `ask` puts a question to a person on a terminal."""
        return Approver(os.environ.get(VARIABLE, "").strip(), ask)

    def approve(self, digest: str, summary: str, look: str = "make plan") -> Approved:
        """Return who approves the plan.

        Args:
            digest: the hash of the plan.
            summary: what it would do to which org, as a sentence without its end.
            look: the command that shows the plan.

        Raises:
            SettingsError: nobody does; nothing may be sent.
        """
        head, _, rest = summary.partition(": ")
        if self.given == digest:
            return Approved(_person(), "hash")
        if self.given:
            raise _refusal(f"{head} is not the plan that was approved: {rest}", digest, look)
        if self.ask is None:
            raise _refusal(f"{head} is not approved yet: {rest}", digest, look)
        answer = self.ask(
            f"{summary}. Its hash is {digest}.\n"
            f"Type the first {SHOWN} characters of the hash to carry it out, anything else to stop: "
        )
        if answer.strip().casefold() not in {digest, digest[:SHOWN]}:
            raise _refusal(f"{head} was not approved: {rest}", digest, look)
        return Approved(_person(), "terminal")


def _person() -> str:
    """Return the name by which the system knows who runs this, and where."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as in a container
        name = f"user {os.getuid()}"
    return f"{name}@{socket.gethostname()}"


def _refusal(what: str, digest: str, look: str) -> SettingsError:
    return SettingsError(
        f"{what}. Nothing was sent.",
        f"Look at it with {look}. To carry out exactly this plan, run the same command with {VARIABLE}={digest} "
        "in the environment.",
    )
