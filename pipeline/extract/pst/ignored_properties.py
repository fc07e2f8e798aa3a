"""The MAPI properties that are left behind on purpose, each with its reason and, where it has one, its name."""

from collections.abc import Mapping

from pipeline.extract.pst.property_names import Key

_STORE = "bookkeeping of the store or its replication"
_COPY = "a copy of another property"
_ENTRY = "an entry id: means something only inside its own mailbox"
_DISPLAY = "how Outlook shows the item"
_DELIVERY = "how the item was delivered or is to be answered"
_MAIL = "a property of mail, on an item that is none"
_MEETING = "the working state of a meeting or its recurrence, which other properties say better"
_TASK = "the working state of a task, or a task's property on an item that is none"
_FLAG = "a follow-up flag or reminder of an item whose table has none"
_FAX = "a fax number as an e-mail address, made from the fax number"
_THEME = "formatting of the body"

# Each entry: a tag, or a set and number, both in hex; then the name.
_IGNORED: Mapping[str, str] = {
    _STORE: """
        0E01 PidTagDeleteAfterSubmit | 0E05 PidTagParentDisplay | 0E0A PidTagSentMailEntryId
        0E0F PidTagResponsibility | 0E1F PidTagRtfInSync | 0E21 PidTagAttachNumber
        0E23 PidTagInternetArticleNumber | 0E27
        0E28 PidTagPrimarySendAccount | 0E29 PidTagNextSendAcct | 0E30 PidTagReplItemid
        0E33 PidTagReplChangenum | 0E34 PidTagReplVersionHistory | 0E38 PidTagReplFlags | 0E4D | 0E4E | 0E58 | 0E59
        0E79 PidTagTrustSender | 0F02 PidTagRenewTime | 0F0A PidTagDeliveryOrRenewTime | 0FF4 PidTagAccess
        0FF7 PidTagAccessLevel | 0FF9 PidTagRecordKey | 0FFE PidTagObjectType | 1046 PidTagOriginalMessageId
        10F4 PidTagAttributeHidden | 10F5 PidTagAttributeSystem | 10F6 PidTagAttributeReadOnly
        3013 PidTagConversationId | 3019 PidTagPolicyTag | 301B PidTagStartDateEtc | 301C PidTagRetentionDate
        301D PidTagRetentionFlags | 340D PidTagStoreSupportMask | 3A40 PidTagSendRichInfo
        3A71 PidTagSendInternetEncoding | 3FF8 PidTagCreatorName | 3FF9 PidTagCreatorEntryId
        3FFA PidTagLastModifierName | 3FFB PidTagLastModifierEntryId | 4019 PidTagSenderFlags
        401A PidTagSentRepresentingFlags | 4022 PidTagCreatorAddressType | 4023 PidTagCreatorEmailAddress
        4024 PidTagLastModifierAddressType | 4025 PidTagLastModifierEmailAddress | 4038 | 4039 | 5D0A | 5D0B
        5902 PidTagInternetMailOverrideFormat | 5909 PidTagMessageEditorFormat | 65E2 PidTagChangeKey
        65E3 PidTagPredecessorChangeList
        PSETID_Common:850E PidLidAgingDontAgeMe | PSETID_Common:8552 PidLidCurrentVersion
        PSETID_Common:8554 PidLidCurrentVersionName | PSETID_Common:8570 PidLidImapDeleted
        PSETID_Common:8578 PidLidHeaderItem | PSETID_Common:8580 PidLidInternetAccountName
        PSETID_Common:8581 PidLidInternetAccountStamp | PSETID_Common:8582 PidLidUseTnef
        PSETID_Common:8584 PidLidContactLinkSearchKey | PSETID_Common:8585 PidLidContactLinkEntry
        PSETID_Common:8586 PidLidContactLinkName | PSETID_Common:85BF PidLidValidFlagStringProof
        PSETID_Address:8025 PidLidAutoLog | PSETID_Address:804C PidLidDistributionListChecksum""",
    _COPY: """
        0037 PidTagSubject | 003B PidTagSentRepresentingSearchKey | 003D PidTagSubjectPrefix
        0051 PidTagReceivedBySearchKey | 0052 PidTagReceivedRepresentingSearchKey | 0C1D PidTagSenderSearchKey
        0E1D PidTagNormalizedSubject | 1006 PidTagRtfSyncBodyCrc | 1007 PidTagRtfSyncBodyCount
        1008 PidTagRtfSyncBodyTag | 1010 PidTagRtfSyncPrefixCount | 1011 PidTagRtfSyncTrailingCount
        1016 PidTagNativeBody | 4030 PidTagSenderSimpleDisplayName | 4031 PidTagSentRepresentingSimpleDisplayName
        PSETID_Appointment:820F PidLidAppointmentStartTime | PSETID_Appointment:8210 PidLidAppointmentEndTime
        PSETID_Appointment:8211 PidLidAppointmentEndDate | PSETID_Appointment:8212 PidLidAppointmentStartDate
        PSETID_Appointment:8231 PidLidRecurrenceType | PSETID_Appointment:8235 PidLidClipStart
        PSETID_Appointment:8236 PidLidClipEnd | PSETID_Appointment:8238 PidLidAllAttendeesString
        PSETID_Appointment:825F PidLidAppointmentTimeZoneDefinitionEndDisplay
        PSETID_Address:8006 PidLidFileUnderId | PSETID_Address:8007 PidLidContactItemData
        PSETID_Address:8010 PidLidDepartment | PSETID_Address:8023 PidLidContactCharacterSet
        PSETID_Address:8026 PidLidFileUnderList | PSETID_Address:8027
        PSETID_Address:8028 PidLidAddressBookProviderEmailList
        PSETID_Address:8029 PidLidAddressBookProviderArrayType | PSETID_Address:80DA PidLidHomeAddressCountryCode
        PSETID_Address:80DB PidLidWorkAddressCountryCode | PSETID_Address:80DC PidLidOtherAddressCountryCode
        PSETID_Address:80DD PidLidAddressCountryCode""",
    _ENTRY: """
        003F PidTagReceivedByEntryId | 0041 PidTagSentRepresentingEntryId | 0043 PidTagReceivedRepresentingEntryId
        004F PidTagReplyRecipientEntries | 0C19 PidTagSenderEntryId | 0FFF PidTagEntryId
        PSETID_Address:8085 PidLidEmail1OriginalEntryId | PSETID_Address:8095 PidLidEmail2OriginalEntryId
        PSETID_Address:80A5 PidLidEmail3OriginalEntryId""",
    _DISPLAY: """
        1080 PidTagIconIndex | PSETID_Common:8510 PidLidSideEffects | PSETID_Common:8514 PidLidSmartNoAttach
        PSETID_Appointment:8214 PidLidAppointmentColor | PSETID_Address:8015 PidLidHasPicture
        PSETID_Address:8040 PidLidBusinessCardDisplayDefinition | PSETID_Address:8041 PidLidBusinessCardCardPicture""",
    _DELIVERY: """
        0002 PidTagAlternateRecipientAllowed | 0023 PidTagOriginatorDeliveryReportRequested | 0026 PidTagPriority
        0029 PidTagReadReceiptRequested | 002B PidTagRecipientReassignmentProhibited | 002E PidTagOriginalSensitivity
        0040 PidTagReceivedByName | 0044 PidTagReceivedRepresentingName | 0050 PidTagReplyRecipientNames
        0057 PidTagMessageToMe | 0058 PidTagMessageCcMe | 0059 PidTagMessageRecipientMe
        0062 PidTagOwnerAppointmentId | 0063 PidTagResponseRequested | 0074 PidTagOriginalDisplayTo
        0075 PidTagReceivedByAddressType | 0076 PidTagReceivedByEmailAddress
        0077 PidTagReceivedRepresentingAddressType | 0078 PidTagReceivedRepresentingEmailAddress
        007F PidTagTnefCorrelationKey | 0C06 PidTagNonReceiptNotificationRequested | 0C17 PidTagReplyRequested
        1081 PidTagLastVerbExecuted | 1082 PidTagLastVerbExecutionTime | 4034 | 4035
        5D07 PidTagReceivedBySmtpAddress | 5D08 PidTagReceivedRepresentingSmtpAddress | 5FE5 PidTagRecipientSipUri""",
    _MAIL: """
        0039 PidTagClientSubmitTime | 0042 PidTagSentRepresentingName | 0064 PidTagSentRepresentingAddressType
        0065 PidTagSentRepresentingEmailAddress | 0070 PidTagConversationTopic | 0071 PidTagConversationIndex
        007D PidTagTransportMessageHeaders | 0C1A PidTagSenderName | 0C1E PidTagSenderAddressType
        0C1F PidTagSenderEmailAddress | 0E02 PidTagDisplayBcc | 0E03 PidTagDisplayCc | 0E04 PidTagDisplayTo
        0E06 PidTagMessageDeliveryTime | 0E07 PidTagMessageFlags | 0E08 PidTagMessageSize
        0E1B PidTagHasAttachments | 1035 PidTagInternetMessageId | 5D01 PidTagSenderSmtpAddress
        5D02 PidTagSentRepresentingSmtpAddress""",
    _MEETING: """
        0060 PidTagStartDate | 0061 PidTagEndDate
        PSETID_Appointment:8200 PidLidSendMeetingAsIcal | PSETID_Appointment:8202 PidLidAppointmentSequenceTime
        PSETID_Appointment:8207 PidLidAppointmentAuxiliaryFlags | PSETID_Appointment:8209 PidLidMeetingWorkspaceUrl
        PSETID_Appointment:8224 PidLidIntendedBusyStatus
        PSETID_Appointment:8229 PidLidFInvited | PSETID_Appointment:822B PidLidFExceptionalAttendees
        PSETID_Appointment:822E PidLidOwnerName | PSETID_Appointment:823A PidLidAutoFillLocation
        PSETID_Appointment:8240 PidLidConferencingCheck | PSETID_Appointment:8241 PidLidConferencingType
        PSETID_Appointment:8242 PidLidDirectory | PSETID_Appointment:8243 PidLidOrganizerAlias
        PSETID_Appointment:8244 PidLidAutoStartCheck | PSETID_Appointment:8245
        PSETID_Appointment:8246 PidLidAllowExternalCheck | PSETID_Appointment:8247 PidLidCollaborateDoc
        PSETID_Appointment:8248 PidLidNetShowUrl | PSETID_Appointment:8249 PidLidOnlinePassword
        PSETID_Appointment:8256 PidLidAppointmentProposedDuration
        PSETID_Appointment:8257 PidLidAppointmentCounterProposal
        PSETID_Appointment:8259 PidLidAppointmentProposalNumber
        PSETID_Appointment:825A PidLidAppointmentNotAllowPropose
        PSETID_Meeting:0001 PidLidAttendeeCriticalChange | PSETID_Meeting:0004 PidLidIsSilent
        PSETID_Meeting:0005 PidLidIsRecurring | PSETID_Meeting:0006 PidLidRequiredAttendees
        PSETID_Meeting:0007 PidLidOptionalAttendees | PSETID_Meeting:0008 PidLidResourceAttendees
        PSETID_Meeting:0009 PidLidDelegateMail | PSETID_Meeting:000A PidLidIsException
        PSETID_Meeting:000B PidLidSingleInvite | PSETID_Meeting:000C PidLidTimeZone
        PSETID_Meeting:000D PidLidStartRecurrenceDate | PSETID_Meeting:000E PidLidStartRecurrenceTime
        PSETID_Meeting:000F PidLidEndRecurrenceDate | PSETID_Meeting:0010 PidLidEndRecurrenceTime
        PSETID_Meeting:0011 PidLidDayInterval | PSETID_Meeting:0012 PidLidWeekInterval
        PSETID_Meeting:0013 PidLidMonthInterval | PSETID_Meeting:0014 PidLidYearInterval
        PSETID_Meeting:0015 | PSETID_Meeting:0016 | PSETID_Meeting:0017
        PSETID_Meeting:0018 PidLidOldRecurrenceType | PSETID_Meeting:0019 PidLidDayOfWeekStart
        PSETID_Meeting:001A PidLidOwnerCriticalChange | PSETID_Meeting:001C PidLidCalendarType
        PSETID_Meeting:001D PidLidAllAttendeesList | PSETID_Meeting:0021
        PSETID_Meeting:0024 PidLidOldMessageClass | PSETID_Meeting:0026 PidLidMeetingType
        PSETID_Meeting:0028 PidLidOldLocation""",
    _TASK: """
        PSETID_Task:8101 PidLidTaskStatus | PSETID_Task:8102 PidLidPercentComplete | PSETID_Task:8103 PidLidTeamTask
        PSETID_Task:8104 PidLidTaskStartDate | PSETID_Task:8105 PidLidTaskDueDate
        PSETID_Task:810F PidLidTaskDateCompleted
        PSETID_Task:8110 PidLidTaskActualEffort | PSETID_Task:8111 PidLidTaskEstimatedEffort
        PSETID_Task:8112 PidLidTaskVersion | PSETID_Task:8113 PidLidTaskState
        PSETID_Task:8115 PidLidTaskLastUpdate | PSETID_Task:8117 PidLidTaskAssigners
        PSETID_Task:8119 PidLidTaskStatusOnComplete | PSETID_Task:811A PidLidTaskHistory
        PSETID_Task:811B PidLidTaskUpdates | PSETID_Task:811C PidLidTaskComplete
        PSETID_Task:811E PidLidTaskFCreator | PSETID_Task:8120 PidLidTaskMultipleRecipients
        PSETID_Task:8121 PidLidTaskAssigner | PSETID_Task:8122 PidLidTaskLastUser
        PSETID_Task:8123 PidLidTaskOrdinal | PSETID_Task:8124 PidLidTaskNoCompute
        PSETID_Task:8125 PidLidTaskLastDelegate | PSETID_Task:8126 PidLidTaskFRecurring
        PSETID_Task:8127 PidLidTaskRole | PSETID_Task:8129 PidLidTaskOwnership
        PSETID_Task:812A PidLidTaskAcceptanceState | PSETID_Task:812C PidLidTaskFFixOffline
        PSETID_Common:8518 PidLidTaskMode | PSETID_Common:8519 PidLidTaskGlobalId""",
    _FLAG: """
        0E2B PidTagToDoItemFlags | 1090 PidTagFlagStatus | 1091 PidTagFlagCompleteTime | 1095 PidTagFollowupIcon
        PSETID_Common:8501 PidLidReminderDelta | PSETID_Common:8502 PidLidReminderTime
        PSETID_Common:8503 PidLidReminderSet | PSETID_Common:8516 PidLidCommonStart
        PSETID_Common:8517 PidLidCommonEnd | PSETID_Common:851C PidLidReminderOverride
        PSETID_Common:851E PidLidReminderPlaySound | PSETID_Common:851F PidLidReminderFileParameter
        PSETID_Common:8530 PidLidFlagRequest | PSETID_Common:8560 PidLidReminderSignalTime
        PSETID_Common:85A0 PidLidToDoOrdinalDate | PSETID_Common:85A1 PidLidToDoSubOrdinal
        PSETID_Common:85A4 PidLidToDoTitle""",
    _FAX: """
        PSETID_Address:80B2 PidLidFax1AddressType | PSETID_Address:80B3 PidLidFax1EmailAddress
        PSETID_Address:80B4 PidLidFax1OriginalDisplayName | PSETID_Address:80B5 PidLidFax1OriginalEntryId
        PSETID_Address:80C2 PidLidFax2AddressType | PSETID_Address:80C3 PidLidFax2EmailAddress
        PSETID_Address:80C4 PidLidFax2OriginalDisplayName | PSETID_Address:80C5 PidLidFax2OriginalEntryId
        PSETID_Address:80D2 PidLidFax3AddressType | PSETID_Address:80D3 PidLidFax3EmailAddress
        PSETID_Address:80D4 PidLidFax3OriginalDisplayName | PSETID_Address:80D5 PidLidFax3OriginalEntryId""",
    _THEME: "PSETID_Common:85C2 | PSETID_Common:85C3",
}
# [MS-OXPROPS] 1.3.3: these tags belong to the program that keeps the store and do not travel with the item.
_INTERNAL_TAGS = range(0x6600, 0x6800)
_SETS: Mapping[str, str] = {
    "PS_INTERNET_HEADERS": "an Internet header, which the column headers holds",
    **dict.fromkeys(
        (
            "PSETID_AirSync",
            "PSETID_CalendarAssistant",
            "PSETID_Messaging",
            "PSETID_Sharing",
            "PSETID_UnifiedMessaging",
            "PSETID_XmlExtractedEntities",
        ),
        "the working state of Exchange",
    ),
}


def _key(text: str) -> Key:
    property_set, _, number = text.rpartition(":")
    return (property_set, int(number, 16)) if property_set else int(number, 16)


def _parsed(groups: Mapping[str, str]) -> dict[Key, tuple[str, str]]:
    """Return key → (name or "", reason); entries end with | or at the end of a line."""
    entries = (
        (entry.strip().partition(" "), reason)
        for reason, text in groups.items()
        for line in text.splitlines()
        for entry in line.split("|")
        if entry.strip()
    )
    return {_key(key): (name, reason) for (key, _, name), reason in entries}


_BY_KEY: Mapping[Key, tuple[str, str]] = _parsed(_IGNORED)


def reason(key: Key) -> str | None:
    """Return why a property is left behind, or None for one that nobody decided about."""
    if key in _BY_KEY:
        return _BY_KEY[key][1]
    if isinstance(key, int):
        return "internal to the program that kept the store" if key in _INTERNAL_TAGS else None
    return _SETS.get(key[0])


def name(key: Key) -> str | None:
    """Return the [MS-OXPROPS] name of a property that is left behind."""
    return _BY_KEY.get(key, ("", ""))[0] or None
