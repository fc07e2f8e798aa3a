"""The ledger as tables for everybody."""

import csv
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline import config as settings
from pipeline.errors import StageError
from pipeline.load import export, ledger
from pipeline.load.ledger_reads import Intent
from pipeline.load.written import lines


def test_export(tmp_path: Path) -> None:
    """Every table as Parquet, value by value, and as CSV whose formulas are harmless."""
    config = settings.load(tmp_path, tmp_path)
    directory = config.audit / "sandbox-1"
    with ledger.opened(directory) as memory:
        run = memory.start_run("ready")
        intent = Intent(crm_key="=cmd", crm_id="", written={"Last_Name": "山田"}, content_hash="h")
        memory.plan(run, module="Contacts", action="create", transport="bulk", key_field="K", digest="d",
                    lines=lines([intent]))  # fmt: skip
    (written,) = export(config)
    (row,) = pq.read_table(written / "intents.parquet").to_pylist()
    assert (row["crm_key"], row["written"]) == ("=cmd", '{"Last_Name": "山田"}')
    with (written / "intents.csv").open(encoding="utf-8-sig", newline="") as file:
        (line,) = csv.DictReader(file)
    assert (line["crm_key"], line["written"]) == ("'=cmd", '{"Last_Name": "山田"}')
    assert {path.stem for path in written.glob("*.csv")} == {
        "runs", "keys", "records", "batches", "intents", "before", "rollbacks", "undone", "credits",
        "approvals", "chain",
    }  # fmt: skip


def test_nothing_to_export(tmp_path: Path) -> None:
    """Where nothing was loaded, there is nothing to export."""
    with pytest.raises(StageError, match="nothing was ever loaded"):
        export(settings.load(tmp_path, tmp_path))
