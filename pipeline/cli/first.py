"""The first command of a project."""

import os
from pathlib import Path
from typing import Annotated

import typer

from pipeline import config as settings
from pipeline import first_use, report, run
from pipeline.cli import loading, looking, shell, stages
from pipeline.config import Config
from pipeline.first_use import Desk


@shell.app.command()
def init(
    context: typer.Context,
    inbox: Annotated[
        Path | None, typer.Option(help="A directory or one file.", show_default="data/inbox, else the sample")
    ] = None,
) -> None:
    """Begin a project: draft pipeline.toml from the inbox, ask the rest, and connect the CRM."""
    config = settings.load(context.obj, inbox)
    desk = _desk()
    shell.say(f"init        {desk.word('reading')}: {config.inbox}")
    if config.is_sample:
        shell.say(f"  {desk.word('sample')}")
    with shell.screen().progress("init        reading stores:") as progress:
        report.kept.keep(config, run.offline("extract", config, progress=progress))
    first_use.write_draft(config, desk)
    config = settings.load(context.obj, inbox)
    if config.zoho.target == "crm" or os.environ.get(first_use.CODE):
        _connect(config, desk)
    if config.zoho.target == "crm" and first_use.is_connected(config) and desk.agrees("ask_key"):
        looking.doctor(context, create_key=True)
    if desk.agrees("ask_plan"):
        stages.extract(context, inbox)
        stages.transform(context)
        loading.plan(context)
    shell.say(f"  {first_use.next_step(desk, context.obj, inbox)}")


def _desk() -> Desk:
    asks = {"ask": shell.screen().ask, "ask_secretly": shell.screen().ask_secretly} if shell.screen().is_asked else {}
    return Desk(say=shell.say, language=shell.screen().language, **asks)


def _connect(config: Config, desk: Desk) -> None:
    from pipeline.load import grant

    def exchange(client_id: str, client_secret: str, code: str) -> str:
        return grant.exchange(config, grant.Client(client_id, client_secret), code)

    first_use.connect(config, desk, exchange, grant.console(config.zoho.data_center), grant.SCOPES)
