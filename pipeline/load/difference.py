"""What a verification finds: one field that the CRM holds otherwise than it was sent, or a record that is gone."""

from dataclasses import dataclass

from pipeline.load.values import Value

CHANGED, EMPTIED, MISSING = "changed", "emptied", "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that the CRM holds otherwise than it was sent; of a record that is missing, `field` is "".

    `modified_at`: when the record was changed last as the CRM tells, "" where it does not; `by`: the user's id.
    """

    module: str
    crm_key: str
    crm_id: str
    what: str
    field: str = ""
    ours: Value = None
    theirs: Value = None
    modified_at: str = ""
    by: str = ""
