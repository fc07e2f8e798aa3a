"""A CSV of made-up contacts as Outlook writes it: the same bytes for the same number.

92 columns; half of the people Japanese; about 10 % say again what another row says, 5 % have a wart: a number in
full-width digits or brackets, an address in angle brackets, spaces around a name, a date that is none.
"""

import csv
import random
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.sample.headers import CONTACTS_EN

_SHARE_AGAIN, _SHARE_WARTS = 0.10, 0.05
_KEPT = 2000  # rows that a later one may say again
_SYLLABLES = "an bel cor dun el fen gar hol in jor kel lor mon nel or pel rin sol tor ul ven wil".split()  # noqa: SIM905 - a list of words reads best as one
_KANJI = "佐藤高橋田中山本小林松井木村清水森川原石上野島崎谷口宮西岡東沢坂久保千葉内藤青柳竹安平大和明美花子太郎健一"
_USUAL: Mapping[str, str] = {
    "Anniversary": "0/0/00",
    "Birthday": "0/0/00",
    "Gender": "Unspecified",
    "Priority": "Normal",
    "Private": "False",
    "Sensitivity": "Normal",
}


def write(path: Path, count: int) -> None:
    """Write a CSV of `count` contacts."""
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(CONTACTS_EN)
        writer.writerows([row.get(name, "") for name in CONTACTS_EN] for row in rows(count))
    partial.replace(path)


def rows(count: int) -> Iterator[dict[str, str]]:
    """Yield contacts as cells by column."""
    chance = random.Random(count)  # noqa: S311 - made-up people, the same each time
    earlier: list[dict[str, str]] = []
    for number in range(count):
        if earlier and chance.random() < _SHARE_AGAIN:
            row = {**chance.choice(earlier), "Job Title": f"Post {number % 50}", "Notes": ""}
        else:
            row = (_japanese if number % 2 else _english)(number, chance)
            _remember(earlier, row, chance)
        yield _warted(row, chance) if chance.random() < _SHARE_WARTS else row


def _remember(earlier: list[dict[str, str]], row: dict[str, str], chance: random.Random) -> None:
    if len(earlier) < _KEPT:
        earlier.append(row)
    else:
        earlier[chance.randrange(_KEPT)] = row


def _word(chance: random.Random) -> str:
    return "".join(chance.choice(_SYLLABLES) for _ in range(3)).capitalize()


def _kanji(chance: random.Random, length: int) -> str:
    return "".join(chance.choice(_KANJI) for _ in range(length))


def _english(number: int, chance: random.Random) -> dict[str, str]:
    first, last = _word(chance), _word(chance)
    return {
        **_common(number, chance),
        "First Name": first,
        "Last Name": last,
        "Company": f"{_word(chance)} Ltd",
        "Department": chance.choice(("Sales", "Finance", "Research", "")),
        "Job Title": f"Post {number % 40}",
        "Business Street": f"{number % 900 + 1} {_word(chance)} Street",
        "Business Street 2": f"Floor {number % 9 + 1}" if number % 10 == 0 else "",
        "Business City": _word(chance),
        "Business State": chance.choice(("Kent", "Devon", "Essex")),
        "Business Postal Code": f"ZZ{number % 99} {number % 9}ZZ",
        "Business Country/Region": "United Kingdom",
        "Business Phone": f"+44 {1632 + number // 1_000_000} {number % 1_000_000:06d}",
        "Mobile Phone": f"+44 {7700 + number // 1_000_000} {(number * 7) % 1_000_000:06d}",
        "E-mail Display Name": f"{first} {last}",
    }


def _japanese(number: int, chance: random.Random) -> dict[str, str]:
    first, last = _kanji(chance, 2), _kanji(chance, 2)
    return {
        **_common(number, chance),
        "First Name": first,
        "Last Name": last,
        "Company": f"株式会社{_kanji(chance, 3)}",
        "Department": chance.choice(("営業部", "経理部", "開発部", "")),
        "Job Title": chance.choice(("部長", "課長", "主任", "")),
        "Business Street": f"{_kanji(chance, 2)}{number % 90 + 1}-{number % 7 + 1}-{number % 30}",
        "Business Street 2": f"{_kanji(chance, 3)}ビル{number % 9 + 1}F" if number % 10 == 1 else "",
        "Business City": f"{_kanji(chance, 2)}市",
        "Business State": chance.choice(("東京都", "大阪府", "愛知県")),
        "Business Postal Code": f"{number % 900 + 100}-{number % 10_000:04d}",
        "Business Country/Region": "日本",
        "Business Phone": f"03-{number // 10_000 % 10_000:04d}-{number % 10_000:04d}",
        "Mobile Phone": f"090-{number * 7 // 10_000 % 10_000:04d}-{number * 7 % 10_000:04d}",
        "E-mail Display Name": f"{last} {first}",
    }


def _common(number: int, chance: random.Random) -> dict[str, str]:
    has_address = number % 20 != 0
    row = {
        **_USUAL,
        "E-mail Address": f"person{number}@{chance.choice(_SYLLABLES)}{number % 997}.example" if has_address else "",
        "E-mail Type": "SMTP" if has_address else "",
    }
    if number % 8 == 0:
        row["Birthday"] = f"{number % 12 + 1}/{number % 28 + 1}/{1950 + number % 50}"
    if number % 10 == 3:
        row["Notes"] = f"met in {2000 + number % 25}\r\ncall again"
    if number % 12 == 5:
        row["Categories"] = "Customer;Zoho"
    if number % 25 == 7:
        row["Web Page"] = f"https://www{number}.example/"
    return row


def _warted(row: dict[str, str], chance: random.Random) -> dict[str, str]:
    full = str.maketrans("0123456789-", "０１２３４５６７８９－")
    warts = (
        {"Business Phone": row["Business Phone"].translate(full)},
        {"Mobile Phone": f"({row['Mobile Phone'][:3]}){row['Mobile Phone'][3:]}"},
        {"E-mail Address": f"<{row['E-mail Address']}>" if row["E-mail Address"] else ""},
        {"Last Name": f"\u3000{row['Last Name']}"},
        {"Business Phone": "ask the front desk"},
        {"Birthday": "unknown"},
    )
    return {**row, **chance.choice(warts)}
