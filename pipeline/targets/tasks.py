"""Tasks: every row of the plug-in's task table; 開始日 has no target there ("-"), so it is counted, not sent.

API names and actual picklist values: zoho-api.md 5.2.
"""

from pipeline.targets import people
from pipeline.targets.target import Aside, Field, Kind, MatchKey, Target

TASKS = Target(
    table="tasks",
    module="Tasks",
    source="tasks",
    fields=(
        Field(api_name="Subject", source="subject", length=255, is_required=True, label_en="Subject", label_ja="件名"),
        Field(api_name="Due_Date", source="due_date", kind=Kind.DATE, label_en="Due Date", label_ja="期限"),
        Field(
            api_name="Status",
            source="status",
            kind=Kind.PICKLIST,
            values=(
                ("not_started", "Not Started"),
                ("deferred", "Deferred"),
                ("in_progress", "In Progress"),
                ("completed", "Completed"),
                ("waiting", "Waiting for input"),
            ),
            label_en="Status",
            label_ja="ステータス",
        ),
        Field(
            api_name="Priority",
            source="importance",
            kind=Kind.PICKLIST,
            values=(("high", "High"), ("normal", "Normal"), ("low", "Low")),
            label_en="Priority",
            label_ja="優先度",
        ),
        # by name, found by load: what Outlook names in a task
        Field(
            api_name="Who_Id", source="", kind=Kind.LOOKUP, lookup="contacts", label_en="Contact", label_ja="連絡先名"
        ),
        Field(
            api_name="What_Id",
            source="",
            kind=Kind.LOOKUP,
            lookup="accounts",
            label_en="Related To",
            label_ja="関連先",
        ),
        Field(api_name="Description", source="body", length=32000, label_en="Description", label_ja="詳細"),
    ),
    match=(MatchKey(fields=("Subject", "Due_Date"), within_owner=True),),
    is_bulk=True,
    label_en="Tasks",
    label_ja="タスク",
    asides=(
        people.CATEGORIES,
        Aside(source="contact_names", label_en="Contacts", label_ja="連絡先"),
        Aside(source="companies", label_en="Company", label_ja="会社名"),
        Aside(source="completed_date", label_en="Date completed", label_ja="完了日"),
    ),
)
