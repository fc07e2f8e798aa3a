"""How the sandbox says no: to the person at the keyboard, and to an HTTP client."""

from collections.abc import Mapping
from typing import Any


class SandboxError(Exception):
    """The sandbox cannot be started or read: `message` says what happened, `hint` what to do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Refusal(Exception):  # noqa: N818 - an answer of the API, not a defect
    """An error answer for a whole request: `{"code","details","message","status":"error"}` (zoho-api 6, H)."""

    def __init__(self, status: int, code: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.body: dict[str, Any] = {
            "code": code,
            "details": dict(details or {}),
            "message": message,
            "status": "error",
        }
