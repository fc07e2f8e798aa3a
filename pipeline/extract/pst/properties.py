"""The MAPI properties that reach an extracted table, as data (reference/mapi-properties.md, [MS-OXPROPS]).

To use another one: a row here (and, when it needs composing, a line where its column is made).
"""

from collections.abc import Mapping, Sequence

from pipeline.extract.pst.property_kinds import Kind, Property
from pipeline.extract.pst.property_names import ADDRESS, APPOINTMENT, COMMON, MEETING, PUBLIC_STRINGS, TASK, Key

_ITEM_TABLES = ("contacts", "tasks", "events", "messages", "lists")

# Copied as they are: name, key, kind, columns.
_COPIED: Sequence[tuple[str, Key, Kind, str]] = (
    ("PidTagDisplayName", 0x3001, Kind.TEXT, "contacts.display_name lists.name"),
    ("PidTagDisplayNamePrefix", 0x3A45, Kind.TEXT, "contacts.name_prefix"),
    ("PidTagGivenName", 0x3A06, Kind.TEXT, "contacts.given_name"),
    ("PidTagMiddleName", 0x3A44, Kind.TEXT, "contacts.middle_name"),
    ("PidTagSurname", 0x3A11, Kind.TEXT, "contacts.surname"),
    ("PidTagGeneration", 0x3A05, Kind.TEXT, "contacts.name_suffix"),
    ("PidTagNickname", 0x3A4F, Kind.TEXT, "contacts.nickname"),
    ("PidTagInitials", 0x3A0A, Kind.TEXT, "contacts.initials"),
    ("PidLidFileUnder", (ADDRESS, 0x8005), Kind.TEXT, "contacts.file_as lists.file_as"),
    ("PidLidYomiFirstName", (ADDRESS, 0x802C), Kind.TEXT, "contacts.yomi_given_name"),
    ("PidLidYomiLastName", (ADDRESS, 0x802D), Kind.TEXT, "contacts.yomi_surname"),
    ("PidLidYomiCompanyName", (ADDRESS, 0x802E), Kind.TEXT, "contacts.yomi_company"),
    ("PidTagCompanyName", 0x3A16, Kind.TEXT, "contacts.company"),
    ("PidTagDepartmentName", 0x3A18, Kind.TEXT, "contacts.department"),
    ("PidTagTitle", 0x3A17, Kind.TEXT, "contacts.job_title"),
    ("PidTagOfficeLocation", 0x3A19, Kind.TEXT, "contacts.office"),
    ("PidTagProfession", 0x3A46, Kind.TEXT, "contacts.profession"),
    ("PidTagBusinessTelephoneNumber", 0x3A08, Kind.TEXT, "contacts.business_phone"),
    ("PidTagBusiness2TelephoneNumber", 0x3A1B, Kind.TEXT, "contacts.business2_phone"),
    ("PidTagHomeTelephoneNumber", 0x3A09, Kind.TEXT, "contacts.home_phone"),
    ("PidTagHome2TelephoneNumber", 0x3A2F, Kind.TEXT, "contacts.home2_phone"),
    ("PidTagMobileTelephoneNumber", 0x3A1C, Kind.TEXT, "contacts.mobile_phone"),
    ("PidTagOtherTelephoneNumber", 0x3A1F, Kind.TEXT, "contacts.other_phone"),
    ("PidTagPrimaryTelephoneNumber", 0x3A1A, Kind.TEXT, "contacts.primary_phone"),
    ("PidTagCompanyMainTelephoneNumber", 0x3A57, Kind.TEXT, "contacts.company_main_phone"),
    ("PidTagAssistantTelephoneNumber", 0x3A2E, Kind.TEXT, "contacts.assistant_phone"),
    ("PidTagCarTelephoneNumber", 0x3A1E, Kind.TEXT, "contacts.car_phone"),
    ("PidTagCallbackTelephoneNumber", 0x3A02, Kind.TEXT, "contacts.callback_phone"),
    ("PidTagPagerTelephoneNumber", 0x3A21, Kind.TEXT, "contacts.pager"),
    ("PidTagRadioTelephoneNumber", 0x3A1D, Kind.TEXT, "contacts.radio_phone"),
    ("PidTagIsdnNumber", 0x3A2D, Kind.TEXT, "contacts.isdn"),
    ("PidTagTelexNumber", 0x3A2C, Kind.TEXT, "contacts.telex"),
    ("PidTagTelecommunicationsDeviceForDeafTelephoneNumber", 0x3A4B, Kind.TEXT, "contacts.tty_phone"),
    ("PidTagBusinessFaxNumber", 0x3A24, Kind.TEXT, "contacts.business_fax"),
    ("PidTagHomeFaxNumber", 0x3A25, Kind.TEXT, "contacts.home_fax"),
    ("PidTagPrimaryFaxNumber", 0x3A23, Kind.TEXT, "contacts.other_fax"),
    ("PidTagAssistant", 0x3A30, Kind.TEXT, "contacts.assistant"),
    ("PidTagManagerName", 0x3A4E, Kind.TEXT, "contacts.manager"),
    ("PidTagSpouseName", 0x3A48, Kind.TEXT, "contacts.spouse"),
    ("PidTagReferredByName", 0x3A47, Kind.TEXT, "contacts.referred_by"),
    ("PidLidInstantMessagingAddress", (ADDRESS, 0x8062), Kind.TEXT, "contacts.im_address"),
    ("PidTagLanguage", 0x3A0C, Kind.TEXT, "contacts.language"),
    ("PidTagLocation", 0x3A0D, Kind.TEXT, "contacts.location"),
    ("PidTagHobbies", 0x3A43, Kind.TEXT, "contacts.hobby"),
    ("PidTagAccount", 0x3A00, Kind.TEXT, "contacts.account"),
    ("PidTagCustomerId", 0x3A4A, Kind.TEXT, "contacts.customer_id"),
    ("PidTagGovernmentIdNumber", 0x3A07, Kind.TEXT, "contacts.government_id"),
    ("PidTagOrganizationalIdNumber", 0x3A10, Kind.TEXT, "contacts.organizational_id"),
    ("PidTagKeyword", 0x3A0B, Kind.TEXT, "contacts.keywords"),
    ("PidLidFreeBusyLocation", (ADDRESS, 0x80D8), Kind.TEXT, "contacts.free_busy_url"),
    ("PidLidContactUserField1", (ADDRESS, 0x804F), Kind.TEXT, "contacts.user1"),
    ("PidLidContactUserField2", (ADDRESS, 0x8050), Kind.TEXT, "contacts.user2"),
    ("PidLidContactUserField3", (ADDRESS, 0x8051), Kind.TEXT, "contacts.user3"),
    ("PidLidContactUserField4", (ADDRESS, 0x8052), Kind.TEXT, "contacts.user4"),
    ("PidTagBirthday", 0x3A42, Kind.TIME, "contacts.birthday_at"),
    ("PidTagWeddingAnniversary", 0x3A41, Kind.TIME, "contacts.anniversary_at"),
    (
        "PidLidBilling",
        (COMMON, 0x8535),
        Kind.TEXT,
        "contacts.billing_information tasks.billing_information events.billing_information",
    ),
    ("PidLidMileage", (COMMON, 0x8534), Kind.TEXT, "contacts.mileage tasks.mileage events.mileage"),
    ("PidLidPercentComplete", (TASK, 0x8102), Kind.FLOAT, "tasks.percent_complete"),
    ("PidLidTaskDateCompleted", (TASK, 0x810F), Kind.TIME, "tasks.completed_at"),
    ("PidLidTaskComplete", (TASK, 0x811C), Kind.BOOLEAN, "tasks.is_complete"),
    ("PidLidTaskOwner", (TASK, 0x811F), Kind.TEXT, "tasks.owner_name"),
    ("PidLidTaskAssigner", (TASK, 0x8121), Kind.TEXT, "tasks.assigner_name"),
    ("PidLidTaskRole", (TASK, 0x8127), Kind.TEXT, "tasks.role"),
    ("PidLidTaskActualEffort", (TASK, 0x8110), Kind.INTEGER, "tasks.actual_work_minutes"),
    ("PidLidTaskEstimatedEffort", (TASK, 0x8111), Kind.INTEGER, "tasks.total_work_minutes"),
    ("PidLidTaskFRecurring", (TASK, 0x8126), Kind.BOOLEAN, "tasks.is_recurring"),
    ("PidLidTaskRecurrence", (TASK, 0x8116), Kind.BINARY, "tasks.recurrence"),
    ("PidLidContacts", (COMMON, 0x853A), Kind.TEXTS, "tasks.contact_names"),
    ("PidLidCompanies", (COMMON, 0x8539), Kind.TEXTS, "tasks.companies"),
    ("PidLidReminderSet", (COMMON, 0x8503), Kind.BOOLEAN, "tasks.has_reminder events.has_reminder"),
    ("PidLidReminderDelta", (COMMON, 0x8501), Kind.INTEGER, "events.reminder_minutes"),
    ("PidLidLocation", (APPOINTMENT, 0x8208), Kind.TEXT, "events.location"),
    ("PidLidAppointmentSubType", (APPOINTMENT, 0x8215), Kind.BOOLEAN, "events.is_all_day"),
    ("PidLidAppointmentSequence", (APPOINTMENT, 0x8201), Kind.INTEGER, "events.sequence"),
    ("PidLidRecurring", (APPOINTMENT, 0x8223), Kind.BOOLEAN, "events.is_recurring"),
    ("PidLidAppointmentRecur", (APPOINTMENT, 0x8216), Kind.BINARY, "events.recurrence"),
    ("PidLidRecurrencePattern", (APPOINTMENT, 0x8232), Kind.TEXT, "events.recurrence_text"),
    ("PidTagClientSubmitTime", 0x0039, Kind.TIME, "messages.sent_at"),
    ("PidTagMessageDeliveryTime", 0x0E06, Kind.TIME, "messages.received_at"),
    ("PidTagInReplyToId", 0x1042, Kind.TEXT, "messages.in_reply_to"),
    ("PidTagInternetReferences", 0x1039, Kind.TEXT, "messages.references"),
    ("PidTagTransportMessageHeaders", 0x007D, Kind.TEXT, "messages.headers"),
    ("PidTagConversationTopic", 0x0070, Kind.TEXT, "messages.conversation_topic"),
    ("PidTagMessageSize", 0x0E08, Kind.INTEGER, "messages.size"),
    ("PidNameKeywords", (PUBLIC_STRINGS, "Keywords"), Kind.TEXTS, "*.categories"),
    ("PidTagCreationTime", 0x3007, Kind.TIME, "*.created_at"),
    ("PidTagLastModificationTime", 0x3008, Kind.TIME, "*.modified_at"),
)

# Composed by code into these columns.
_COMPOSED: Sequence[tuple[str, Key, Kind, str]] = (
    ("PidTagMessageClass", 0x001A, Kind.TEXT, "*.message_class"),
    ("PidTagSearchKey", 0x300B, Kind.BINARY, "*.raw_key"),
    ("PidTagMessageCodepage", 0x3FFD, Kind.INTEGER, "*.(code_page)"),
    ("PidTagMessageLocaleId", 0x3FF1, Kind.INTEGER, "*.(code_page)"),
    ("PidTagInternetCodepage", 0x3FDE, Kind.INTEGER, "*.(code_page)"),
    ("PidTagSubject", 0x0037, Kind.TEXT, "tasks.subject events.subject messages.subject lists.name"),
    ("PidTagNormalizedSubject", 0x0E1D, Kind.TEXT, "tasks.subject events.subject messages.subject lists.name"),
    ("PidTagBody", 0x1000, Kind.TEXT, "contacts.notes tasks.body events.body messages.body_text lists.notes"),
    ("PidTagHtml", 0x1013, Kind.BODY, "contacts.notes tasks.body events.body messages.body_html lists.notes"),
    (
        "PidTagRtfCompressed",
        0x1009,
        Kind.BINARY,
        "contacts.notes tasks.body events.body messages.body_html lists.notes",
    ),
    ("PidTagSensitivity", 0x0036, Kind.INTEGER, "*.sensitivity"),
    ("PidLidPrivate", (COMMON, 0x8506), Kind.BOOLEAN, "*.is_private"),
    ("PidTagImportance", 0x0017, Kind.INTEGER, "*.importance"),
    *(
        (f"PidLidEmail{number}{part}", (ADDRESS, first + offset), Kind.TEXT, f"contacts.email{number}{column}")
        for number, first in ((1, 0x8080), (2, 0x8090), (3, 0x80A0))
        for part, offset, column in (
            ("DisplayName", 0, "_display"),
            ("AddressType", 2, "_type"),
            ("EmailAddress", 3, ""),
            ("OriginalDisplayName", 4, "_display"),
        )
    ),
    ("PidLidWorkAddress", (ADDRESS, 0x801B), Kind.TEXT, "contacts.business_street"),
    ("PidLidWorkAddressStreet", (ADDRESS, 0x8045), Kind.TEXT, "contacts.business_street"),
    ("PidLidWorkAddressCity", (ADDRESS, 0x8046), Kind.TEXT, "contacts.business_city"),
    ("PidLidWorkAddressState", (ADDRESS, 0x8047), Kind.TEXT, "contacts.business_state"),
    ("PidLidWorkAddressPostalCode", (ADDRESS, 0x8048), Kind.TEXT, "contacts.business_postal_code"),
    ("PidLidWorkAddressCountry", (ADDRESS, 0x8049), Kind.TEXT, "contacts.business_country"),
    ("PidLidWorkAddressPostOfficeBox", (ADDRESS, 0x804A), Kind.TEXT, "contacts.business_po_box"),
    ("PidLidHomeAddress", (ADDRESS, 0x801A), Kind.TEXT, "contacts.home_street"),
    ("PidTagHomeAddressStreet", 0x3A5D, Kind.TEXT, "contacts.home_street"),
    ("PidTagHomeAddressCity", 0x3A59, Kind.TEXT, "contacts.home_city"),
    ("PidTagHomeAddressStateOrProvince", 0x3A5C, Kind.TEXT, "contacts.home_state"),
    ("PidTagHomeAddressPostalCode", 0x3A5B, Kind.TEXT, "contacts.home_postal_code"),
    ("PidTagHomeAddressCountry", 0x3A5A, Kind.TEXT, "contacts.home_country"),
    ("PidTagHomeAddressPostOfficeBox", 0x3A5E, Kind.TEXT, "contacts.home_po_box"),
    ("PidLidOtherAddress", (ADDRESS, 0x801C), Kind.TEXT, "contacts.other_street"),
    ("PidTagOtherAddressStreet", 0x3A63, Kind.TEXT, "contacts.other_street"),
    ("PidTagOtherAddressCity", 0x3A5F, Kind.TEXT, "contacts.other_city"),
    ("PidTagOtherAddressStateOrProvince", 0x3A62, Kind.TEXT, "contacts.other_state"),
    ("PidTagOtherAddressPostalCode", 0x3A61, Kind.TEXT, "contacts.other_postal_code"),
    ("PidTagOtherAddressCountry", 0x3A60, Kind.TEXT, "contacts.other_country"),
    ("PidTagOtherAddressPostOfficeBox", 0x3A64, Kind.TEXT, "contacts.other_po_box"),
    # The mailing address: a copy of one of the three, which PidLidPostalAddressId names.
    ("PidLidPostalAddressId", (ADDRESS, 0x8022), Kind.INTEGER, "contacts.(mailing address)"),
    ("PidTagStreetAddress", 0x3A29, Kind.TEXT, "contacts.(mailing address)"),
    ("PidTagLocality", 0x3A27, Kind.TEXT, "contacts.(mailing address)"),
    ("PidTagStateOrProvince", 0x3A28, Kind.TEXT, "contacts.(mailing address)"),
    ("PidTagPostalCode", 0x3A2A, Kind.TEXT, "contacts.(mailing address)"),
    ("PidTagCountry", 0x3A26, Kind.TEXT, "contacts.(mailing address)"),
    ("PidTagPostOfficeBox", 0x3A2B, Kind.TEXT, "contacts.(mailing address)"),
    ("PidTagPostalAddress", 0x3A15, Kind.TEXT, "contacts.(mailing address)"),
    ("PidLidBirthdayLocal", (ADDRESS, 0x80DE), Kind.TIME, "contacts.birthday_date"),
    ("PidLidWeddingAnniversaryLocal", (ADDRESS, 0x80DF), Kind.TIME, "contacts.anniversary_date"),
    ("PidTagChildrensNames", 0x3A58, Kind.TEXTS, "contacts.children"),
    ("PidTagGender", 0x3A4D, Kind.INTEGER, "contacts.gender"),
    ("PidTagBusinessHomePage", 0x3A51, Kind.TEXT, "contacts.web_page"),
    ("PidLidHtml", (ADDRESS, 0x802B), Kind.TEXT, "contacts.web_page"),
    ("PidTagPersonalHomePage", 0x3A50, Kind.TEXT, "contacts.web_page"),
    ("PidLidTaskStartDate", (TASK, 0x8104), Kind.TIME, "tasks.start_date"),
    ("PidLidTaskDueDate", (TASK, 0x8105), Kind.TIME, "tasks.due_date tasks.completed_date"),
    ("PidLidTaskStatus", (TASK, 0x8101), Kind.INTEGER, "tasks.status"),
    ("PidLidCommonStart", (COMMON, 0x8516), Kind.TIME, "tasks.completed_date events.start_at"),
    ("PidLidCommonEnd", (COMMON, 0x8517), Kind.TIME, "tasks.completed_date events.end_at"),
    ("PidLidReminderTime", (COMMON, 0x8502), Kind.TIME, "tasks.reminder_at events.reminder_at"),
    ("PidLidReminderSignalTime", (COMMON, 0x8560), Kind.TIME, "tasks.reminder_at events.reminder_at"),
    ("PidLidAppointmentStartWhole", (APPOINTMENT, 0x820D), Kind.TIME, "events.start_at"),
    ("PidLidAppointmentEndWhole", (APPOINTMENT, 0x820E), Kind.TIME, "events.end_at"),
    ("PidTagStartDate", 0x0060, Kind.TIME, "events.start_at"),
    ("PidTagEndDate", 0x0061, Kind.TIME, "events.end_at"),
    ("PidLidAppointmentDuration", (APPOINTMENT, 0x8213), Kind.INTEGER, "events.end_at"),
    ("PidLidWhere", (MEETING, 0x0002), Kind.TEXT, "events.location"),
    ("PidLidBusyStatus", (APPOINTMENT, 0x8205), Kind.INTEGER, "events.busy_status"),
    ("PidLidAppointmentStateFlags", (APPOINTMENT, 0x8217), Kind.INTEGER, "events.is_meeting events.is_cancelled"),
    ("PidLidResponseStatus", (APPOINTMENT, 0x8218), Kind.INTEGER, "events.response"),
    ("PidLidTimeZoneStruct", (APPOINTMENT, 0x8233), Kind.BINARY, "events.time_zone"),
    ("PidLidTimeZoneDescription", (APPOINTMENT, 0x8234), Kind.TEXT, "events.time_zone"),
    (
        "PidLidAppointmentTimeZoneDefinitionStartDisplay",
        (APPOINTMENT, 0x825E),
        Kind.BINARY,
        "events.time_zone",
    ),
    ("PidLidAppointmentTimeZoneDefinitionRecur", (APPOINTMENT, 0x8260), Kind.BINARY, "events.time_zone"),
    ("PidTagInternetMessageId", 0x1035, Kind.TEXT, "messages.message_id messages.message_id_source messages.raw_key"),
    ("PidLidDistributionListName", (ADDRESS, 0x8053), Kind.TEXT, "lists.name"),
    ("PidLidDistributionListMembers", (ADDRESS, 0x8055), Kind.BINARIES, "lists.members"),
    ("PidLidDistributionListOneOffMembers", (ADDRESS, 0x8054), Kind.BINARIES, "lists.members"),
    ("PidLidDistributionListStream", (ADDRESS, 0x8064), Kind.BINARY, "lists.members"),
    ("PidLidContactLinkEntry", (COMMON, 0x8585), Kind.BINARY, "item.(selection)"),
    ("PidLidCleanGlobalObjectId", (MEETING, 0x0023), Kind.BINARY, "events.global_object_id events.raw_key"),
    ("PidLidGlobalObjectId", (MEETING, 0x0003), Kind.BINARY, "events.global_object_id events.raw_key"),
    ("PidLidToAttendeesString", (APPOINTMENT, 0x823B), Kind.TEXT, "events.attendees"),
    ("PidLidCcAttendeesString", (APPOINTMENT, 0x823C), Kind.TEXT, "events.attendees"),
    ("PidTagSentRepresentingName", 0x0042, Kind.TEXT, "messages.author events.organizer"),
    ("PidTagSentRepresentingAddressType", 0x0064, Kind.TEXT, "messages.author events.organizer"),
    ("PidTagSentRepresentingEmailAddress", 0x0065, Kind.TEXT, "messages.author events.organizer"),
    ("PidTagSentRepresentingSmtpAddress", 0x5D02, Kind.TEXT, "messages.author events.organizer"),
    ("PidTagSenderName", 0x0C1A, Kind.TEXT, "messages.sender"),
    ("PidTagSenderAddressType", 0x0C1E, Kind.TEXT, "messages.sender"),
    ("PidTagSenderEmailAddress", 0x0C1F, Kind.TEXT, "messages.sender"),
    ("PidTagSenderSmtpAddress", 0x5D01, Kind.TEXT, "messages.sender"),
    ("PidTagDisplayTo", 0x0E04, Kind.TEXT, "messages.recipients"),
    ("PidTagDisplayCc", 0x0E03, Kind.TEXT, "messages.recipients"),
    ("PidTagDisplayBcc", 0x0E02, Kind.TEXT, "messages.recipients"),
    ("PidTagMessageFlags", 0x0E07, Kind.INTEGER, "messages.is_read messages.is_draft messages.has_attachments"),
    ("PidTagHasAttachments", 0x0E1B, Kind.BOOLEAN, "messages.has_attachments"),
    ("PidTagConversationIndex", 0x0071, Kind.BINARY, "messages.conversation_index"),
)

# Of a row of the recipient table, and of an attachment.
_PARTS: Sequence[tuple[str, Key, Kind, str]] = (
    ("PidTagRecipientType", 0x0C15, Kind.INTEGER, "recipient.role"),
    ("PidTagRecipientDisplayName", 0x5FF6, Kind.TEXT, "recipient.name"),
    ("PidTagAddressType", 0x3002, Kind.TEXT, "recipient.address_type"),
    ("PidTagEmailAddress", 0x3003, Kind.TEXT, "recipient.address"),
    ("PidTagSmtpAddress", 0x39FE, Kind.TEXT, "recipient.email"),
    ("PidTagRecipientFlags", 0x5FFD, Kind.INTEGER, "recipient.role"),
    ("PidTagRecipientTrackStatus", 0x5FFF, Kind.INTEGER, "recipient.response"),
    ("PidTagContentCount", 0x3602, Kind.INTEGER, "folder.(count)"),
    ("PidTagAttachLongFilename", 0x3707, Kind.TEXT, "attachment.name"),
    ("PidTagAttachFilename", 0x3704, Kind.TEXT, "attachment.name"),
    ("PidTagAttachMimeTag", 0x370E, Kind.TEXT, "attachment.mime_type"),
    ("PidTagAttachMethod", 0x3705, Kind.INTEGER, "attachment.mime_type"),
    ("PidTagAttachSize", 0x0E20, Kind.INTEGER, "attachment.size"),
    ("PidTagAttachmentHidden", 0x7FFE, Kind.BOOLEAN, "attachment.(hidden)"),
    ("PidTagExceptionReplaceTime", 0x7FF9, Kind.TIME, "attachment.(occurrence)"),
    ("PidTagExceptionStartTime", 0x7FFB, Kind.TIME, "attachment.(occurrence)"),
    ("PidLidExceptionReplaceTime", (APPOINTMENT, 0x8228), Kind.TIME, "attachment.(occurrence)"),
    ("PidTagAttachmentFlags", 0x7FFD, Kind.INTEGER, "attachment.(occurrence)"),
)


def _expanded(columns: str) -> tuple[str, ...]:
    """Write `*.x` out for every table of items."""
    parts = columns.split(" ") if "(" not in columns else [columns]
    return tuple(
        f"{table}{part[1:]}" if table else part
        for part in parts
        for table in (_ITEM_TABLES if part.startswith("*") else ("",))
    )


PROPERTIES: Sequence[Property] = (
    *(Property(name, key, kind, _expanded(columns)) for name, key, kind, columns in _COPIED),
    *(Property(name, key, kind, _expanded(columns), is_copied=False) for name, key, kind, columns in _COMPOSED),
    *(Property(name, key, kind, _expanded(columns), is_copied=False) for name, key, kind, columns in _PARTS),
)
BY_NAME: Mapping[str, Property] = {known.name: known for known in PROPERTIES}
BY_KEY: Mapping[Key, Property] = {known.key: known for known in PROPERTIES}


def copied(table: str) -> Sequence[tuple[str, str]]:
    """Return (property name, column) of all that go into a table as they are."""
    return tuple(
        (known.name, column.partition(".")[2])
        for known in PROPERTIES
        if known.is_copied
        for column in known.columns
        if column.partition(".")[0] == table
    )
