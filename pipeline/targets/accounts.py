"""Accounts: the companies that the contacts name. Reference: the plug-in's page (組織名 → 取引先名)."""

from pipeline.targets.target import Field, MatchKey, Overflow, Target

ACCOUNTS = Target(
    table="accounts",
    module="Accounts",
    source="contacts",
    fields=(
        Field(
            api_name="Account_Name",
            source="company",
            length=200,
            is_required=True,
            overflow=Overflow.REJECT,
            label_en="Account Name",
            label_ja="取引先名",
        ),
    ),
    match=(MatchKey(fields=("Account_Name",)),),
    is_bulk=True,
    label_en="Accounts",
    label_ja="取引先",
)
