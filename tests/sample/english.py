"""The mailbox of Dana Whitfield: what her British Outlook exports (days before months)."""

Row = dict[str, str]

_EVERY_CONTACT = {
    "Anniversary": "0/0/00", "Birthday": "0/0/00", "Gender": "Unspecified", "Priority": "Normal", "Private": "False",
    "Sensitivity": "Normal",
}  # fmt: skip


def _contact(given: str, surname: str, email: str = "", **more: str) -> Row:
    row = {**_EVERY_CONTACT, "First Name": given, "Last Name": surname}
    row |= {name.replace("_", " "): value for name, value in more.items()}
    if email:
        kind = "EX" if email.startswith("/o=") else "SMTP"
        row |= {"E-mail Address": email, "E-mail Type": kind, "E-mail Display Name": f"{given} {surname}".strip()}
    return row


_BIRCHWOOD = {
    "Company": "Birchwood Logistics Ltd", "Business_Street": "Unit 4, Quarry Park", "Business_Street_2": "Mill Lane",
    "Business_City": "Ashford-on-Wye", "Business_State": "Kent", "Business_Postal_Code": "ZZ1 1ZZ",
}  # fmt: skip

CONTACTS: list[Row] = [
    _contact(
        "Oliver", "Grant", "oliver.grant@birchwood.example", Job_Title="Head of Purchasing", Birthday="25/12/1979",
        Business_Phone="+44 (0)1632 960001", Mobile_Phone="+44 7700 900001", **_BIRCHWOOD,
    ),
    _contact("Oliver", "Grant", "OLIVER.GRANT@birchwood.example", Notes="Met in Leeds.\nPrefers e-mail.", Home_Phone="01632 960002"),
    _contact("Hannah", "Okafor", "hannah.okafor@birchwood.example", Business_Phone="01632 960003 ext 21", **_BIRCHWOOD),
    _contact("Priya", "Nair", "priya.nair@copperleaf.example", Company="Copperleaf Studios", Web_Page="https://copperleaf.example"),
    _contact("Lucas", "Bennett", "lucas.bennett@copperleaf.example", Company="Copperleaf  Studios", Categories="Customer;Zoho"),
    # both mailboxes know her: one contact
    _contact("美咲", "高橋", "misaki.takahashi@midori-insatsu.example", Company="株式会社みどり印刷", Mobile_Phone="+81 90-0000-1202"),
    # last name first in one cell
    _contact("Marchetti, Elena", "", "elena.marchetti@porticello.example", Company="Porticello Foods"),
    # an address as the name
    _contact("tom.ridley@hexagon-tools.example", "", "tom.ridley@hexagon-tools.example"),
    _contact(
        "George", "Ellery", "/o=ExampleLabs/ou=Exchange Administrative Group (AB12CDEF)/cn=Recipients/cn=0001-gellery",
        Company="Ellery & Sons", Assistants="",
    ),
    _contact("Amelia", "Stone", "accounts@harbourline.example", Company="Harbour Line"),
    _contact("Noah", "Fletcher", "accounts@harbourline.example", Company="Harbour Line"),
    _contact("Isla", "Murray", Business_Phone="01632 960010", Company="Northgate Surveyors"),
    _contact("Isla", "Murray", Mobile_Phone="07700 900010", Notes="Same Isla, other card"),
    _contact("Wendell", "Pryce", "wendell.pryce@harbourline.example", Job_Title="Regional Director for " + "Strategic Accounts and " * 6),
    _contact("Sofia", "Lindqvist", "sofia.lindqvist@fjallgard.example", Birthday="3/11/1988", Business_Phone="ring the front desk", Company="Fjällgård AB"),
    _contact("Ken", "Mori", "ken.mori@kaede-shoji.example", Company="Kaede Shoji"),
    _contact(
        "Arthur", "Quill", "arthur.quill@quillpress.example", Company="Quill Press", Home_Street="7 Elm Row",
        Home_City="Little Barrow", Home_Postal_Code="ZZ2 2ZZ", User_1="VIP", Hobby="Chess", Spouse="Mabel",
    ),
]  # fmt: skip
for _row in CONTACTS:
    _row.pop("Assistants", None)

_EVERY_EVENT = {
    "All day event": "False", "Reminder on/off": "True", "Priority": "Normal", "Private": "False", "Sensitivity": "Normal",
    "Show time as": "2",
}  # fmt: skip


def _event(subject: str, start: str, end: str, **more: str) -> Row:
    start_date, start_time = start.split(" ")
    end_date, end_time = end.split(" ")
    times = {"Start Date": start_date, "Start Time": start_time, "End Date": end_date, "End Time": end_time}
    return {**_EVERY_EVENT, "Subject": subject, **times} | {
        name.replace("_", " "): value for name, value in more.items()
    }


CALENDAR: list[Row] = [
    # the night the clocks go back: half past one happens twice
    _event("Stock take", "25/10/2026 01:30:00", "25/10/2026 04:00:00", Location="Warehouse"),
    _event("Spring launch call", "29/03/2026 09:00:00", "29/03/2026 09:30:00", Required_Attendees="lucas.bennett@copperleaf.example"),
    _event(
        "Quarterly review", "8/7/2026 09:00:00", "8/7/2026 10:00:00", Meeting_Organizer="Dana Whitfield",
        Required_Attendees="hanako.sato@kaede-shoji.example;priya.nair@copperleaf.example", Description="Figures attached.\n\nBring questions.",
    ),
    _event("Site visit", "14/05/2026 10:00:00", "14/05/2026 15:00:00", Required_Attendees="oliver.grant@birchwood.example;Hannah Okafor", Location="Quarry Park"),
    _event("Bank holiday", "25/05/2026 00:00:00", "26/05/2026 00:00:00", All_day_event="True", Show_time_as="3"),
    _event("Lunch", "2/6/2026 12:30:00", "2/6/2026 13:30:00"),
    _event("Lunch", "2/6/2026 12:30:00", "2/6/2026 13:30:00", Location="Café Larch"),
    _event("Doctor", "3/6/2026 08:00:00", "3/6/2026 08:30:00", Private="True", Sensitivity="Private"),
    _event("Contract, final reading, " + "with every annex read aloud, " * 10, "16/06/2026 14:00:00", "16/06/2026 17:00:00"),
]  # fmt: skip

_EVERY_TASK = {
    "Reminder On/Off": "False", "% Complete": "0", "Total Work": "0", "Actual Work": "0", "Private": "False", "Sensitivity": "Normal",
}  # fmt: skip


def _task(subject: str, due: str, status: str = "Not Started", priority: str = "Normal", **more: str) -> Row:
    row = {**_EVERY_TASK, "Subject": subject, "Due Date": due, "Status": status, "Priority": priority}
    return row | {name.replace("_", " "): value for name, value in more.items()}


TASKS: list[Row] = [
    _task(
        "Send price list",
        "22/5/2026",
        "In Progress",
        "High",
        Contacts="Oliver Grant",
        Notes="Old list is wrong,\nsee page 4",
    ),
    _task("Send price list", "22/5/2026", "In Progress", "High"),
    _task("Renew insurance", "30/9/2026", "Waiting on someone else"),
    _task("Book stand", "1/7/2026", "Completed", Date_Completed="2/6/2026"),
    _task("Chase invoice 1042", "13/6/2026", Companies="Harbour Line", Categories="Finance"),
    _task("Ideas", "", "Deferred", "Low", Notes="=SUM(1,1) is not a formula here"),
    _task("Ideas", "", "Deferred", "Low", Notes="Another list of ideas"),
    _task("Order samples", "31/8/2026", "Not Started", "Urgent"),
]
