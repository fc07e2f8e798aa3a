"""Sandboxes for tests: a shared one for what leaves others alone, an own one for clocks, credits and restarts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import sandbox
from tests.sandbox.client import Client


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Run one sandbox for all tests of a file; each test uses records and fields of its own."""
    directory = tmp_path_factory.mktemp("sandbox")
    with sandbox.running(directory) as endpoint, Client(endpoint) as client:
        yield client


@pytest.fixture
def own_crm(tmp_path: Path) -> Iterator[Client]:
    """Run a sandbox for one test."""
    with sandbox.running(tmp_path / "crm") as endpoint, Client(endpoint) as client:
        yield client
