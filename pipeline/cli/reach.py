"""How the commands reach the target: a Zoho CRM, or the local sandbox, which runs only meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from pipeline import config as settings
from pipeline import sandbox, store
from pipeline.config import Config
from pipeline.errors import RetryableError, TargetError

if TYPE_CHECKING:  # each command imports what only it needs: all of it takes half a second
    from pipeline.load.connection import Connection


@contextmanager
def connected(config: Config) -> "Iterator[Connection]":
    """Yield how to reach the target; the sandbox runs only meanwhile."""
    from pipeline.load.connection import Connection

    if config.zoho.target == "crm":
        yield Connection.of_crm(config, settings.credentials(config.project))
        return
    directory = sandbox_directory(config)
    with sandbox_errors(directory), store.writing(directory), sandbox.running(directory) as endpoint:
        yield Connection(
            target="sandbox",
            accounts_url=endpoint.base_url,
            api_url=endpoint.base_url,
            upload_url=endpoint.base_url,
            client_id=endpoint.client_id,
            client_secret=SecretStr(endpoint.client_secret),
            refresh_token=SecretStr(endpoint.refresh_token),
            tokens=config.audit / "tokens",
        )


@contextmanager
def sandbox_errors(written: Path | None = None) -> Iterator[None]:
    """Say what stopped the sandbox; where it writes to `written`, a full disk is the first thing to look for."""
    try:
        yield
    except RetryableError:  # as the load sees it, a CRM whose disk is full is one that is busy
        if written:
            store.check_room(written)
        raise
    except sandbox.SandboxError as error:
        if written:
            store.check_room(written)
        raise TargetError(error.message, error.hint) from error


def sandbox_directory(config: Config) -> Path:
    """Return where the local sandbox of these settings keeps what it holds."""
    return config.sandboxes / config.sandbox.name
