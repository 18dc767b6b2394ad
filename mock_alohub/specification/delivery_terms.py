"""What an `x-delivery` states: deadline, acknowledging statuses, waits before retries, the moments that send it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from mock_alohub.errors import BadSpecification

Json = Any

_PROMISES: Final[Mapping[str, tuple[str, Callable[[Json], bool]]]] = {
    "deadline": ("a duration such as 5s", lambda value: isinstance(value, str)),
    "acknowledged-by": ("a list of statuses such as [200]", lambda value: _is_list_of(int, value) and value != []),
    "retries": ("a list of durations such as [5s, 30s], [] for none", lambda value: _is_list_of(str, value)),
    "fires": ("a list of moments such as [ended]", lambda value: _is_list_of(str, value) and value != []),
}
"""What every `x-delivery` states, in words and as a test."""
_ABOUT: Final[Mapping[str, tuple[str, Callable[[Json], bool]]]] = {
    "direction": (
        "a list of inbound, outbound",
        lambda value: _is_list_of(str, value) and value != [] and {"inbound", "outbound"}.issuperset(value),
    ),
    "automatic": ("true or false", lambda value: isinstance(value, bool)),
}
"""What `x-delivery.about` may say of the calls a webhook tells of; what it does not say makes no difference."""


def check_delivery(delivery: Json, place: str) -> None:
    """Raise `BadSpecification` unless `delivery` is a whole `x-delivery`; `place` says where it stands."""
    if not isinstance(delivery, dict):
        raise BadSpecification(f"{place}: `x-delivery` is {delivery!r}, wanted a mapping of {', '.join(_PROMISES)}")
    for name, (wanted, fits) in _PROMISES.items():
        if name not in delivery:
            raise BadSpecification(f"{place}: `x-delivery` lacks `{name}`, {wanted}")
        if not fits(delivery[name]):
            raise BadSpecification(f"{place}: `x-delivery.{name}` is {delivery[name]!r}, wanted {wanted}")
    for name in delivery:
        if name not in {*_PROMISES, "about", "assumed"}:
            raise BadSpecification(
                f"{place}: `x-delivery` has an unknown `{name}`", hint=f"known: {', '.join(_PROMISES)}, about"
            )
    for name, value in delivery.get("about", {}).items():
        if name not in _ABOUT or not _ABOUT[name][1](value):
            wanted = _ABOUT[name][0] if name in _ABOUT else f"one of {', '.join(_ABOUT)}"
            raise BadSpecification(f"{place}: `x-delivery.about.{name}` is {value!r}, wanted {wanted}")
    assumed = delivery.get("assumed", {})
    if not isinstance(assumed, dict) or not all(name in _PROMISES and _is_text(why) for name, why in assumed.items()):
        raise BadSpecification(
            f"{place}: `x-delivery.assumed` names some of {', '.join(_PROMISES)}, each with a reason"
        )


def _is_text(value: Json) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _is_list_of(kind: type, value: Json) -> bool:
    return isinstance(value, list) and all(type(one) is kind for one in value)
