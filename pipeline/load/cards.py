"""Contacts of the CRM as vCards (RFC 2426) and as the CSV that Outlook imports: the mapping, read backwards."""

import csv
import io
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pipeline.errors import SettingsError
from pipeline.load import managers
from pipeline.targets import CONTACTS, Target
from pipeline.targets.target import MANAGER

_HEADERS = Path(__file__).parents[1] / "extract" / "csv_headers"
_PHONES = {
    "business_phone": "WORK,VOICE",
    "home_phone": "HOME,VOICE",
    "mobile_phone": "CELL,VOICE",
    "business_fax": "WORK,FAX",
    "other_phone": "VOICE",
}
_LONGEST = 75  # octets of a line


def languages() -> list[str]:
    """Return the languages that Outlook's CSV can be written in."""
    return sorted(path.stem for path in _HEADERS.glob("*.toml"))


def _sources(target: Target) -> dict[str, str]:
    """Return extracted column → API name of the field that is filled from it; of several a shipped one."""
    listed = sorted((one for one in target.fields if one.source), key=lambda one: one.is_custom)
    return {MANAGER: managers.LOOKUP, **{one.source: one.api_name for one in reversed(listed)}}


def outlook_csv(contacts: Iterable[Mapping[str, str]], language: str, target: Target = CONTACTS) -> bytes:
    """Return contacts as Outlook of a language imports them: in its code page, or in UTF-8 where that lacks a sign.

    Args:
        contacts: records by API name, a look-up by its name.
        language: one of `languages`.
        target: contacts as the project maps them.

    Raises:
        SettingsError: there is no such language.
    """
    if language not in languages():
        raise SettingsError(f"There is no Outlook language {language}.", f"There are: {', '.join(languages())}.")
    known = tomllib.loads((_HEADERS / f"{language}.toml").read_text(encoding="utf-8"))
    sources = _sources(target)
    headers = _headers(known["contacts"]["columns"], sources)
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([header for header, _ in headers])
    for contact in contacts:
        writer.writerow([contact.get(sources.get(source, ""), "").replace("\r\n", "\n") for _, source in headers])
    try:
        return out.getvalue().encode(known["code_pages"][0])
    except UnicodeEncodeError:
        return out.getvalue().encode("utf-8-sig")


def _headers(columns: Mapping[str, str | Sequence[str]], sources: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return Outlook's headers, each with a column of our tables, of what the CRM has a field for.

    A header that stands for several columns is written as often, in their order: only so do they mean what they mean.
    """
    found: list[tuple[str, str]] = []
    for header, source in columns.items():
        if not isinstance(source, str) and sources.keys() & set(source):
            found += [(header, one) for one in source]
    for header, source in columns.items():
        if isinstance(source, str) and source in sources and source not in {known for _, known in found}:
            found.append((header, source))
    return found


def vcards(contacts: Iterable[Mapping[str, str]], target: Target = CONTACTS) -> bytes:
    """Return contacts as vCards 3.0, in UTF-8; `target`: contacts as the project maps them."""
    sources = _sources(target)
    return "".join(_folded(line) for contact in contacts for line in _card(contact, sources)).encode()


def _card(contact: Mapping[str, str], sources: Mapping[str, str]) -> Iterable[str]:
    def held(source: str) -> str:
        return _escaped(contact.get(sources.get(source, ""), ""))

    last, first = held("surname"), held("given_name")
    yield "BEGIN:VCARD"
    yield "VERSION:3.0"
    yield f"N:{last};{first};;;"
    yield f"FN:{' '.join(name for name in (first, last) if name)}"
    if held("company") or held("department"):
        yield f"ORG:{held('company')};{held('department')}"
    for name, source in (("TITLE", "job_title"), ("NOTE", "notes"), ("BDAY", "birthday_date")):
        if held(source):
            yield f"{name}:{held(source)}"
    for source in ("email1", "email2"):
        if held(source):
            yield f"EMAIL;TYPE=INTERNET{',PREF' if source == 'email1' else ''}:{held(source)}"
    yield from (f"TEL;TYPE={kind}:{held(source)}" for source, kind in _PHONES.items() if held(source))
    for prefix, kind in (("business", "WORK"), ("other", "POSTAL")):
        parts = [held(f"{prefix}_{part}") for part in ("street", "city", "state", "postal_code", "country")]
        if any(parts):
            yield f"ADR;TYPE={kind}:;;{';'.join(parts)}"
    yield "END:VCARD"


def _escaped(text: str) -> str:
    for raw, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n")):
        text = text.replace(raw, escaped)
    return text


def _folded(line: str) -> str:
    """Return a line in parts of at most 75 octets that never cut a sign (RFC 2425 5.8.1)."""
    parts, length = [""], 0
    for sign in line:
        size = len(sign.encode())
        if length + size > _LONGEST:
            parts.append(" ")
            length = 1
        parts[-1] += sign
        length += size
    return "\r\n".join(parts) + "\r\n"
