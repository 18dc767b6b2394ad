"""The campaigns there are: always the same few, one in each state, made up.

Their fields are those of Alohub's documents (Campaign management, Manage contacts) and of its n8n node; names that are
in neither are assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from mock_alohub.calls.call import Agent
from mock_alohub.server.providers.dialled_call import agent_at

AUTO: Final = "CAMPAIGN_CALL_AUTO"
"""The one type of campaign that is published. Its case counts."""


class CampaignStatus(IntEnum):
    """States of a campaign (Alohub, Campaign management)."""

    IN_PROCESS = 1
    RUNNING = 2
    PAUSED = 3
    STOPPED = 4


@dataclass(frozen=True, slots=True)
class ContactList:
    """A list of customers that a campaign calls."""

    id: int
    name: str
    contacts: int

    def shown(self) -> dict[str, Any]:
        """As Alohub's documents have it."""
        return {"listId": self.id, "listName": self.name, "contactCount": self.contacts}


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign: `hotline` is the number its calls come from, `extension` that of its agent."""

    id: int
    name: str
    type: str
    status: CampaignStatus
    hotline: str
    extension: str
    template: str
    lists: tuple[ContactList, ...]

    @property
    def agent(self) -> Agent:
        """Who talks to its customers."""
        return agent_at(self.extension)

    @property
    def dials(self) -> bool:
        """Whether customers that are added are called."""
        return self.status in {CampaignStatus.IN_PROCESS, CampaignStatus.RUNNING}

    def shown(self) -> dict[str, Any]:
        """As a list of campaigns has it."""
        return {
            "campaignId": self.id,
            "campaignName": self.name,
            "type": self.type,
            "status": int(self.status),
            "hotline": self.hotline,
            "znsTemplateId": self.template,
        }


CAMPAIGNS: Final = (
    Campaign(
        101,
        "Chăm sóc khách hàng mới",
        AUTO,
        CampaignStatus.RUNNING,
        "19001234",
        "888",
        "",
        (ContactList(501, "Khách hàng tháng này", 150), ContactList(502, "Khách hàng tháng trước", 320)),
    ),
    Campaign(
        102,
        "Nhắc lịch thanh toán",
        AUTO,
        CampaignStatus.IN_PROCESS,
        "02471234567",
        "6688",
        "321001",
        (ContactList(503, "Hóa đơn đến hạn", 75),),
    ),
    Campaign(
        103,
        "Khảo sát sau mua hàng",
        AUTO,
        CampaignStatus.PAUSED,
        "18005678",
        "889",
        "321002",
        (ContactList(504, "Đơn hàng đã giao", 1200),),
    ),
    Campaign(104, "Tri ân cuối năm", AUTO, CampaignStatus.STOPPED, "19001234", "890", "", ()),
    Campaign(
        105,
        "Tư vấn qua điện thoại viên",
        "CAMPAIGN_CALL_MANUAL",
        CampaignStatus.RUNNING,
        "02871234567",
        "888",
        "",
        (ContactList(505, "Khách hàng tiềm năng", 40),),
    ),
)
"""Every campaign, in the order of their ids. The second type is made up: a filter needs something to leave out."""

_BY_ID: Final = {campaign.id: campaign for campaign in CAMPAIGNS}


def campaign_of(number: int) -> Campaign | None:
    """The campaign with id `number`, None when there is none."""
    return _BY_ID.get(number)
