"""Clusters of drafts that are one thing, and a decision for every merge and every doubt.

The result depends on the set of drafts only: neither on their order nor on that of the files.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pipeline.transform.draft import Decision, Draft
from pipeline.transform.identity import Identity, Rules
from pipeline.transform.overrides import RULE as OVERRIDE
from pipeline.transform.overrides import Override

SAME = "same"
UNSURE = "unsure"
DIFFERENT = "different"
Cluster = tuple[Draft, ...]  # by source_key
_Pair = tuple[Draft, Identity]
_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Deduplicated:
    """Every draft in exactly one cluster, by the cluster's smallest source_key; and the decisions that led there."""

    clusters: tuple[Cluster, ...]
    decisions: tuple[Decision, ...]


def deduplicate(
    drafts: Sequence[Draft], identities: Sequence[Identity], rules: Rules, overrides: Sequence[Override] = ()
) -> Deduplicated:
    """Put drafts that are the same thing together; `identities` in the order of `drafts`; overrides win."""
    pairs = sorted(zip(drafts, identities, strict=True), key=lambda pair: pair[0].origin.source_key)
    decisions: list[Decision] = []
    addressed = [pair for pair in pairs if pair[1].strong is not None]
    strong = _strong(addressed, rules, decisions)
    others = [pair for pair in pairs if pair[1].strong is None]
    clusters = _join(strong, _weak(others, rules, decisions), rules, decisions)
    clusters = _overruled(clusters, overrides, decisions)
    decisions += _doubts(clusters, rules)
    drafts_only = [tuple(draft for draft, _ in cluster) for cluster in clusters]
    return Deduplicated(tuple(sorted(drafts_only, key=_first_key)), tuple(sorted(decisions, key=_decision_key)))


def _strong(pairs: Iterable[_Pair], rules: Rules, decisions: list[Decision]) -> list[list[_Pair]]:
    clusters: list[list[_Pair]] = []
    for key, group in _groups(pairs, lambda pair: pair[1].strong).items():
        parties = _parties(group)
        clusters += parties
        for party in parties:
            decisions += _between(party[0], party[1:], SAME, rules.strong, key or "")
        others = [party[0] for party in parties[1:]]
        decisions += _between(parties[0][0], others, UNSURE, rules.conflict, key or "")
    return clusters


def _parties(group: Sequence[_Pair]) -> list[list[_Pair]]:
    """Part a group by party; who has none joins the only one there is, else stays apart."""
    parties = _groups(group, lambda pair: pair[1].party)
    if "" in parties and len(parties) == 2:  # noqa: PLR2004 - the neutral ones and one party
        return [list(group)]
    return list(parties.values())


def _weak(pairs: Iterable[_Pair], rules: Rules, decisions: list[Decision]) -> list[list[_Pair]]:
    """Group by the weak key; a draft without one is alone."""
    groups = _groups(pairs, lambda pair: (pair[1].weak or "", "" if pair[1].weak else pair[0].origin.source_key))
    for (key, _), group in groups.items():
        decisions += _between(group[0], group[1:], SAME, rules.weak, key)
    return list(groups.values())


def _join(
    strong: list[list[_Pair]], weak: list[list[_Pair]], rules: Rules, decisions: list[Decision]
) -> list[list[_Pair]]:
    """Let each weak group join the only strong cluster that has its key."""
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for number, cluster in enumerate(strong):
        for held in sorted({identity.weak for _, identity in cluster if identity.weak is not None}):
            holders[held].append(number)
    clusters = [list(cluster) for cluster in strong]
    for group in weak:
        key = group[0][1].weak
        found = holders.get(key, []) if key is not None else []
        if len(found) == 1:
            decisions += _between(strong[found[0]][0], group[:1], SAME, rules.joins, key or "")
            clusters[found[0]] += group
        else:
            for number in found:
                decisions += _between(strong[number][0], group[:1], UNSURE, rules.several, key or "")
            clusters.append(group)
    return [sorted(cluster, key=lambda pair: pair[0].origin.source_key) for cluster in clusters]


def _overruled(
    clusters: list[list[_Pair]], overrides: Sequence[Override], decisions: list[Decision]
) -> list[list[_Pair]]:
    """Take apart what a person called different, then put together what a person called the same."""
    if not overrides:
        return clusters
    pairs = {pair[0].origin.source_key: pair for cluster in clusters for pair in cluster}
    known = [one for one in sorted(overrides) if one.left in pairs and one.right in pairs]
    apart = {(one.left, one.right) for one in known if not one.is_same}
    home = {key: number for number, cluster in enumerate(_parted(clusters, apart)) for key in cluster}
    for one in known:
        if one.is_same:
            old, new = home[one.right], home[one.left]
            home |= {key: new for key, number in home.items() if number == old}
        verdict = SAME if one.is_same else DIFFERENT
        decisions += _between(pairs[one.left], [pairs[one.right]], verdict, OVERRIDE, "")
    found: defaultdict[int, list[_Pair]] = defaultdict(list)
    for key in sorted(home):
        found[home[key]].append(pairs[key])
    return list(found.values())


def _parted(clusters: Iterable[Sequence[_Pair]], apart: set[tuple[str, str]]) -> list[list[str]]:
    """Return the keys of each cluster; of two that are different the greater goes to the first party it fits."""
    found: list[list[str]] = []
    for cluster in clusters:
        parties: list[list[str]] = []
        for key in sorted(pair[0].origin.source_key for pair in cluster):
            fitting = (party for party in parties if not any((other, key) in apart for other in party))
            party = next(fitting, None)
            if party is None:
                parties.append([key])
            else:
                party.append(key)
        found += parties
    return found


def _doubts(clusters: Iterable[Sequence[_Pair]], rules: Rules) -> list[Decision]:
    doubtful = [cluster[0] for cluster in clusters if cluster[0][1].doubt is not None]
    decisions: list[Decision] = []
    for key, group in _groups(doubtful, lambda pair: pair[1].doubt).items():
        ordered = sorted(group, key=lambda pair: pair[0].origin.source_key)
        decisions += _between(ordered[0], ordered[1:], UNSURE, rules.doubt, key or "")
    return decisions


def _groups(pairs: Iterable[_Pair], key: Callable[[_Pair], _Key]) -> dict[_Key, list[_Pair]]:
    groups: defaultdict[_Key, list[_Pair]] = defaultdict(list)
    for pair in pairs:
        groups[key(pair)].append(pair)
    return groups


def _between(left: _Pair, others: Iterable[_Pair], verdict: str, rule: str, evidence: str) -> list[Decision]:
    return [
        Decision(left=left[0].origin, right=right[0].origin, verdict=verdict, rule=rule, evidence=evidence)
        for right in others
    ]


def _first_key(cluster: Cluster) -> str:
    return cluster[0].origin.source_key


def _decision_key(decision: Decision) -> tuple[str, str, str]:
    return decision.left.source_key, decision.right.source_key, decision.rule
