"""Company names as they are compared: the legal form spelled out or short, before or after, counted or not.

`distinct`: only what Unicode folds is the same: ㈱ and (株) are, 株式会社 is not. `spelling`: each way to write a legal
form is the same, but its place counts: 株式会社みどり and みどり株式会社 are two. `ignored`: no legal form counts.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from pipeline.clean.text import fold

LegalForms = Literal["distinct", "spelling", "ignored"]

# What NFKC and casefold leave of each way to write a form → the form. (Ltd and Limited are one, Ltd and Inc are not.)
_JAPANESE: Mapping[str, str] = {
    "株式会社": "株式会社", "(株)": "株式会社",
    "有限会社": "有限会社", "(有)": "有限会社",
    "合同会社": "合同会社", "(同)": "合同会社", "合資会社": "合資会社", "(資)": "合資会社",
    "合名会社": "合名会社", "(名)": "合名会社",
    "一般社団法人": "一般社団法人", "(一社)": "一般社団法人", "公益社団法人": "公益社団法人", "(公社)": "公益社団法人",
    "一般財団法人": "一般財団法人", "(一財)": "一般財団法人", "公益財団法人": "公益財団法人", "(公財)": "公益財団法人",
    "社会福祉法人": "社会福祉法人", "(社福)": "社会福祉法人", "医療法人": "医療法人", "(医)": "医療法人",
    "学校法人": "学校法人", "(学)": "学校法人",
}  # fmt: skip
_WESTERN: Mapping[str, str] = {
    "co ltd": "co ltd", "company limited": "co ltd", "company ltd": "co ltd", "co limited": "co ltd",
    "ltd": "ltd", "limited": "ltd", "inc": "inc", "incorporated": "inc", "corp": "corp", "corporation": "corp",
    "llc": "llc", "limited liability company": "llc", "llp": "llp", "plc": "plc", "public limited company": "plc",
    "gmbh": "gmbh", "gesellschaft mit beschränkter haftung": "gmbh", "ag": "ag", "kg": "kg", "ohg": "ohg", "ug": "ug",
    "gmbh & co kg": "gmbh & co kg", "sa": "sa", "sarl": "sarl", "sas": "sas", "srl": "srl", "spa": "spa", "sl": "sl",
    "bv": "bv", "nv": "nv", "ab": "ab", "as": "as", "a/s": "as", "aps": "aps", "oy": "oy", "oyj": "oyj", "kk": "kk",
    "pte ltd": "pte ltd", "pty ltd": "pty ltd", "sp z oo": "sp z oo", "ооо": "ооо", "оао": "оао", "ltda": "ltda",
}  # fmt: skip
_LONGEST = max(len(form.split()) for form in _WESTERN)


@lru_cache(65_536)
def key(name: str, legal_forms: LegalForms) -> str:
    """Return what two names have in common when they are one company's; never "" for a name that says something."""
    folded = fold(name)
    if legal_forms == "distinct":
        return folded
    before, core, after = _parts(folded)
    if not core:
        return folded
    return core if legal_forms == "ignored" else f"{before}\0{core}\0{after}" if before or after else core


def _parts(folded: str) -> tuple[str, str, str]:
    """Return the form before a name, the name, the form after it; "" for none."""
    for written, form in _JAPANESE.items():
        if folded.startswith(written):
            return form, folded[len(written) :].strip(), ""
        if folded.endswith(written):
            return "", folded[: -len(written)].strip(), form
    return _western(folded.replace(",", " ").replace(".", "").split())


def _western(words: list[str]) -> tuple[str, str, str]:
    for count in range(min(_LONGEST, len(words) - 1), 0, -1):
        if form := _WESTERN.get(" ".join(words[-count:])):
            return "", " ".join(words[:-count]), form
    return "", " ".join(words), ""
