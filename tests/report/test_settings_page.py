"""The page of settings is made of defaults.toml, and leaves no setting out."""

import tomllib

from pipeline import config as settings
from pipeline.config import Config, listing
from tests.conftest import ROOT

PAGE = ROOT / "pipeline" / "guide" / "settings.md"


def test_the_page_is_what_make_settings_makes(is_golden: bool) -> None:  # noqa: FBT001 - a fixture
    """settings.md is made of defaults.toml and the types of the sections."""
    made = listing.markdown()
    if is_golden:
        PAGE.write_text(made, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == made


def test_every_setting_is_on_it() -> None:
    """Each setting that the program reads has a row with a default, or stands in the example of its section."""
    page = listing.markdown()
    known = {name for name in settings._names(Config) if name.partition(".")[0] not in settings._OF_THE_CALL}
    lacking = []
    for name in sorted(known):
        section, _, inner = name.partition(".")
        text = page.partition(f"## [{section}]")[2].partition("\n## ")[0]
        if not text or (inner and f"| `{inner}` |" not in text and inner not in text.partition("```toml")[2]):
            lacking.append(name)
    assert lacking == []


def test_every_default_is_the_one_in_force() -> None:
    """What the page shows as default is what defaults.toml holds, value for value."""
    shown = {
        (section.name, one.name): tomllib.loads(f"x = {one.value}")["x"]
        for section in listing.sections()
        for one in section.settings
    }
    held = {(section, name): value for section, values in listing.defaults().items() for name, value in values.items()}
    assert shown == held


def test_every_setting_says_what_it_is() -> None:
    """A setting without a word of its own has a section that says what it is."""
    silent = [
        f"{section.name}.{one.name}"
        for section in listing.sections()
        for one in section.settings
        if not any(one.said) and not section.said
    ]
    assert silent == []
