"""Names of persons."""

import pytest

from pipeline.clean import name
from pipeline.clean.name import Source


@pytest.mark.parametrize(
    ("source", "surname", "given", "is_surname", "rule"),
    [
        pytest.param(Source(surname="高橋", given_name="美咲"), "高橋", "美咲", True, None, id="Japanese"),
        pytest.param(Source(surname="高橋"), "高橋", None, True, None, id="surname only"),
        pytest.param(
            Source(given_name="Marchetti, Elena"), "Marchetti", "Elena", True, "last_comma_first", id="Last, First"
        ),
        pytest.param(
            Source(surname="Marchetti, Elena"), "Marchetti", "Elena", True, "last_comma_first", id="as surname"
        ),
        pytest.param(Source(surname="高橋、美咲"), "高橋", "美咲", True, "last_comma_first", id="Japanese comma"),
        pytest.param(Source(surname="Ellery, Jr."), "Ellery, Jr.", None, True, None, id="a suffix is no given name"),
        pytest.param(Source(surname="Foo, Inc."), "Foo, Inc.", None, True, None, id="nor is a legal form"),
        pytest.param(
            Source(surname="Grant", given_name="Oliver, Jim"), "Grant", "Oliver, Jim", True, None, id="two cells"
        ),
        pytest.param(
            Source(given_name="ﾏﾘｱ", company="診療所"), "ﾏﾘｱ", None, False, "given_name_as_surname", id="given only"
        ),
        pytest.param(
            Source(display_name="佐藤 花子"), "佐藤 花子", None, False, "display_name_as_surname", id="order is kept"
        ),
        pytest.param(
            Source(display_name="Grant, Oliver"), "Grant", "Oliver", True, "last_comma_first", id="shown Last, First"
        ),
        pytest.param(Source(file_as="Isla"), "Isla", None, False, "display_name_as_surname", id="file as"),
        pytest.param(
            Source(nickname="Bea", company="Fenwick", email="b@fenwick.example"),
            "Bea",
            None,
            False,
            "nickname_as_surname",
            id="nickname",
        ),
        pytest.param(
            Source(display_name="花", nickname="はな"), "花", None, False, "display_name_as_surname", id="shown first"
        ),
        pytest.param(
            Source(email1_display="田中 花子 (hanako@x.example)", company="北国製菓", email="hanako@x.example"),
            "田中 花子",
            None,
            False,
            "display_name_as_surname",
            id="named beside the address only",
        ),
        pytest.param(
            Source(email1_display="'Silva, Maria' (maria@x.example)", email="maria@x.example"),
            "Silva",
            "Maria",
            True,
            "last_comma_first",
            id="Last, First beside the address",
        ),
        pytest.param(
            Source(email1_display="Maria （maria@x.example）", nickname="M"),
            "Maria",
            None,
            False,
            "display_name_as_surname",
            id="full-width brackets",
        ),
        pytest.param(
            Source(email1_display="'tom.r@hexagon.example'", email="tom.r@hexagon.example"),
            "tom.r",
            None,
            False,
            "mail_name_as_surname",
            id="nothing but the address beside the address",
        ),
        pytest.param(
            Source(email1_display="/o=Org/ou=First/cn=Recipients/cn=tom", company="Foo Ltd"),
            "Foo Ltd",
            None,
            False,
            "company_as_surname",
            id="an Exchange address is no name",
        ),
        pytest.param(
            Source(company="北国製菓", email="a@b.example"), "北国製菓", None, False, "company_as_surname", id="company"
        ),
        pytest.param(
            Source(given_name="tom.r@hexagon.example", email="tom.r@hexagon.example"),
            "tom.r",
            None,
            False,
            "mail_name_as_surname",
            id="an address is no name",
        ),
        pytest.param(
            Source(surname="x@y.example"), "x@y.example", None, False, None, id="unless there is nothing else"
        ),
        pytest.param(Source(), None, None, False, None, id="nothing at all"),
    ],
)
def test_name(source: Source, surname: str | None, given: str | None, *, is_surname: bool, rule: str | None) -> None:
    """Without a surname something stands in, in a fixed order, and it is said what."""
    person = name.clean(source)
    assert (person.surname, person.given_name, person.is_surname) == (surname, given, is_surname)
    assert (person.surname_changes or person.given_changes or (None,))[-1] is None or (
        [*person.surname_changes, *person.given_changes][-1].rule == rule
    )
    assert bool(person.surname_changes or person.given_changes) is (rule is not None)
