"""Telephone numbers and names of Vietnam: plausible, drawn from a generator that is passed in, never dialled.

Numbers follow the national plan in force since 2018: a mobile number is `0` and nine digits, a land line of Hanoi (024)
or Ho Chi Minh City (028) has eleven, a hotline is `1900` or `1800` with four or six more. Emergency numbers (111 to
115) cannot come out: no number drawn here is that short, and no extension begins with 1.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from random import Random
from typing import Final

CARRIERS: Final[Mapping[str, tuple[int, tuple[str, ...]]]] = {
    "Viettel": (
        54,
        ("032", "033", "034", "035", "036", "037", "038", "039", "086", "096", "097", "098"),
    ),
    "VinaPhone": (22, ("081", "082", "083", "084", "085", "088", "091", "094")),
    "MobiFone": (18, ("070", "076", "077", "078", "079", "089", "090", "093")),
    "Vietnamobile": (3, ("056", "058", "092")),
    "Itel": (1, ("087",)),
    "Gmobile": (1, ("059", "099")),
    "Wintel": (1, ("055",)),
}
"""Carrier to its share of the mobile numbers drawn, in percent, and its prefixes. The prefixes are the national plan's;
the shares are a round estimate of the market."""

MOBILE: Final = re.compile(r"0(?:3[2-9]|5[5689]|7[06-9]|8[1-9]|9[0-46-9])[0-9]{7}")
"""A mobile number of today in its national form."""

HOTLINE: Final = re.compile(r"1[89]00(?:[0-9]{4}|[0-9]{6})|02[48][0-9]{8}")
"""A hotline: paid (1900), free (1800), or a land line of Hanoi or Ho Chi Minh City."""

_CARRIER_OF: Final = {prefix: name for name, (_, prefixes) in CARRIERS.items() for prefix in prefixes}
_HOTLINE_FORMS: Final = (("1900", 4), ("1900", 6), ("1800", 4), ("1800", 6), ("0247", 7), ("0287", 7))
_EXTENSIONS: Final = {3: (200, 1000), 4: (2000, 10000)}
_WOMEN: Final = 0.6
_MIDDLE_NAMES_OF_WOMEN: Final = frozenset({"Thị", "Mai", "Mai Bảo"})
_D_WITH_STROKE: Final = str.maketrans("đĐ", "dD")  # no combining mark, so decomposition leaves it as it is


def carrier(number: str) -> str:
    """Whose network the national number is in, "" for a land line, a hotline or no number at all."""
    return _CARRIER_OF.get(number[:3], "")


def mobiles(random: Random, count: int) -> tuple[str, ...]:
    """`count` mobile numbers in national form, carriers by their share."""
    prefixes = [own[place % len(own)] for share, own in CARRIERS.values() for place in range(share)]
    return tuple(f"{_one_of(random, prefixes)}{_digits(random, 7)}" for _ in range(count))


def hotlines(random: Random, count: int) -> tuple[str, ...]:
    """`count` hotlines of all forms in turn."""
    forms = (_HOTLINE_FORMS[place % len(_HOTLINE_FORMS)] for place in range(count))
    return tuple(f"{start}{_digits(random, length)}" for start, length in forms)


def extensions(random: Random, count: int) -> tuple[str, ...]:
    """A block of `count` consecutive extensions, of three digits where they suffice, else of four."""
    low, high = next(span for span in _EXTENSIONS.values() if span[1] - span[0] >= count)
    first = low + int(random.random() * (high - low - count + 1))
    return tuple(str(number) for number in range(first, first + count))


def names(random: Random) -> Iterator[str]:
    """Endless names as they are written in Vietnam: family, middle and given name, with their marks."""
    # Here, for Faker looks through all its languages when it is imported, and most commands draw no name.
    from faker import Generator
    from faker.providers.person.vi_VN import Provider as Person

    source = Generator()
    source.seed_instance(int(random.random() * 2**53))
    person = Person(source)
    middle_names_of_men = tuple(name for name in Person.middle_names if name not in _MIDDLE_NAMES_OF_WOMEN)
    while True:
        if random.random() < _WOMEN:
            yield f"{person.last_name()} Thị {person.first_name_female()}"
        else:
            yield f"{person.last_name()} {person.random_element(middle_names_of_men)} {person.first_name_male()}"


def account_of(name: str) -> str:
    """The account name of a person: family and given name without marks, `Nguyễn Thị An` is `nguyen.an`."""
    words = unaccented(name).lower().split()
    return f"{words[0]}.{words[-1]}"


def international(number: str, *, plus: bool = False) -> str:
    """A number with the country's code, `0912345678` as `84912345678`, or with a plus before it.

    A hotline that does not begin with 0 cannot be dialled from abroad and stays as it is.
    """
    if not number.startswith("0"):
        return number
    return f"{'+' if plus else ''}84{number[1:]}"


def unaccented(text: str) -> str:
    """`text` without the marks of its letters, `Nguyễn Thị Đào` is `Nguyen Thi Dao`."""
    letters = unicodedata.normalize("NFD", text.translate(_D_WITH_STROKE))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _one_of(random: Random, choices: list[str]) -> str:
    return choices[int(random.random() * len(choices))]


def _digits(random: Random, length: int) -> str:
    return f"{int(random.random() * 10**length):0{length}d}"
