"""What the org says of its fields wins over the shipped tables, as far as a load or `make doctor` has asked it.

Both keep the answer as data/audit/<target>-<org>/fields.json, which is read here without the network. With several orgs
of one kind nobody knows which is meant: then the shipped tables hold.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.clean.text import fold
from pipeline.config import Config
from pipeline.errors import SettingsError
from pipeline.targets.target import Field, Kind, Target

_TEXTS = {Kind.TEXT, Kind.EMAIL, Kind.PHONE}
_ONE_LINE = 255  # a single-line field stays one, whatever the org says
Known = Mapping[str, Mapping[str, Mapping[str, Any]]]  # module → API name → field as the org has it


def read(config: Config) -> Known:
    """Return the fields of the target's only org, none where it is not known or there are several.

    Raises:
        SettingsError: the file is damaged.
    """
    found = sorted(config.audit.glob(f"{config.zoho.target}-*/fields.json"))
    return _read(found[0]) if len(found) == 1 else {}


def _read(path: Path) -> Known:
    try:
        modules = json.loads(path.read_text(encoding="utf-8"))["modules"]
        return {module: {one["api_name"]: one for one in fields} for module, fields in modules.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(
            f"{path} is damaged ({type(error).__name__}).", "Delete it; make doctor or make load writes it again."
        ) from None


def fitted(target: Target, known: Known) -> Target:
    """Return a target with the lengths and pick list values of the org."""
    own = known.get(target.module, {})
    if not own:
        return target
    return replace(target, fields=tuple(_fitted(field, own.get(field.api_name)) for field in target.fields))


def labelled(target: Target, known: Known, label: str) -> list[str]:
    """Return the API names of the org's fields of that label, in whatever case and width it is written."""
    wanted, own = fold(label), known.get(target.module, {})
    return [name for name, one in own.items() if fold(str(one.get("label") or "")) == wanted]


def _fitted(field: Field, own: Mapping[str, Any] | None) -> Field:
    if own is None:
        return field
    if field.kind is Kind.PICKLIST:
        choices = own.get("choices") or ()
        return replace(field, values=tuple((ours, _actual(zoho, choices)) for ours, zoho in field.values))
    length = own.get("length")
    if field.kind not in _TEXTS or field.length is None or not isinstance(length, int) or length <= 0:
        return field
    return replace(field, length=length if field.has_lines else min(length, _ONE_LINE))


def _actual(value: str, choices: Sequence[Sequence[str]]) -> str:
    """Return the org's actual value that is, or is shown as, this one; the value itself where it has none."""
    wanted = fold(value)
    by_actual = (actual for actual, _ in choices if fold(actual) == wanted)
    by_display = (actual for actual, shown in choices if fold(shown) == wanted)
    return next(by_actual, None) or next(by_display, None) or value
