"""Picklists: our word for a choice becomes Zoho's; any other text is dropped, so that the CRM's own default applies."""

from collections.abc import Sequence

from pipeline.clean.cleaned import Change, Cleaned

UNKNOWN = "unknown_choice"


def choose(raw: str | None, values: Sequence[tuple[str, str]]) -> Cleaned:
    """Return Zoho's actual value for `raw`; `values` are pairs of our word and Zoho's. The translation is no change."""
    choices = {**{zoho: zoho for _, zoho in values}, **dict(values)}
    if raw is None or raw in choices:
        return Cleaned(choices.get(raw) if raw is not None else None)
    return Cleaned(None, (Change(UNKNOWN, raw, None),))
