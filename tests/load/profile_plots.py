"""The pictures of the profiles in `docs/images/`; `python -m tests.load.profile_plots` writes them again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.profiles import PROFILES, Profile
from mock_alohub.load.schedule import departures

FOLDER = Path(__file__).parents[2] / "docs" / "images"
RATE = 200.0
_WIDTH, _HEIGHT = 560, 150
_LEFT, _TOP, _RIGHT, _BOTTOM = 44, 14, 12, 24
_BINS = 120
_STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#59636e}.bar{fill:#9cc4f0}"
    ".rate{fill:none;stroke:#0b5cad;stroke-width:1.8}.axis{stroke:#c4cad1}@media(prefers-color-scheme:dark){"
    "text{fill:#9aa4af}.bar{fill:#2d5380}.rate{stroke:#7db7f5}.axis{stroke:#3d444d}}"
)


def place(profile: Profile) -> Path:
    """Where the picture of `profile` lies."""
    return FOLDER / f"profile-{profile.name}.svg"


def drawn(profile: Profile) -> str:
    """`profile` at 200 calls/s: the rate as a line, the departures of one seed as bars below it."""
    return "\n".join(_lines(profile)) + "\n"


def _lines(profile: Profile) -> Iterator[str]:
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    yield f"<title>{profile.name}: {profile.summary}</title><style>{_STYLE}</style>"
    yield f'<path class="bar" d="{_bars(profile)}"/>'
    curve = profile.curve(RATE, profile.duration_s)
    line = " ".join(f"{_x(at_s, profile)},{_y(rate)}" for at_s, rate in curve.points)
    yield f'<polyline class="rate" points="{line}"/>'
    yield f'<path class="axis" d="M{_LEFT} {_y(0)}H{_WIDTH - _RIGHT}"/>'
    for rate in (0, RATE / 2, RATE):
        yield f'<text x="{_LEFT - 6}" y="{float(_y(rate)) + 4:.1f}" text-anchor="end">{rate:.0f}</text>'
    yield f'<text x="{_LEFT}" y="{_HEIGHT - 8}">0</text>'
    yield f'<text x="{_WIDTH / 2:.0f}" y="{_HEIGHT - 8}" text-anchor="middle">{profile.name}, calls/s</text>'
    yield f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 8}" text-anchor="end">{_span(profile.duration_s)}</text>'
    yield "</svg>"


def _bars(profile: Profile) -> str:
    width_s = profile.duration_s / _BINS
    plan = LoadPlan(
        url="http://127.0.0.1/", webhooks=("alohub.call-ended",), rate=RATE, duration_s=profile.duration_s,
        profile=profile.name, seed=1,
    )  # fmt: skip
    counts = Counter(int(at_s / width_s) for at_s in departures(plan))
    wide = (_WIDTH - _LEFT - _RIGHT) / _BINS - 0.8
    parts = []
    for number in range(_BINS):
        top = _y(counts[number] / width_s)
        parts.append(f"M{_x(number * width_s, profile)} {_y(0)}V{top}h{wide:.2f}V{_y(0)}z")
    return "".join(parts)


def _x(at_s: float, profile: Profile) -> str:
    return f"{_LEFT + at_s / profile.duration_s * (_WIDTH - _LEFT - _RIGHT):.1f}"


def _y(rate: float) -> str:
    # A second of Poisson arrivals may hold more calls than the rate says.
    return f"{_HEIGHT - _BOTTOM - rate / (1.2 * RATE) * (_HEIGHT - _BOTTOM - _TOP):.1f}"


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min" if seconds < 3_600 else "1 h"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for one in PROFILES:
        place(one).write_text(drawn(one), encoding="utf-8")
