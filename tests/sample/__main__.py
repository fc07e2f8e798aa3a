"""Writes data/sample."""

from pathlib import Path

from tests.sample.files import build

for name, content in build().items():
    path = Path(__file__).parents[2] / "data" / "sample" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
