"""The sections about mail, leads and automatic sync."""

from typing import Literal

from pydantic import Field, field_validator

from pipeline.config.sections import Section, filled_names


class Mail(Section):
    """Which messages are attached to records of the CRM, and to which; nothing unless it is asked for."""

    sent_items: bool
    categories: tuple[str, ...]
    folders: tuple[str, ...]
    without_contact: Literal["skip", "lead"]
    everybody: bool
    deal_folders: tuple[str, ...]
    deal_categories: tuple[str, ...]
    only_open_deal: bool
    closed_stages: tuple[str, ...]
    attachments: bool
    most_a_day: int = Field(ge=0)

    _names = field_validator("categories", "folders", "deal_folders", "deal_categories")(filled_names)

    @property
    def wants_deals(self) -> bool:
        """Whether any rule names deals."""
        return bool(self.deal_folders or self.deal_categories or self.only_open_deal)


class Cases(Section):
    """Which messages become cases, and how."""

    categories: tuple[str, ...]
    folders: tuple[str, ...]
    per: Literal["message", "conversation"]

    _names = field_validator("categories", "folders")(filled_names)


class Leads(Section):
    """Which contacts become leads instead."""

    categories: tuple[str, ...]
    folders: tuple[str, ...]
    without_company: bool
    unknown_company: str = Field(min_length=1, max_length=100)

    _names = field_validator("categories", "folders")(filled_names)


class Sync(Section):
    """What an automatic sync may do in a real CRM without asking: a standing approval, with limits."""

    may_create: bool
    may_update: bool
    most_changes: int = Field(ge=0)
