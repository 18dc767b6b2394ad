"""The pictures of the profiles are of the profiles."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from mock_alohub.load.profiles import NAMES, PROFILES, Profile
from tests.load.profile_plots import FOLDER, drawn, place

EVERY = pytest.mark.parametrize("profile", PROFILES, ids=NAMES)


@EVERY
def test_a_picture_is_as_its_profile_is_now(profile: Profile) -> None:
    assert place(profile).read_text(encoding="utf-8") == drawn(profile), "run `make docs`"


@EVERY
def test_a_picture_can_be_read_by_a_machine_too(profile: Profile) -> None:
    title = ElementTree.fromstring(drawn(profile)).find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text == f"{profile.name}: {profile.summary}"


def test_there_is_no_picture_of_what_is_no_profile() -> None:
    assert {path.name for path in FOLDER.glob("profile-*.svg")} == {place(profile).name for profile in PROFILES}
