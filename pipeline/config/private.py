"""Writes .env: for its user only, from the first byte on, and keeping what else is in it."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import SettingsError


def keep(project: Path, secrets: Mapping[str, str]) -> Path:
    """Set variables in the project's .env (mode 0600), and return where it is.

    Raises:
        SettingsError: a value cannot stand in it, or it may not be written.
    """
    path = project / ".env"
    if bad := [name for name, value in secrets.items() if not re.fullmatch(r"[\x21-\x7e]+", value) or '"' in value]:
        raise SettingsError(f"{', '.join(bad)} has spaces, quotation marks or other letters in it.", "Copy it again.")
    try:
        old = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        kept = [line for line in old if line.partition("=")[0].strip() not in secrets]
        partial = path.with_name(".env.partial")
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)  # of a file that was there before
            file.write("\n".join([*kept, *(f"{name}={value}" for name, value in secrets.items())]) + "\n")
        partial.replace(path)
    except OSError as error:
        raise SettingsError(
            f"{path} may not be written ({error.strerror}).", "Mend its rights and try again."
        ) from error
    return path
