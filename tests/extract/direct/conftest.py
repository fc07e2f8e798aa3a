"""What the tests of the direct reader share: real stores, and stores with nodes of our own making."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pipeline.extract.pst.direct.node import Node
from pipeline.extract.pst.direct.store import Store
from tests.extract.direct.heap_bytes import NodeMaker
from tests.pstwriter.layout import LAYOUTS, Encryption, Form
from tests.pstwriter.mixes import write_mixed
from tests.pstwriter.nodes import NodeDatabase, NodeOptions
from tests.pstwriter.store import Store as Writer
from tests.pstwriter.store import StoreSettings

ROOT = Path(__file__).parents[3]
CORPUS = ROOT.parent / "shared" / "corpus"

MixMaker = Callable[..., Path]


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Return the directory of real Outlook files, or skip."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus of real Outlook files (../shared/corpus) is not here")
    return CORPUS


@pytest.fixture
def make_node(tmp_path: Path) -> NodeMaker:
    """Return a function that writes a store with one node and gives that node as the reader finds it."""

    def make(
        *blocks: bytes,
        subnodes: Sequence[tuple[int, bytes]] = (),
        form: Form = Form.UNICODE,
        value_limit: int = 1 << 20,
    ) -> Node:
        path = tmp_path / "node.pst"
        options = NodeOptions(encryption=Encryption.PERMUTE, compress=False, trim=True, unique=1)
        with path.open("wb") as out, NodeDatabase(out, LAYOUTS[form], options) as database:
            database.blocks.add(b"a store has at least one block")
            leaves = [database.blocks.add(block) for block in blocks]
            data = database.blocks.tree(leaves, sum(map(len, blocks))) if leaves else 0
            entries = [(number, database.blocks.data(content), 0) for number, content in subnodes]
            database.add_node(0x200024, data, database.add_subnodes(entries))
        return Store.open(path, value_limit=value_limit).node(0x200024)

    return make


@pytest.fixture(scope="session")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> MixMaker:
    """Return a function that gives a written store with items of all kinds; each is written once."""
    written: dict[tuple[Form, Encryption, int], Path] = {}
    directory = tmp_path_factory.mktemp("mixed")

    def make(form: Form = Form.UNICODE, encryption: Encryption = Encryption.PERMUTE, items: int = 60) -> Path:
        key = form, encryption, items
        if key not in written:
            path = directory / f"{form}-{encryption}-{items}.pst"
            settings = StoreSettings(form=form, encryption=encryption, code_page="cp932", is_lossy=True, seed=1)
            with path.open("wb") as out, Writer(out, settings) as store:
                write_mixed(store, items, 1)
            written[key] = path
        return written[key]

    return make
