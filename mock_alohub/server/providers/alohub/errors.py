"""The failures Alohub's REST API tells of: codes, messages, and the HTTP status each comes with.

Business failures come with HTTP 200 and messages in Vietnamese and upper case (Alohub, Campaign management). Of their
numeric codes the documents explain 0 and 5; the others are those of an earlier version of Alohub's own n8n node, which
calls 6 what the documents call 5, and are hints from history. The texts are this project's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final


class Code(StrEnum):
    """Every `error_code` that is answered here."""

    SUCCESS = "SUCCESS"
    UNAUTHORIZED = "UNAUTHORIZED"
    INSUFFICIENT_SCOPE = "INSUFFICIENT_SCOPE"
    NOT_FOUND = "NOT_FOUND"
    RATE_LIMIT_EXCEEDED = "RATE_LIMIT_EXCEEDED"
    FAIL = "FAIL"
    BAD_REQUEST = "BAD_REQUEST"
    INVALID_PARAMETER = "INVALID_PARAMETER"
    SYSTEM_ERROR = "0"
    INVALID_API_KEY = "1"
    INVALID_PHONE_NUMBER = "2"
    INSUFFICIENT_BALANCE = "3"
    RATE_LIMITED = "4"
    NO_SUCH_CAMPAIGN = "5"
    CAMPAIGN_NOT_FOUND = "6"
    TEMPLATE_NOT_APPROVED = "7"
    NO_SUCH_IP_PHONE = "8"
    BLACKLISTED = "9"
    UNAVAILABLE = "10"
    AGENT_BUSY = "CALLOUT_AGENT_BUSY"
    PERMISSION_DENIED = "CALLOUT_PERMISSION_DENY"
    AGENT_NOT_CONNECTED = "IPCC_NOT_CONNECT_AGENT_ID"
    NOT_CONNECTED = "ERROR_CALLOUT_CONNECT"


class Known(StrEnum):
    """Where a code is from."""

    PUBLISHED = "published"
    HISTORY = "an earlier version of Alohub's n8n node"
    KIT = "the platform's softphone kit"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Failure:
    """What a code means, the HTTP status it comes with, its message, and where it is from."""

    means: str
    message: str
    known: Known
    status: HTTPStatus = HTTPStatus.OK


_PUBLISHED, _HISTORY, _KIT, _ASSUMED = Known.PUBLISHED, Known.HISTORY, Known.KIT, Known.ASSUMED

FAILURES: Final = {
    Code.UNAUTHORIZED: Failure(
        "no key, or one that is not known", "KHÔNG ĐƯỢC PHÉP TRUY CẬP", _PUBLISHED, HTTPStatus.UNAUTHORIZED
    ),
    Code.INSUFFICIENT_SCOPE: Failure(
        "the key lacks the scope of the route", "API KEY KHÔNG ĐỦ QUYỀN", _PUBLISHED, HTTPStatus.FORBIDDEN
    ),
    Code.NOT_FOUND: Failure("there is no such thing", "KHÔNG TÌM THẤY", _PUBLISHED, HTTPStatus.NOT_FOUND),
    Code.RATE_LIMIT_EXCEEDED: Failure(
        "too many requests; `Retry-After` has the seconds to wait",
        "VƯỢT QUÁ GIỚI HẠN YÊU CẦU",
        _PUBLISHED,
        HTTPStatus.TOO_MANY_REQUESTS,
    ),
    Code.FAIL: Failure("something broke", "LỖI HỆ THỐNG", _PUBLISHED, HTTPStatus.INTERNAL_SERVER_ERROR),
    Code.BAD_REQUEST: Failure(
        "the request is not of the described shape", "YÊU CẦU KHÔNG HỢP LỆ", _ASSUMED, HTTPStatus.BAD_REQUEST
    ),
    Code.INVALID_PARAMETER: Failure("a value cannot be used", "THAM SỐ KHÔNG HỢP LỆ", _ASSUMED),
    Code.SYSTEM_ERROR: Failure("trouble of the outbound system", "HỆ THỐNG GỌI RA GẶP SỰ CỐ", _PUBLISHED),
    Code.INVALID_API_KEY: Failure("invalid API key", "API KEY KHÔNG HỢP LỆ", _HISTORY),
    Code.INVALID_PHONE_NUMBER: Failure("invalid phone number", "SỐ ĐIỆN THOẠI KHÔNG HỢP LỆ", _HISTORY),
    Code.INSUFFICIENT_BALANCE: Failure("insufficient balance", "SỐ DƯ KHÔNG ĐỦ", _HISTORY),
    Code.RATE_LIMITED: Failure("rate limit exceeded", "VƯỢT QUÁ GIỚI HẠN YÊU CẦU", _HISTORY),
    Code.NO_SUCH_CAMPAIGN: Failure("the campaign does not exist", "CHIẾN DỊCH KHÔNG TỒN TẠI", _PUBLISHED),
    Code.CAMPAIGN_NOT_FOUND: Failure("campaign not found", "KHÔNG TÌM THẤY CHIẾN DỊCH", _HISTORY),
    Code.TEMPLATE_NOT_APPROVED: Failure("template not approved", "MẪU TIN CHƯA ĐƯỢC DUYỆT", _HISTORY),
    Code.NO_SUCH_IP_PHONE: Failure("IP phone not found", "KHÔNG TÌM THẤY MÁY NHÁNH", _HISTORY),
    Code.BLACKLISTED: Failure("phone number blacklisted", "SỐ ĐIỆN THOẠI NẰM TRONG DANH SÁCH CHẶN", _HISTORY),
    Code.UNAVAILABLE: Failure("service unavailable", "DỊCH VỤ KHÔNG KHẢ DỤNG", _HISTORY),
    Code.AGENT_BUSY: Failure("the agent is on another call", "MÁY NHÁNH ĐANG BẬN", _KIT),
    Code.PERMISSION_DENIED: Failure("the agent may not call out", "MÁY NHÁNH KHÔNG CÓ QUYỀN GỌI RA", _KIT),
    Code.AGENT_NOT_CONNECTED: Failure("the agent cannot be reached", "KHÔNG KẾT NỐI ĐƯỢC MÁY NHÁNH", _KIT),
    Code.NOT_CONNECTED: Failure("the call cannot be set up", "KHÔNG THIẾT LẬP ĐƯỢC CUỘC GỌI", _KIT),
}
"""Every failure by its code."""


class Refused(Exception):
    """A request that is answered with a failure. `detail` says more than the failure's message."""

    def __init__(self, code: Code, detail: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code}: {detail or FAILURES[code].means}")
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
