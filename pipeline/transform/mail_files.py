"""The files of a message that go with it, where the settings ask for them; what does not is listed.

Extract keeps no more than Zoho takes with one message (zoho-api.md section 4), and neither pictures that belong to the
text nor messages within messages, for which Zoho has no place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.clean import text
from pipeline.clean.cleaned import Change
from pipeline.transform.draft import FieldChange, Row

NOT_UPLOADED = "file_not_uploaded"
_MOST = 10  # files of one message; a bound of our own: each of them is a call
_LONGEST = 250  # of a name, in UTF-16 units
_UNNAMED = "attachment"


@dataclass(frozen=True, slots=True)
class Files:
    """What goes with a message, as structs of targets.emails.FILE, and what does not."""

    chosen: tuple[Mapping[str, Any], ...] = ()
    changes: tuple[FieldChange, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum(len(one["content"]) for one in self.chosen)


def of_message(attachments: Sequence[Row] | None, attached: Sequence[bytes | None] | None) -> Files:
    """Return the files of a message.

    Args:
        attachments: structs of schemas.ATTACHMENT.
        attached: the content of each, None for what is not to go; None where nobody asked for it.
    """
    if attached is None:
        return Files()
    chosen: list[Mapping[str, Any]] = []
    changes: list[FieldChange] = []
    for one, content in zip(attachments or (), attached, strict=True):
        name = text.line(one["name"]).value or _UNNAMED
        if content is None or not content or len(chosen) == _MOST:
            changes.append(
                FieldChange("attachments", Change(NOT_UPLOADED, f"{name} ({one['size'] or 0:,} bytes)", None))
            )
        else:
            shown = text.fit(name, _LONGEST).value
            chosen.append({"name": shown, "mime_type": one["mime_type"], "content": content})
    return Files(tuple(chosen), tuple(changes))
