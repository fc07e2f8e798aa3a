"""The commands of the local sandbox."""

from typing import Annotated

import typer

from pipeline import config as settings
from pipeline import sandbox, store
from pipeline.cli import reach, shell


@shell.app.command(name="sandbox")
def sandbox_(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="TCP port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)] = 0,
) -> None:
    """Run the local Zoho CRM by itself, for any Zoho client, until Ctrl-C."""
    config = settings.load(context.obj)
    with reach.sandbox_errors(reach.sandbox_directory(config)):
        sandbox.serve(reach.sandbox_directory(config), port, _announce)


@shell.app.command()
def sandbox_like(
    context: typer.Context,
    org: Annotated[str, typer.Argument(help="An org that a plan or load has looked at: a directory of data/audit.")],
) -> None:
    """Make the sandbox of [sandbox] name like an org, to rehearse a migration: its users, fields and records."""
    config = settings.load(context.obj)
    directory = reach.sandbox_directory(config)
    with reach.sandbox_errors(directory), store.writing(directory):
        counts = sandbox.imitate(directory, config.audit / org)
    shell.say(f"sandbox     {directory} is like {org}: {sum(counts.values()):,} records")
    for module, count in counts.items():
        shell.screen().give(f"  {module}: {count:,}")


@shell.app.command()
def sandbox_show(
    context: typer.Context,
    module: Annotated[str, typer.Argument(help="API name of a module, such as Contacts.")] = "Contacts",
) -> None:
    """Print what the sandbox holds, one record a line."""
    config = settings.load(context.obj)
    with reach.sandbox_errors():
        for line in sandbox.show(reach.sandbox_directory(config), module):
            shell.screen().give(line)


def _announce(endpoint: sandbox.Endpoint) -> None:
    shell.say(f"Local Zoho CRM «{endpoint.company}», until Ctrl-C:")
    for name in ("base_url", "zgid", "client_id", "client_secret", "refresh_token"):
        shell.say(f"  {name:<14} {getattr(endpoint, name)}")
