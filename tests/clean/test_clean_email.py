"""E-mail addresses."""

import time

import pytest

from pipeline.clean import email

LONG = "a" * 90 + "@kaede-shoji.example"


@pytest.mark.parametrize(
    ("raw", "expected", "rule"),
    [
        pytest.param("ken@kaede.example", "ken@kaede.example", None, id="as it should be"),
        pytest.param("Ken.Mori@Kaede.example", "Ken.Mori@Kaede.example", None, id="case stays"),
        pytest.param(" ken@kaede.example\r\n", "ken@kaede.example", "invisible_characters", id="space and line end"),
        pytest.param("ken@kaede.example\u200b", "ken@kaede.example", "invisible_characters", id="zero-width space"),
        pytest.param("ｋｅｎ＠ｋａｅｄｅ．example", "ken@kaede.example", "full_width", id="full width"),
        pytest.param("mailto:ken@kaede.example", "ken@kaede.example", "address_scheme", id="mailto"),
        pytest.param("mailto:ken@kaede.example?subject=x", "ken@kaede.example", "address_scheme", id="mailto, subject"),
        pytest.param("SMTP:ken@kaede.example", "ken@kaede.example", "address_scheme", id="Exchange's prefix"),
        pytest.param("森 健 <ken@kaede.example>", "ken@kaede.example", "name_around_address", id="name around it"),
        pytest.param("'ken@kaede.example'", "ken@kaede.example", "surrounding_marks", id="quotes"),
        pytest.param("ken@kaede.example;", "ken@kaede.example", "surrounding_marks", id="Outlook's separator"),
        pytest.param("taro.@keitai.example", "taro.@keitai.example", None, id="old mobile address, dot before the @"),
        pytest.param("ta..ro@keitai.example", "ta..ro@keitai.example", None, id="old mobile address, two dots"),
        pytest.param("山田@例え.テスト", "山田@例え.テスト", None, id="international address"),
        pytest.param("/o=Corp/ou=First/cn=Recipients/cn=ken", None, email.X500, id="Exchange address"),
        pytest.param("/O=CORP/CN=KEN", None, email.X500, id="Exchange address in capitals"),
        pytest.param("EX:/o=Corp/cn=ken", None, email.X500, id="Exchange address with its type"),
        pytest.param("ken@kaede.example; mori@kaede.example", "ken@kaede.example", email.SEVERAL, id="two addresses"),
        pytest.param("Ken <ken@kaede.example>, <m@kaede.example>", "ken@kaede.example", email.SEVERAL, id="two named"),
        pytest.param("ken@kaede.example\r\nm@kaede.example", "ken@kaede.example", email.SEVERAL, id="on two lines"),
        pytest.param("ken@kaede.example；m@kaede.example", "ken@kaede.example", email.SEVERAL, id="two, wide mark"),
        pytest.param("ken@kaede.example ken@kaede.example", "ken@kaede.example", email.SEVERAL, id="one twice"),
        pytest.param("ken at kaede", None, email.NOT_AN_ADDRESS, id="words"),
        pytest.param("ken@localhost", None, email.NOT_AN_ADDRESS, id="no top level domain"),
        pytest.param('"ken mori"@kaede.example', None, email.NOT_AN_ADDRESS, id="quoted local part, Zoho refuses it"),
        pytest.param(LONG, None, email.TOO_LONG, id="longer than its field, never cut"),
        pytest.param(None, None, None, id="missing"),
    ],
)
def test_email(raw: str | None, expected: str | None, rule: str | None) -> None:
    """An address is trimmed out of what is around it, of several the first; anything else is missing, never guessed."""
    cleaned = email.clean(raw, 100)
    assert cleaned.value == expected
    assert (cleaned.changes[-1].rule if cleaned.changes else None) == rule


@pytest.mark.parametrize("raw", ["a" * 5000, "a@" + "a" * 5000, "a@" + "a-" * 2500, "a@" + "a." * 2500], ids=len)
def test_email_is_quick(raw: str) -> None:
    """No value, however odd, holds up the pattern."""
    began = time.perf_counter()
    email.clean(raw, 100)
    assert time.perf_counter() - began < 1


def test_domain() -> None:
    """The domain is folded; no address has none."""
    assert email.domain("Ken@Kaede.EXAMPLE") == "kaede.example"
    assert not email.domain(None)
