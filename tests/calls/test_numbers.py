"""Numbers and names are Vietnamese, and none of them reaches anybody's emergency desk."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.calls import numbers

SEEDS = st.integers()
EMERGENCY = {"111", "112", "113", "114", "115"}


@given(SEEDS)
def test_a_mobile_number_is_one_of_today(seed: int) -> None:
    assert all(numbers.MOBILE.fullmatch(number) for number in numbers.mobiles(Random(seed), 50))


@given(SEEDS)
def test_a_hotline_is_paid_free_or_a_land_line(seed: int) -> None:
    assert all(numbers.HOTLINE.fullmatch(number) for number in numbers.hotlines(Random(seed), 12))


@given(SEEDS, st.integers(1, 1_000))
def test_extensions_are_distinct_and_have_three_or_four_digits(seed: int, count: int) -> None:
    drawn = numbers.extensions(Random(seed), count)
    assert len(set(drawn)) == count
    assert {len(extension) for extension in drawn} <= {3, 4}


@given(SEEDS, st.integers(1, 1_000))
def test_no_extension_is_an_emergency_number(seed: int, count: int) -> None:
    assert EMERGENCY.isdisjoint(numbers.extensions(Random(seed), count))


def test_the_carriers_shares_make_a_whole() -> None:
    assert sum(share for share, _ in numbers.CARRIERS.values()) == 100


def test_every_prefix_of_a_carrier_belongs_to_a_mobile_number() -> None:
    prefixes = [prefix for _, own in numbers.CARRIERS.values() for prefix in own]
    assert all(numbers.MOBILE.fullmatch(f"{prefix}1234567") for prefix in prefixes)


def test_no_prefix_has_two_carriers() -> None:
    prefixes = [prefix for _, own in numbers.CARRIERS.values() for prefix in own]
    assert len(prefixes) == len(set(prefixes))


@pytest.mark.parametrize("carrier", numbers.CARRIERS)
def test_carriers_come_by_their_share(carrier: str) -> None:
    share, prefixes = numbers.CARRIERS[carrier]
    drawn = numbers.mobiles(Random(1), 20_000)
    assert sum(number.startswith(prefixes) for number in drawn) / 200 == pytest.approx(share, abs=1)


@pytest.mark.parametrize("number", ["0123456789", "091234567", "09123456789", "0951234567", "84912345678"])
def test_a_retired_or_misshapen_number_is_no_mobile_number(number: str) -> None:
    assert not numbers.MOBILE.fullmatch(number)


@given(SEEDS)
def test_a_name_has_a_family_a_middle_and_a_given_name(seed: int) -> None:
    assert all(len(name.split()) >= 3 for name in islice(numbers.names(Random(seed)), 20))


@given(SEEDS)
def test_an_account_of_a_drawn_name_is_plain_letters_around_a_dot(seed: int) -> None:
    for name in islice(numbers.names(Random(seed)), 20):
        family, dot, given_name = numbers.account_of(name).partition(".")
        assert dot
        assert (family + given_name).isascii()
        assert (family + given_name).isalpha()


@pytest.mark.parametrize(
    ("name", "account"),
    [("Nguyễn Thị An", "nguyen.an"), ("Đặng Đức Dũng", "dang.dung"), ("Vũ Mai Bảo Ánh", "vu.anh")],
)
def test_an_account_is_the_family_and_given_name_without_marks(name: str, account: str) -> None:
    assert numbers.account_of(name) == account


def test_the_same_seed_gives_the_same_names() -> None:
    assert [*islice(numbers.names(Random(3)), 30)] == [*islice(numbers.names(Random(3)), 30)]


def test_an_international_number_has_the_countrys_code_for_the_zero() -> None:
    assert numbers.international("0841234567") == "84841234567"


def test_an_international_number_can_have_a_plus() -> None:
    assert numbers.international("0912345678", plus=True) == "+84912345678"


def test_a_hotline_without_a_zero_has_no_international_form() -> None:
    assert numbers.international("19001234") == "19001234"
