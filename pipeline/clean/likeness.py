"""When two values are nearly the same to a reader: for suggestions that a person looks at, never for a decision.

Names are compared without case, width, accents, spaces and points, kana as hiragana, and old forms of ideographs as the
usual ones. One letter more, less, other or swapped with its neighbour is near only in letters: 太郎 and 次郎 are two.
"""

import re
import unicodedata

from pipeline.clean.text import fold, is_japanese

LEAST_DIGITS = 7  # of a number that says whose it is
END_DIGITS = 9  # by which a number is the same with the code of a country before it
LEAST_LETTERS = 6  # of a name that may have a slip: Li and Lu are two

_MARKS = re.compile("[\u0300-\u036f]")
_SPACES = re.compile(r"[\W_]+")
_NO_DIGITS = re.compile(r"[^0-9]")
# 異体字 and 旧字体 that stand for each other in family names
OLD = "髙﨑碕嵜齋齊斎邊邉濵濱澤廣國德眞惠嶋嶌櫻瀧龍髮鷗黑榮曾槇禮實壽豐藏澁冨將條淺靜鐵圓學區縣壯與增萬彌"
_NEW = "高崎崎崎斉斉斉辺辺浜浜沢広国徳真恵島島桜滝竜髪鴎黒栄曽槙礼実寿豊蔵渋富将条浅静鉄円学区県壮与増万弥"
_USUAL = str.maketrans(OLD, _NEW)
_HIRAGANA = {number: number - 0x60 for number in range(0x30A1, 0x30F7)}


def name(text: str | None) -> str:
    """Return a name as it is compared, "" for none."""
    folded = fold(text)
    if not folded.isascii():
        folded = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", folded)))
        folded = folded.translate(_USUAL).translate(_HIRAGANA)
    return _SPACES.sub("", folded)


def whole(last: str, first: str) -> str:
    """Return both names, each as `name` gives it, as one, whichever of them stands first."""
    return min(last, first) + max(last, first)


def are_near(left: tuple[str, str], right: tuple[str, str]) -> bool:
    """Return whether two (last, first), each as `name` gives it, may be one person's.

    They are alike in either order, or within one slip of each other, or one first name is the initial of the other.
    """
    if not all((*left, *right)):
        return left == right
    if whole(*left) == whole(*right):
        return True
    if left[0] == right[0] and 1 in {len(left[1]), len(right[1])} and not is_japanese(left[1] + right[1]):
        return left[1][0] == right[1][0]
    one, other = "".join(left), "".join(right)
    is_long = min(len(one), len(other)) >= LEAST_LETTERS
    return is_long and not is_japanese(one + other) and _is_slip(one, other)


def digits(number: str | None) -> str:
    """Return the digits of a number without zeros before them, "" for none or too few to tell whose it is."""
    found = _NO_DIGITS.sub("", number or "").lstrip("0")
    return found if len(found) >= LEAST_DIGITS else ""


def are_one_number(left: str, right: str) -> bool:
    """Return whether two numbers, each as `digits` gives it, are one, with or without the code of a country."""
    short, long = sorted((left, right), key=len)
    return bool(short) and (short == long or (len(short) >= END_DIGITS and long.endswith(short)))


def _is_slip(one: str, other: str) -> bool:
    """Return whether one letter was left out, added, mistaken, or swapped with the next."""
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    at = next((n for n, letter in enumerate(short) if letter != long[n]), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    is_swapped = short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or is_swapped
