"""The command `outlook2zoho`: sub-commands and exit codes; only its screen prints (`pipeline.report.screen`).

Exit codes: see `pipeline.errors`. The order of the imports is the order in which `--help` lists the commands.
"""

# ruff: noqa: I001
from pipeline.cli import stages, loading, looking, undoing, syncing, sandboxes, first
from pipeline.cli.main import main
from pipeline.cli.shell import app

app.registered_commands.sort(key=lambda one: one.callback is not first.init)  # it uses the others, and comes first

__all__ = ["app", "first", "loading", "looking", "main", "sandboxes", "stages", "syncing", "undoing"]
