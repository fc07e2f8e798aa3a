"""Carries a rollback out: restores first, then deletions, children before parents; each noted before it goes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.load import values
from pipeline.load.client import UnansweredError, ZohoClient
from pipeline.load.course import LEFT_BY_PERSON, Course
from pipeline.load.ledger import Ledger
from pipeline.load.outcomes import Result
from pipeline.load.records import outcomes_of
from pipeline.load.rollback import memory
from pipeline.load.rollback.plan import Reference, Step, failed
from pipeline.targets import Kind

NOT_CLEAR = "answer_not_clear"
CHILD_LEFT = "child_was_not_removed"
REFUSED = "refused"
_NOT_THERE = "INVALID_DATA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """Carries out the steps of one rollback.

    `kinds`: module → field → kind; `order`: modules, children first; `most`: records of one request.
    """

    client: ZohoClient
    ledger: Ledger
    rollback: int
    kinds: Mapping[str, Mapping[str, Kind]]
    order: Sequence[str]
    most: int
    course: Course = field(default_factory=Course)

    def all(self, steps: Sequence[Step], references: Iterable[Reference]) -> list[tuple[Step, str]]:
        """Carry out every step; return each with what became of it: "" done, else a code.

        Raises:
            TargetError: the CRM cannot be used any more; what was done is in the ledger.
        """
        ties = Ties(steps, references)
        done = [(step, "") for step in steps if step.action in {"none", "keep"}]
        memory.settle(self.ledger, self.rollback, [one for one in steps if one.action == "none" and not one.kept])
        self.course.begin(sum(step.action in {"restore", "delete"} for step in steps))
        for action, send in (("restore", self._restore), ("delete", self._delete)):
            for batch in self._batches([step for step in steps if step.action == action]):
                done += self._left(batch) if self.course.is_stopped else self._sent(batch, send, ties)
                self.course.went(len(batch))
        return done

    @staticmethod
    def _left(batch: Sequence[Step]) -> list[tuple[Step, str]]:
        return [(failed(step, LEFT_BY_PERSON), LEFT_BY_PERSON) for step in batch]

    def _batches(self, steps: Sequence[Step]) -> Iterator[list[Step]]:
        for module in self.order:
            of_module = [step for step in steps if step.effect.module == module]
            for start in range(0, len(of_module), self.most):
                yield of_module[start : start + self.most]

    def _sent(
        self,
        batch: Sequence[Step],
        send: Callable[[Sequence[Step]], list[str]],
        ties: "Ties",
    ) -> list[tuple[Step, str]]:
        is_held = [step.action == "delete" and ties.hold(step) for step in batch]
        going = [step for step, held in zip(batch, is_held, strict=True) if not held]
        left = [(failed(step, CHILD_LEFT), CHILD_LEFT) for step, held in zip(batch, is_held, strict=True) if held]
        if not going:
            return left
        memory.intend(self.ledger, self.rollback, going)
        try:
            codes = send(going)
        except UnansweredError:
            return left + [(failed(step, NOT_CLEAR), NOT_CLEAR) for step in going]
        ended = list(zip(going, codes, strict=True))
        known = [(step, code) for step, code in ended if code not in {"", NOT_CLEAR}]
        memory.settle(self.ledger, self.rollback, [step for step, code in ended if not code], known)
        for step, code in ended:
            if not code:
                ties.cut(step)
        return left + [(failed(step, REFUSED) if code else step, code) for step, code in ended]

    def _restore(self, batch: Sequence[Step]) -> list[str]:
        module = batch[0].effect.module
        body = {
            "data": [self._record(step) for step in batch],
            "trigger": [],
            "skip_feature_execution": [{"name": "cadences"}],
        }
        answer = self.client.put(f"/crm/v8/{module}", body)
        ids = [step.effect.crm_id for step in batch]
        found = outcomes_of(answer, [step.effect.crm_key for step in batch], "update", "", ids)
        return [
            "" if one.result is Result.UPDATED else (NOT_CLEAR if one.result is Result.IN_DOUBT else one.code)
            for one in found
        ]

    def _record(self, step: Step) -> dict[str, Any]:
        kinds = self.kinds[step.effect.module]
        record: dict[str, Any] = {"id": step.effect.crm_id}
        for name, old in step.values.items():
            record[name] = old if old is None else values.as_json(kinds.get(name, Kind.TEXT), old)
        return record | ({"$send_notification": False} if step.effect.module == "Events" else {})

    def _delete(self, batch: Sequence[Step]) -> list[str]:
        """Delete; what the CRM does not find is asked for, since it may have gone by a request without an answer."""
        module, ids = batch[0].effect.module, [step.effect.crm_id for step in batch]
        answer = self.client.delete(module, ids)
        found = outcomes_of(answer, ids, "update", "", ids)
        return [
            ""
            if one.result is Result.UPDATED or (one.code == _NOT_THERE and self._is_gone(module, record_id))
            else (NOT_CLEAR if one.result is Result.IN_DOUBT else one.code)
            for one, record_id in zip(found, ids, strict=True)
        ]

    def _is_gone(self, module: str, record_id: str) -> bool:
        answer = self.client.get(f"/crm/v8/{module}/{record_id}", {"fields": "id"})
        return answer.status == 204  # noqa: PLR2004 - no content: there is no such record


class Ties:
    """Which records that should go, or point elsewhere, still point to which parents."""

    def __init__(self, steps: Sequence[Step], references: Iterable[Reference]) -> None:
        self._children: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._parents: dict[str, set[str]] = defaultdict(set)
        acting = {step.effect.crm_id: step for step in steps if step.action in {"delete", "restore"}}
        for one in references:
            child, parent = acting.get(one.record_id), acting.get(one.parent_id)
            if child is None or parent is None:
                continue
            if child.action == "delete" and child.effect.module == parent.effect.module:
                continue  # they go together
            self._children[one.parent_id].add((one.record_id, one.field))
            self._parents[one.record_id].add(one.parent_id)

    def hold(self, step: Step) -> bool:
        """Tell whether something still points to a record."""
        return bool(self._children.get(step.effect.crm_id))

    def cut(self, step: Step) -> None:
        """Note that a record is gone, or points nowhere by the fields that were restored."""
        child = step.effect.crm_id
        for parent in self._parents.get(child, ()):
            self._children[parent] = {
                one for one in self._children[parent] if one[0] != child or self._is_kept(step, one[1])
            }

    @staticmethod
    def _is_kept(step: Step, name: str) -> bool:
        return step.action == "restore" and name not in step.values
