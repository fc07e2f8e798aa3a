"""Who reports to whom: written in a second pass, once the contacts have ids (design.md section 7).

In orgs of today `Reporting_To` is a look-up to contacts, in old ones `Reports_To` is text of 50 characters
(reference/zoho-api.md 5.1: the type depends on the age of the org); which one an org has, its metadata say.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.load import decide as deciding
from pipeline.load import form
from pipeline.load.decide import Decision
from pipeline.load.form import Form, Links
from pipeline.load.match import Found, Index, Memory
from pipeline.load.org import OrgField
from pipeline.load.rows import Row
from pipeline.load.snapshot import Records
from pipeline.targets import CONTACTS, Field, Kind, Target

LOOKUP, TEXT = "Reporting_To", "Reports_To"
TITLE = "managers"  # of contacts, as the summary names them
_LONGEST = 50


def target_of(org_fields: Mapping[str, OrgField]) -> Target:
    """Return contacts as the second pass writes them: one field, of the kind that the org has."""
    if LOOKUP not in org_fields and TEXT in org_fields:
        field = Field(api_name=TEXT, source="", length=_LONGEST, label_en="Reports To", label_ja="上司")
    else:
        field = Field(
            api_name=LOOKUP,
            source="",
            kind=Kind.LOOKUP,
            lookup=CONTACTS.table,
            label_en="Reporting To",
            label_ja="上司",
        )
    return replace(CONTACTS, fields=(field,), match=(), asides=())


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondPass:
    """The second pass over contacts.

    `target`: what `target_of` returned; `org_fields`: the fields of contacts in the org; `records`: the contacts of the
    CRM; `memory`: what the ledger knows of contacts; `links`: what look-ups point to; `policies`: field → update
    policy, where the settings ask for another than the usual one.
    """

    target: Target
    org_fields: Mapping[str, OrgField]
    records: Records
    memory: Memory
    links: Links
    policies: Mapping[str, str]

    def decisions(self, first: Sequence[Decision]) -> Iterator[Decision]:
        """Yield what is to be done about the manager of each contact that has one and is, or will be, in the CRM."""
        led = [one for one in first if one.row.manager not in {"", one.row.cluster_key}]
        led = [one for one in led if one.action == "create" or one.crm_id]
        index = Index(self.target, self.records, "", asked=self.policies)
        held_against = form.of(self.target, self.org_fields)
        (field,) = self.target.fields
        names = {one.row.cluster_key: _name(one) for one in first} if field.kind is Kind.TEXT else None
        for one in led:
            value = one.row.manager if names is None else names.get(one.row.manager, "")[:_LONGEST]
            row = one.row._replace(values={field.api_name: value} if value else {})
            if one.crm_id:
                found = Found(row=row, crm_key=one.crm_key, crm_id=one.crm_id, memory=self.memory.records)
                yield from deciding.decided([found], index, self.org_fields, self.links, frozenset())
            else:
                yield self._of_new(row, one.crm_key, held_against)

    def _of_new(self, row: Row, crm_key: str, held_against: Form) -> Decision:
        """Return the decision on a contact that the first pass creates: it gets its id only then."""
        held, remarks = held_against.prepared(row, self.links)
        return Decision(row=row, crm_key=crm_key, action="update" if held else "", values=held, remarks=tuple(remarks))


def _name(one: Decision) -> str:
    return " ".join(str(one.row.values[name]) for name in ("Last_Name", "First_Name") if one.row.values.get(name))
