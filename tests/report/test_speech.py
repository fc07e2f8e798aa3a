"""Everything that the program says to a person, it says in Japanese too."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.report import speech, usage, words
from tests import line
from tests.report import said

CATALOGUE = speech.catalogue()
SENTENCES = said.sentences()
TEMPLATES = {**CATALOGUE["said"], **CATALOGUE["composed"]}


def _places(text: str) -> set[str]:
    return {found[1] for found in speech.PLACE.finditer(text)}


def test_every_sentence_has_its_japanese() -> None:
    """A new message is found in the source by itself; this says where it is, and the line that it needs."""
    assert said.lacking() == [], said.ADVICE


def test_no_japanese_is_left_over() -> None:
    """What nobody says any more goes from the file."""
    assert [one for one in CATALOGUE["said"] if one not in SENTENCES] == [], "take these lines out of messages.ja.toml"


def test_every_excuse_is_needed() -> None:
    """A module that has no such text any more is no exception any more."""
    assert [one for one in said.NO_SPEECH if not said.is_used(one)] == []


def test_the_japanese_has_the_places_of_the_english() -> None:
    """No value is lost or made up, and none stands there that the sentence does not have."""
    assert {one: told for one, told in TEMPLATES.items() if _places(one) != _places(told)} == {}


def test_the_japanese_is_japanese() -> None:
    """But where nothing can be said otherwise, such as a command."""
    commands = re.compile(r"make \w+|\{1\}(?::| -).*")
    assert [one for one, told in TEMPLATES.items() if told.isascii() and not commands.fullmatch(told)] == []


def test_no_sentence_is_said_without_politeness() -> None:
    """A whole sentence ends as one speaks to a customer: never in である or だ."""
    assert [told for told in TEMPLATES.values() if re.search(r"(である|のだ|だった|した方がいい)。?$", told)] == []


def test_the_reasons_of_all_rules_have_their_japanese() -> None:
    """The why of every expectation in the suites is shown to people, too."""
    assert [why for why in sorted(said.whys()) if speech.spoken(why, "ja") == why] == []


_TEXT = st.text("äß漢字-_/0123", min_size=1, max_size=8).filter(lambda text: not text[0].isdigit())  # after a number


@given(st.sampled_from(sorted(one for one in TEMPLATES if _places(one))), st.data())
@example("{1}: {2} sent by {3}: {4}.", None).via("the README")
def test_the_values_are_kept(template: str, data: st.DataObject | None) -> None:
    """Whatever the values are, the Japanese has them; and what is a number in the source is one."""
    values: dict[str, str] = {}

    def filled(place: re.Match[str]) -> str:
        value = "1,234" if place[2] == ":," or data is None else data.draw(_TEXT)
        return values.setdefault(place[1], value)

    sentence = speech.PLACE.sub(filled, template)
    told = speech.spoken(sentence, "ja")
    assert told != sentence
    assert all(value in told for value in values.values())


_SPOKEN = {
    "indented": ("  excluded 2 of contacts by rule own_domain", "  除外: contacts 2 件 (規則 own_domain)"),
    "after its stage": ("load        to sandbox «X», org 5", "load        登録先: サンドボックス «X»、組織 5"),
    "a sentence in a sentence": (
        "Contacts: 28 rows sent by the records API: it costs 4 credits, bulk write would cost 1,007.",
        "Contacts: 28 件をレコード API で送りました (クレジットは 4 で、一括書き込みでは 1,007 になります)。",
    ),
    "lines": (
        "Mend it and run again.\nCopy it again.",
        "直してからもう一度実行してください。\nもう一度コピーしてください。",
    ),
    "counts in a sentence": (
        "  Events: 1,019 participants: 1,011 contacts, 1 lead, 7 users, 0 by address only; nobody was invited.",
        "  Events: 参加者 1,019 人: 連絡先 1,011、見込み客 1、ユーザー 7、アドレスのみ 0。誰にも招待は送っていません。",
    ),
    "a run of the list": (
        "  RUN=3  2026-05-20T00:00:00+00:00, ended 2026-05-20T00:01:00+00:00: Tasks 8 created, Events 1 in doubt",
        "  RUN=3  開始 2026-05-20T00:00:00+00:00、終了 2026-05-20T00:01:00+00:00、内訳 Tasks 作成 8、Events 結果不明 1",
    ),
    "a run taken back": (
        "  RUN=3  2026-05-20T00:00:00+00:00, interrupted: Tasks 8 created; rolled back 2026-05-21T00:00:00+00:00",
        "  RUN=3  開始 2026-05-20T00:00:00+00:00、中断、内訳 Tasks 作成 8。取り消し 2026-05-21T00:00:00+00:00",
    ),
    "how bad a finding is, as wide": ("look  Mend it and run again.", "確認  直してからもう一度実行してください。"),
    "alternatives": (
        "There is no setting zoo. Did you mean zoho or outlook?",
        "設定 zoo はありません。zoho、outlook のことですか。",
    ),
    "no value before": ("      rule line_ends: nothing -> «b»", "      規則 line_ends: なし -> «b»"),
    "unknown": ("What nobody translated stays.", "What nobody translated stays."),
    "a quoted value is not touched": (
        "      instead of «Mend it and run again.»",
        "      以前の値 «Mend it and run again.»",
    ),
    "the system's own words": (
        "quarantined: a: b.pdf: It cannot be looked at (Permission denied).",
        "隔離: a: b.pdf: 調べられません (アクセス権がありません)。",
    ),
}


@pytest.mark.parametrize(("english", "japanese"), [pytest.param(*pair, id=name) for name, pair in _SPOKEN.items()])
def test_spoken(english: str, japanese: str) -> None:
    """What is said is looked up where it is shown; English is as the source says it."""
    assert speech.spoken(english, "ja") == japanese
    assert speech.spoken(english, "en") == english


_NEEDS_LOAD = (
    ["plan"],
    ["doctor"],
    ["why", "6113992000001000001"],
    ["why", "eva@kunde.example"],
    ["verify"],
    ["rollback"],
    ["rollback", "--run", "99"],
    ["rollback", "--run", "1", "--dry-run"],
    ["rehearse"],
    ["nonsense"],
)


def test_no_english_is_left_when_a_load_is_looked_at_and_taken_back(tmp_path: Path) -> None:
    """What follows a load, and what is wrong with a command, is said in Japanese to its last line."""
    inbox = tmp_path / "data" / "inbox"
    inbox.mkdir(parents=True)
    rows = '"First Name","Last Name","E-mail Address","Company"\n"Eva","Muster","eva@kunde.example","Kunde"\n'
    (inbox / "people.csv").write_text(rows, encoding="utf-8")
    (inbox / "notes.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    said_ = {words_[-1]: _in_japanese(tmp_path, *words_) for words_ in (["extract"], ["transform"], ["load"])}
    said_ |= {" ".join(words_): _in_japanese(tmp_path, *words_) for words_ in _NEEDS_LOAD}
    (tmp_path / "pipeline.toml").write_text("[outlok]\n", encoding="utf-8")
    said_["a setting"] = _in_japanese(tmp_path, "verify")
    assert {name: found for name, text in said_.items() if (found := line.english(text))} == {}
    assert {name: text for name, text in said_.items() if not text.strip()} == {}


def _in_japanese(project: Path, *words_: str) -> str:
    ended = line.run(project, *words_, environment={"LANGUAGE": "ja"})
    assert ended.code != 1, ended.err
    return ended.out + ended.err


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({"LANG": "ja_JP.UTF-8"}, "ja", id="the locale"),
        pytest.param({"LANG": "en_US.UTF-8", "LANGUAGE": "ja_JP:ja"}, "ja", id="LANGUAGE first, a list of gettext's"),
        pytest.param({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en", id="LC_ALL before LANG"),
        pytest.param({"LANG": "ja_JP.UTF-8", "LANGUAGE": "de"}, "en", id="one that we do not speak"),
        pytest.param({}, "en", id="none"),
    ],
)
def test_the_language_of_a_person(environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment tells which language somebody reads, as it tells every other program."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert words.chosen() == expected


@pytest.mark.parametrize("given_", [["--lang", "ja", "load"], ["--lang=ja", "--help"], ["--quiet", "--lang", "ja_JP"]])
def test_the_language_is_known_before_the_command_line_is_read(given_: list[str]) -> None:
    """Help and what is wrong with the command line itself are said in the language asked for."""
    assert usage.asked(given_) == "ja"


@given(st.text("出予定表 abc、。()", max_size=200))
def test_folded_help(text: str) -> None:
    """No line is wider than the column but by a mark that may not begin one, and no letter is lost."""
    lines = usage.folded(text, 20).split("\n")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("environment", "first"),
    [
        pytest.param({"LANG": "ja_JP.UTF-8"}, "コマンドの一覧", id="the locale"),
        pytest.param({"LANGUAGE": "ja"}, "コマンドの一覧", id="LANGUAGE"),
        pytest.param({"LANG": "ja_JP.UTF-8", "LANGUAGE": "en_US:en"}, "List the targets", id="English asked for"),
        pytest.param({}, "List the targets", id="none"),
    ],
)
def test_make_help_is_japanese_too(environment: dict[str, str], first: str) -> None:
    """The list of what make can do has every target, in the language of the person."""
    makefile = (said.ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)
    ended = subprocess.run(
        ["make", "help"],
        cwd=said.ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=line.clean_environment() | environment,
        encoding="utf-8",
    )
    lines = [text.split(maxsplit=1) for text in ended.stdout.splitlines()]
    assert [name for name, *_ in lines] == targets
    assert all(len(parts) == 2 for parts in lines), "a target lacks its line in .ci/help.ja"
    assert lines[0][1].startswith(first)


def test_the_workers_do_not_pay_for_it() -> None:
    """What reads stores and cleans rows in other processes imports nothing of the report."""
    script = "import sys; import pipeline.extract.worker, pipeline.transform, pipeline.load; "
    script += "print([name for name in sys.modules if name.startswith('pipeline.report')])"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("said", "english", "japanese"),
    [
        (
            "Invalid value for '--run': Input should be a valid integer, unable to parse string as an integer",
            "Invalid value for RUN= (--run): Input should be a valid integer.",
            "RUN= (--run) の値が正しくありません: 整数を指定してください。",
        ),
        (
            "Invalid value for '--first': Value error, '2026-02-30' does not match the formats '%Y-%m-%d'.",
            "Invalid value for FROM= (--first): '2026-02-30' is no day (such as 2020-01-31).",
            "FROM= (--first) の値が正しくありません: '2026-02-30' は日付ではありません (例: 2020-01-31)。",
        ),
        (
            "Invalid value for '--project': dir '/c/kaede' does not exist.",
            "Invalid value for PROJECT= (--project): there is no directory '/c/kaede'.",
            "PROJECT= (--project) の値が正しくありません: ディレクトリー /c/kaede がありません。",
        ),
    ],
)
def test_a_wrong_value_is_named_by_the_variable_of_make(said: str, english: str, japanese: str) -> None:
    """Who ran make gave RUN=, and never saw an option."""
    assert usage.misused(said) == english
    assert speech.spoken(english, "ja") == japanese


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("it costs 1 credits, bulk write would cost 503", "it costs 1 credit, bulk write would cost 503"),
        ("To send: 1 credits, 1 calls, about 1 min.", "To send: 1 credit, 1 call, about 1 min."),
        ("To send: 21 credits, 1,001 calls, about 1 min.", "To send: 21 credits, 1,001 calls, about 1 min."),
        ("1 rejected items: a.csv and b.xlsx", "1 rejected item: a.csv and b.xlsx"),
        ("a.pst: 1 items were read by the second reader, pypff", "a.pst: 1 item was read by the second reader, pypff"),
        ("excluded 1 of other items by rule class_note", "excluded 1 of other items by rule class_note"),
        ("Email = «1 items», of 1 records", "Email = «1 items», of 1 record"),
    ],
)
def test_one_is_not_several(said: str, shown: str) -> None:
    """English counts are said in the singular where they are one; what is quoted stays as it is."""
    assert speech.spoken(said, "en") == shown
