"""Events (meetings): every row of the plug-in's event table; API names from zoho-api.md 5.3.

Bulk write does not take them (zoho-api.md 2.7), and participants are JSON anyway.
"""

from pipeline.targets import people
from pipeline.targets.target import Field, Kind, MatchKey, Target

EVENTS = Target(
    table="events",
    module="Events",
    source="events",
    fields=(
        Field(
            api_name="Event_Title", source="subject", length=255, is_required=True, label_en="Title", label_ja="件名"
        ),
        Field(
            api_name="Start_DateTime",
            source="start_at",
            kind=Kind.DATETIME,
            is_required=True,
            label_en="From",
            label_ja="開始日時",
        ),
        Field(
            api_name="End_DateTime",
            source="end_at",
            kind=Kind.DATETIME,
            is_required=True,
            label_en="To",
            label_ja="終了日時",
        ),
        Field(api_name="All_day", source="is_all_day", kind=Kind.BOOLEAN, label_en="All day", label_ja="終日"),
        Field(api_name="Venue", source="location", length=255, label_en="Location", label_ja="場所"),
        Field(api_name="Description", source="body", length=32000, label_en="Description", label_ja="詳細"),
        Field(
            api_name="Participants",
            source="attendees",
            kind=Kind.PARTICIPANTS,
            label_en="Participants",
            label_ja="参加者",
        ),
        # made by load: the contact, where exactly one takes part
        Field(
            api_name="Who_Id",
            source="",
            kind=Kind.LOOKUP,
            lookup="contacts",
            label_en="Contact Name",
            label_ja="連絡先名",
        ),
    ),
    # The plug-in's rule: with participants their addresses count too, and then whoever owns it.
    match=(
        MatchKey(
            fields=("Event_Title", "Start_DateTime", "End_DateTime"), only_without=("Participants",), within_owner=True
        ),
        MatchKey(fields=("Event_Title", "Start_DateTime", "End_DateTime", "Participants")),
    ),
    is_bulk=False,
    label_en="Meetings",
    label_ja="予定",
    asides=(people.CATEGORIES,),
)
