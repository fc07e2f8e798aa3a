"""What load, rollback and verify say of records."""

import pyarrow as pa

from pipeline.schemas.kinds import columns

# What load did with every ready row of one run, kept beside the ledger.
#   result   created | updated | unchanged | skipped | failed | in doubt; code, field: why, for the last three
OUTCOMES = pa.schema([*columns("module cluster_key crm_key crm_id result code field")])

# What load left out or kept of single fields. rule: conflict (a person changed it after us; it was kept),
# value_not_in_picklist, field_not_in_org, parent_not_sent, owner_not_active, too_many_participants,
# participant_without_address, several_of_the_address, several_of_the_name, nobody_of_the_name,
# other_record_of_the_same (theirs: its CRM id; clusters that became one had a record each, and it is left as it is)
REMARKS = pa.schema([*columns("module cluster_key crm_key rule field ours theirs")])

# What a load would do, one row a ready row, in the order of modules and rows; beside the ledger, by the plan's hash.
#   action  create | update | unchanged | unsure | skipped | in doubt; code, field: why, for the last three
#   module  of a second pass over a module what that is called (managers)
#   title   what a person calls the record; hint: the other fields by which it is known, as an address or a date
PLAN = pa.schema([*columns("module mailbox owner cluster_key crm_key crm_id action code field title hint")])

# The fields of a plan. rule: write (`new` takes the place of `old`, null where there is none), one of REMARKS, or
# several_contacts (an address of `new` belongs to several contacts; the one created first takes part)
PLAN_FIELDS = pa.schema([*columns("module cluster_key field rule old new")])

# What a rollback did with every record of a run, a row for each field that it restored or that stays.
#   action  delete | restore | none (nothing was left to do) | keep; why: restored, or why it stays
#   result  planned | done | failed; code: why it failed; detail: the later run, or the child in the way
ROLLBACK = pa.schema([*columns("module crm_key crm_id action result code field why detail")])

# Where the CRM holds something else than was sent, as far as a later look shows. what: changed | emptied | missing (the
# record is not there; field is null); modified_at, modified_by: of the record, as the CRM tells
DIFFERENCES = pa.schema([*columns("module crm_key crm_id what field ours theirs modified_at modified_by")])
