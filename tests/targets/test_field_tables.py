"""The field tables of the documentation are those of the targets."""

from pipeline.targets import EMAILS, TARGETS, listing
from tests.conftest import ROOT

PAGE = ROOT / "pipeline" / "targets" / "FIELDS.md"


def test_the_field_tables_are_those_of_the_targets(is_golden: bool) -> None:  # noqa: FBT001 - a fixture
    """FIELDS.md is what `make fields` makes of the targets."""
    made = listing.markdown((*TARGETS, EMAILS))
    if is_golden:
        PAGE.write_text(made, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == made
