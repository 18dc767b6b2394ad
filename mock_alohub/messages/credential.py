"""What a sender may carry instead of the agreed key: nothing, another key, a key that is nearly right.

Each is a pure function of the agreed key, so that a run says the same every time.
"""

from __future__ import annotations

import string
from typing import Final

from mock_alohub.messages.transmission import Credential

NO_KEY: Final = Credential(None, None, "no Authorization header")
EMPTY: Final = Credential("", "", "an empty key")
WILDCARD: Final = Credential("%", "%", "a percent sign, which stands for anything where SQL compares with LIKE")

SIGNED: Final = "a signature with the agreed secret"

_PADDING: Final = "="
_SWAPPED: Final = str.maketrans(string.ascii_letters, string.ascii_letters.swapcase())
_TURN: Final = "tr a-zA-Z0-9 n-za-mN-ZA-M5-90-4 | tr -c 'a-zA-Z0-9[:space:]' x"
_ALPHABETS: Final = (string.ascii_lowercase, string.ascii_uppercase, string.digits)


def another(key: str) -> Credential:
    """A key of the same length that differs in every character, and keeps the kind of each."""
    # Turned back it is the key again, so the value is never shown: the shell turns its own copy.
    value = "".join(_turned(character) for character in key)
    shell = f'$(printf %s "$MOCK_ALOHUB_KEY" | {_TURN})'
    return Credential(value, shell, "another key of the same length")


def prefix(key: str) -> Credential | None:
    """The key without its last character; None where HTTP would strip what is left, or base64 needs no such end."""
    if len(key) < 2 or key[-2].isspace() or key.endswith(_PADDING):
        return None
    return Credential(key[:-1], "${MOCK_ALOHUB_KEY%?}", "the key without its last character")


def longer(key: str) -> Credential | None:
    """The key plus a character; None where it is base64: behind its end some decoders read nothing."""
    if key.endswith(_PADDING) or key[:6].lower() == "basic ":
        return None
    return Credential(f"{key}x", "${MOCK_ALOHUB_KEY}x", "the key plus a character")


def other_beginning(key: str) -> Credential | None:
    """The key with another first character (behind a scheme); None for a key of one character."""
    scheme, space, rest = key.rpartition(" ")
    if len(rest) < 2:
        return None
    last = "${MOCK_ALOHUB_KEY##* }"
    first = f'$(printf %s "{last}" | cut -c1 | {_TURN})'
    shell = f'{"${MOCK_ALOHUB_KEY% *} " if space else ""}{first}$(printf %s "{last}" | cut -c2-)'
    return Credential(f"{scheme}{space}{_turned(rest[0])}{rest[1:]}", shell, "the key with another first character")


def changed_case(key: str) -> Credential | None:
    """The key with small letters for capitals and the other way round; None for a key without letters.

    A scheme in front (`Bearer abc`) keeps its letters: it counts without regard to case (RFC 9110, section 11.1).
    """
    scheme, space, rest = key.rpartition(" ")
    # Letters of ASCII alone, as `tr` does: others may change into what no header can carry.
    swapped = rest.translate(_SWAPPED)
    if swapped == rest:
        return None
    turned = '$(printf %s "${MOCK_ALOHUB_KEY##* }" | tr a-zA-Z A-Za-z)'
    shell = f"${{MOCK_ALOHUB_KEY% *}} {turned}" if space else turned
    return Credential(f"{scheme}{space}{swapped}", shell, "the key in changed case")


def inside(key: str) -> Credential:
    """The key between other characters."""
    return Credential(f"x{key}x", "x${MOCK_ALOHUB_KEY}x", "the key inside other text")


def punctuated(key: str) -> Credential | None:
    """The key with a hyphen before its last character; None where credentials are base64, whose decoders skip it."""
    if len(key) < 2 or key.endswith(_PADDING) or key[:6].lower() == "basic ":
        return None
    value = f"{key[:-1]}-{key[-1]}"
    return Credential(
        value, '${MOCK_ALOHUB_KEY%?}-${MOCK_ALOHUB_KEY#"${MOCK_ALOHUB_KEY%?}"}', "the key with a hyphen in it"
    )


def telling(key: str) -> tuple[str, ...]:
    """Every text made of the key here that would give it away, were it shown."""
    lies = (another(key), prefix(key), changed_case(key), punctuated(key))
    # Behind a scheme word, a prefix or a name stands what is secret of it: an answer may repeat that alone.
    last = key.rpartition(" ")[2]
    bare = (last, last.removeprefix("whsec_"), last.partition(":")[2])
    return (key, *bare, *(lie.value for lie in lies if lie is not None and lie.value))


def _turned(character: str) -> str:
    for alphabet in _ALPHABETS:
        if character in alphabet:
            return alphabet[(alphabet.index(character) + len(alphabet) // 2) % len(alphabet)]
    return "x" if not character.isspace() else character
