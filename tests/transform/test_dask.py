"""The units of transform on a Dask cluster: the same bytes."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import store, transform
from pipeline.errors import SettingsError
from pipeline.transform import people
from tests import builders
from tests.builders import Row

ROWS: list[Row] = [
    {"surname": f"S{n % 9}", "email1": f"p{n % 17}@birch.example", "company": f"C{n % 4}", "manager": "S1"}
    for n in range(40)
]


@pytest.fixture
def address() -> Iterator[str]:
    """Return the address of a cluster of two worker processes, or skip."""
    distributed = pytest.importorskip("distributed", reason="distributed is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as cluster:
            yield cluster.scheduler_address


def _hashes(directory: Path, settings: str) -> dict[str, str]:
    directory.mkdir()
    project = builders.project(directory, builders.MAILBOXES + settings)
    builders.extracted(project, {"contacts": ROWS})
    transform.run(project)
    files = store.Manifest.of(project.transformed).tables.values()
    return {file["path"]: file["sha256"] for listed in files for file in listed}


@pytest.mark.filterwarnings("ignore")
def test_the_same_bytes_on_a_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Two workers of a cluster make every table, byte for byte, as one process does."""
    monkeypatch.setattr(people, "ROWS_OF_BUCKET", 15)
    alone = _hashes(tmp_path / "alone", "[engine]\nprocesses = 1\n")
    cluster = _hashes(tmp_path / "cluster", f'[engine]\nkind = "dask"\naddress = "{address}"\n')
    assert cluster == alone
    assert sum(path.startswith("ready/contacts") for path in alone) == 3


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster that cannot be reached stops the run and says so."""
    pytest.importorskip("distributed", reason="distributed is not installed")
    monkeypatch.setattr("pipeline.engine.cluster._REACH_SECONDS", 1)
    with pytest.raises(SettingsError, match="cannot be reached"):
        _hashes(tmp_path / "a", '[engine]\nkind = "dask"\naddress = "tcp://127.0.0.1:9"\n')


def test_a_cluster_needs_an_address(tmp_path: Path) -> None:
    """Without an address the setting is refused."""
    with pytest.raises(SettingsError, match="scheduler"):
        builders.project(tmp_path, '[engine]\nkind = "dask"\n')
