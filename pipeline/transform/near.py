"""Contacts of one company that have nearly the same name: the pairs, and the crowds that are not looked at in pairs."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import combinations, product
from typing import Any

from pipeline.clean import likeness

NEAR_NAME = "near_name_in_company"
CROWD = "many_near_names_in_company"
# More contacts than that with one name in one company, or names of one kind, are listed once, not in all their pairs.
MOST_ALIKE = 40
_FEW = 6  # of so few names, every two are looked at

Row = dict[str, Any]
Pair = tuple[Row, Row, str, str]  # both contacts, rule, evidence
_Name = tuple[str, str]  # last and first, each as likeness.name gives it


def pairs(rows: Sequence[Row], _key: int) -> Iterator[Pair]:
    """Yield the pairs of near names in one company, and one pair for each crowd."""
    companies: defaultdict[str, list[Row]] = defaultdict(list)
    for row in once(rows):
        companies[row["company"]].append(row)
    for members in companies.values():
        yield from _in_company(members)


def once(rows: Iterable[Row]) -> list[Row]:
    """Return each contact once, by its key."""
    found = {row["cluster_key"]: row for row in rows}
    return [found[key] for key in sorted(found)]


def _in_company(members: Sequence[Row]) -> Iterator[Pair]:
    people: defaultdict[_Name, list[Row]] = defaultdict(list)
    for row in members:
        people[likeness.name(row["last"]), likeness.name(row["first"])].append(row)
    for name, namesakes in people.items():
        if len(namesakes) > MOST_ALIKE:
            yield _crowd(namesakes)
        elif likeness.are_near(name, name):
            yield from (_pair(*both) for both in combinations(namesakes, 2))
    found, crowds = candidates(sorted(people))
    for one, other in sorted(found):
        if likeness.are_near(one, other):
            if len(people[one]) * len(people[other]) > MOST_ALIKE:
                yield _crowd([*people[one], *people[other]])
            else:
                yield from (_pair(*both) for both in product(people[one], people[other]))
    yield from (_crowd([row for name in crowd for row in people[name]]) for crowd in crowds)


def candidates(names: Sequence[_Name]) -> tuple[set[tuple[_Name, _Name]], list[Sequence[_Name]]]:
    """Return the pairs of different names that could be near (likeness.are_near), and what is too many for pairs.

    Of two names with one slip, one is the other without a letter, or both are the same without one. The others are the
    same in whichever order, or with an initial for the first.
    """
    if len(names) <= _FEW:
        return set(combinations(names, 2)), []
    alike: defaultdict[str, list[_Name]] = defaultdict(list)
    for one in names:
        text = "".join(one)
        shorter = {text[:n] + text[n + 1 :] for n in range(len(text))}
        for key in {text, likeness.whole(*one), *shorter}:
            alike[key].append(one)
    groups = [group for group in alike.values() if len(group) > 1]
    found = {both for group in groups if len(group) <= MOST_ALIKE for both in combinations(group, 2)}
    return found | _initials(names), [group for group in groups if len(group) > MOST_ALIKE]


def _initials(names: Sequence[_Name]) -> set[tuple[_Name, _Name]]:
    """Return each name that has an initial for the first with all names that it may stand for."""
    short: defaultdict[_Name, list[_Name]] = defaultdict(list)
    for last, first in names:
        short[last, first[:1]].append((last, first))
    found = {(one, other) for one in names if len(one[1]) == 1 for other in short[one] if one != other}
    return {(min(both), max(both)) for both in found}


def _crowd(members: Collection[Row]) -> Pair:
    """Return the first two of many as the pair that stands for all."""
    first, second, *_ = once(members)
    return first, second, CROWD, f"{len(members)} contacts: {_shown(first)}"


def _pair(one: Row, other: Row) -> Pair:
    left, right = sorted((one, other), key=lambda row: str(row["cluster_key"]))
    return left, right, NEAR_NAME, f"{_shown(left)} = {_shown(right)}"


def _shown(row: Row) -> str:
    return " ".join(part for part in (row["last"], row["first"]) if part)
