"""The files of data/sample, as bytes."""

from collections.abc import Sequence

from tests.sample import english, english_store, headers, japanese, japanese_store

Row = dict[str, str]

_SETTINGS = """\
# Settings of the sample, in force only while the sample is the inbox. Copy what you need into your own pipeline.toml.

[[mailbox]]
name = "sato"
files = ["sato/*"]
addresses = ["hanako.sato@kaede-shoji.example"]
owner = "hanako.sato@kaede-shoji.example"
time_zone = "Asia/Tokyo"

[[mailbox]]
name = "whitfield"
files = ["whitfield/*"]
addresses = ["dana.whitfield@kaede-shoji.example", "d.whitfield@kaede-shoji.example"]
owner = "dana.whitfield@kaede-shoji.example"
time_zone = "Europe/London"

# Who was met at the trade fair is a lead.
[leads]
folders = ["展示会"]

# Attached to the records of the CRM: what was sent, what is of the category Legal, and a folder with the name of a deal.
[mail]
sent_items = true
categories = ["Legal"]
folders = ["Birchwood warehouse signage"]
deal_folders = ["Inbox/Birchwood*"]
without_contact = "lead"

# A case of each conversation in the folder Support, and of each message of the category 顧客 (customer).
[cases]
folders = ["Support"]
categories = ["顧客"]
per = "conversation"
"""

# A line that a hand edit broke: five cells more than there are columns.
_BROKEN = "Broken,Row,,,,Spilled Ltd" + "," * 86 + ',"","","one","too","many"\r\n'


def build() -> dict[str, bytes]:
    """Return every file of the sample by its path below data/sample."""
    return {
        "sample.toml": _SETTINGS.encode(),
        "sato/連絡先.csv": _csv(headers.CONTACTS_JA, japanese.CONTACTS).encode("cp932"),
        "sato/予定表.csv": _csv(headers.CALENDAR_JA, japanese.CALENDAR).encode("utf-8-sig"),
        "sato/仕事.csv": _csv(headers.TASKS_JA, japanese.TASKS).encode("cp932"),
        "sato/バックアップ.pst": japanese_store.build(),
        "whitfield/archive.pst": english_store.build(),
        "whitfield/contacts.csv": (_csv(headers.CONTACTS_EN, english.CONTACTS) + _BROKEN).encode(),
        "whitfield/calendar.csv": ("\ufeff" + _csv(headers.CALENDAR_EN, english.CALENDAR)).encode("utf-16-le"),
        "whitfield/tasks.csv": _csv(headers.TASKS_EN, english.TASKS).encode("utf-8-sig"),
    }


def _csv(columns: Sequence[str], rows: Sequence[Row]) -> str:
    """Write rows as Outlook does: the header quoted, then only what has a value, CRLF."""
    for row in rows:
        if unknown := row.keys() - set(columns):
            raise ValueError(f"no such column: {sorted(unknown)}")
    lines = [",".join(f'"{name}"' for name in columns)]
    lines += [",".join(_cell(row.get(name, "")) for name in columns) for row in rows]
    return "".join(line + "\r\n" for line in lines)


def _cell(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if value else ""
