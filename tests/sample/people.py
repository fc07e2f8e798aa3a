"""Who is in both stores of the sample, and the meeting that both have."""

from datetime import UTC, datetime

from tests.pstwriter.people import ACCEPTED, CC, Person, Recipient
from tests.pstwriter.timezone import LONDON

HANAKO = Person(name="佐藤 花子", address="hanako.sato@kaede-shoji.example", smtp="hanako.sato@kaede-shoji.example")
DANA = Person(
    name="Dana Whitfield", address="dana.whitfield@kaede-shoji.example", smtp="dana.whitfield@kaede-shoji.example"
)
MISAKI = Person(name="高橋 美咲", address="misaki.takahashi@midori-insatsu.example")
OLIVER = Person(name="Oliver Grant", address="oliver.grant@birchwood.example")
REIKO = Person(
    name="青木 玲子",
    address="/O=EXAMPLEORG/OU=EXCHANGE ADMINISTRATIVE GROUP/CN=RECIPIENTS/CN=REIKO.AOKI",
    kind="EX",
    smtp="reiko.aoki@umikaze.example",
)
"""Known by an Exchange address, behind which a mail in one store shows the one of the internet."""

SIGNING = datetime(2026, 7, 15, 8, 0, tzinfo=UTC), datetime(2026, 7, 15, 9, 0, tzinfo=UTC)
"""Start and end of the meeting that Dana called."""
SIGNING_ZONE = LONDON
SIGNING_ID = b"contract-signing"
SIGNING_MADE = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


def signing(response: int) -> list[Recipient]:
    """Return who was asked to the meeting; `response`: what this copy knows of Oliver's answer."""
    return [
        Recipient(name=DANA.name, address=DANA.address, is_organizer=True),
        Recipient(name=HANAKO.name, address=HANAKO.address, response=ACCEPTED),
        Recipient(name=OLIVER.name, address=OLIVER.address, response=response),
        Recipient(name="Hannah Okafor", address="hannah.okafor@birchwood.example", role=CC),
    ]
