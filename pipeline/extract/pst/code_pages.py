"""Which code page 8-bit text is in, and which codec of Python reads it.

An ANSI store names no code page. In order: PidTagMessageCodepage of the item, the ANSI page of its
PidTagMessageLocaleId, then the setting (reference/mapi-properties.md, "Code page").
"""

import codecs

_UNICODE_PAGES = (1200, 1201, 12000, 12001)  # never the page of 8-bit text

_CODECS = {
    20127: "cp1252",  # US-ASCII; what is above 127 is Windows text in practice
    20866: "koi8_r",
    20932: "euc_jp",
    20936: "gb2312",
    21866: "koi8_u",
    28591: "cp1252",  # ISO 8859-1; as every browser does
    38598: "iso8859_8",
    50220: "iso2022_jp_ext",
    50221: "iso2022_jp_ext",
    50222: "iso2022_jp_ext",
    50225: "iso2022_kr",
    51932: "euc_jp",
    51936: "gb2312",
    51949: "euc_kr",
    52936: "hz",
    54936: "gb18030",
    65000: "utf_7",
    65001: "utf_8",
    10000: "mac_roman",
}

# ANSI code page → locale ids ([MS-LCID]). A locale without an ANSI page (Hindi, Georgian ...) is in none of them.
_LOCALES = {
    "cp874": "041E",
    "cp932": "0411",
    "cp936": "0804 1004",
    "cp949": "0412",
    "cp950": "0404 0C04 1404",
    "cp1250": "0405 040E 0415 0418 041A 041B 041C 0424 0442 081A 101A 141A 181A 241A 2C1A",
    "cp1251": "0402 0419 0422 0423 0428 042F 043F 0440 0444 0450 046D 0485 0819 082C 0843 0C1A 1C1A 201A 281A 301A",
    "cp1252": """
        0403 0406 0407 0409 040A 040B 040C 040F 0410 0413 0414 0416 0417 041D 0421 042D 0432 0434 0435 0436 0438 043A
        043B 043E 0441 0452 0456 0462 0464 0468 046A 046B 046C 046E 046F 0470 0478 047A 047C 047E 0482 0483 0484 0486
        0487 0488 0491 0807 0809 080A 080C 0810 0813 0814 0816 081D 082E 083B 083C 083E 085D 085F 086B 0C07 0C09 0C0A
        0C0C 0C3B 0C6B 1007 1009 100A 100C 103B 1407 1409 140A 140C 143B 1809 180A 180C 183B 1C09 1C0A 1C3B 2009 200A
        203B 2409 240A 243B 2809 280A 2C09 2C0A 3009 300A 3409 340A 380A 3C0A 4009 400A 4409 440A 4809 480A 4C0A 500A
        540A""",
    "cp1253": "0408",
    "cp1254": "041F 042C 0443",
    "cp1255": "040D",
    "cp1256": "0401 0420 0429 0480 048C 0801 0C01 1001 1401 1801 1C01 2001 2401 2801 2C01 3001 3401 3801 3C01 4001",
    "cp1257": "0425 0426 0427",
    "cp1258": "042A",
}
_PAGE_OF_LOCALE = {int(locale, 16): page for page, locales in _LOCALES.items() for locale in locales.split()}


def codec_of(page: int | None) -> str | None:
    """Return the codec of a Windows code page number, or None where there is none for 8-bit text."""
    if page is None or page <= 0 or page in _UNICODE_PAGES:
        return None
    name = _CODECS.get(page) or _latin_codec(page) or f"cp{page}"
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None


def _latin_codec(page: int) -> str | None:
    """Return the codec of the pages 28592 to 28606, which are ISO 8859-2 to -16."""
    first, last = 28592, 28606
    return f"iso8859_{page - 28590}" if first <= page <= last else None


def page_of_locale(locale: int | None) -> str | None:
    """Return the codec of a locale's ANSI code page: 1041 (Japanese) is cp932."""
    return _PAGE_OF_LOCALE.get(locale & 0xFFFF) if locale is not None else None


def text_codec(message_code_page: int | None, locale: int | None, fallback: str) -> str:
    """Return the codec of an item's 8-bit text from PidTagMessageCodepage, PidTagMessageLocaleId and the setting."""
    return codec_of(message_code_page) or page_of_locale(locale) or fallback
