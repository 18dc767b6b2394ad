"""An endpoint for signed webhooks in which nothing may be found."""

from __future__ import annotations

from tests.zoo.member import correct
from tests.zoo.signed import DOCUMENT, NAMES, SECRET, Signed


@correct(key=SECRET, webhooks=NAMES, document=DOCUMENT, generated=12)
class VerifiesByTheReferenceLibrary(Signed):
    """Verifies signatures with the reference library of Standard Webhooks, and processes every message once."""
