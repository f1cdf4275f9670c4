"""Windows of a frame: what certainly belongs to allowed ones is kept, the rest is cut out or refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mci_core.redaction.frames import FrameRefused
from mci_core.redaction.frames_windows import MARGIN, cuts, secret_fields, secret_places

SCREEN = [0, 0, 1000, 500]


def shot(*windows: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "type": "screenshot",
        "file": "a.webp",
        "width": 1000,
        "height": 500,
        "region": SCREEN,
        "windows": list(windows),
        **fields,
    }


def window(*rect: float, allowed: bool = True, **fields: Any) -> dict[str, Any]:
    return {"app": "A", "allowed": allowed, "rect": list(rect) or None, **fields}


def is_cut(rects: list[tuple[int, int, int, int]], x: float, y: float) -> bool:
    return any(left <= x < right and top <= y < bottom for left, top, right, bottom in rects)


def test_allowed_windows_keep_the_frame_whole() -> None:
    assert cuts(shot(window(0, 0, 10, 10), window())) == []
    assert cuts({"windows": None}) == []


def test_a_window_that_is_not_allowed_is_cut_out_and_the_desktop_with_it() -> None:
    found = cuts(shot(window(0, 0, 600, 500), window(400, 100, 900, 300, allowed=False)))
    assert not is_cut(found, 100, 100)
    assert is_cut(found, 450, 200)
    assert is_cut(found, 400 - MARGIN, 200)
    assert not is_cut(found, 450, 320)
    assert is_cut(found, 950, 450)
    # A round corner shows what is behind it; where the screen ends there is none.
    assert is_cut(found, 599, 400)
    assert not is_cut(found, 0, 0)


def test_a_window_hides_another_only_when_that_is_known() -> None:
    front: dict[str, Any] = {"z": 5, "opacity": 1}
    behind: dict[str, Any] = {"z": 1, "allowed": False}
    hidden = cuts(shot(window(0, 0, 500, 500, **front), window(100, 100, 300, 300, **behind)))
    assert not is_cut(hidden, 200, 200)
    for changed in ({"z": 0}, {"z": None}, {"z": 1}, {"z": 5.5}, {"opacity": None}):
        found = cuts(shot(window(0, 0, 500, 500, **(front | changed)), window(100, 100, 300, 300, **behind)))
        assert is_cut(found, 200, 200), changed
        assert not is_cut(found, 400, 400)


def test_a_transparent_window_shows_what_is_behind_it() -> None:
    other = window(0, 300, 200, 500, allowed=False, z=1)
    found = cuts(shot(window(0, 0, 1000, 200), window(300, 200, 900, 450, opacity=0.8, z=9), other))
    assert is_cut(found, 500, 300)
    assert not is_cut(found, 500, 100)


def test_minimised_windows_do_not_count() -> None:
    assert cuts(shot(window(0, 0, 10, 10), window(allowed=False, minimized=True))) == []


def test_windows_on_all_monitors_lie_where_the_region_says() -> None:
    wide = {"region": [-1000, 0, 1000, 1000]}
    found = cuts(shot(window(0, 0, 1000, 1000), window(-900, 100, -100, 900, allowed=False), **wide))
    assert is_cut(found, 10, 10)
    assert not is_cut(found, 750, 250)


@pytest.mark.parametrize(
    "event",
    [
        shot(window(0, 0, 1000, 500), window(allowed=False)),
        shot(window(0, 0, 1000, 500), window(5, 5, 5, 50, allowed=False)),
        shot(window(0, 0, 1000, 500), window(0, 0, 9, 9, allowed=False), region=None),
        shot(window(0, 0, 1000, 500), window(0, 0, 9, 9, allowed=False), region=[5, 5, 5, 5]),
        shot(window(0, 0, 1000, 500), window(0, 0, 990, 499, allowed=False)),
        shot(window(), window(0, 0, 9, 9, allowed=False)),
        shot(window(0, 0, 9, 9, allowed=False)),
        shot(*(window(0, 0, 9, 9, allowed=bool(at)) for at in range(70))),
    ],
)
def test_what_cannot_be_told_refuses_the_frame(event: dict[str, Any]) -> None:
    with pytest.raises(FrameRefused) as caught:
        cuts(event)
    assert caught.value.code == "window_not_allowed"


_side = st.integers(-50, 1050)
_windows = st.builds(
    lambda x, y, wide, high, allowed, z, opacity: window(
        x, y, x + wide, y + high, allowed=allowed, z=z, opacity=opacity
    ),
    _side,
    _side,
    st.integers(1, 900),
    st.integers(1, 600),
    st.booleans(),
    st.sampled_from([None, 1, 2, 3]),
    st.sampled_from([None, 1, 0.5]),
)


@given(st.lists(_windows, min_size=1, max_size=6), st.integers(0, 999), st.integers(0, 499))
def test_no_pixel_of_a_foreign_window_stays_unless_one_in_front_hides_it(
    windows: list[dict[str, Any]], x: int, y: int
) -> None:
    try:
        found = cuts(shot(*windows))
    except FrameRefused:
        return
    here = [
        one
        for one in windows
        if one["rect"][0] <= x < one["rect"][2] and one["rect"][1] <= y < one["rect"][3]
    ]
    hiders = [one for one in here if one["allowed"] and one["opacity"] == 1 and one["z"] is not None]
    for one in here:
        if not one["allowed"] and not any(one["z"] is not None and hider["z"] > one["z"] for hider in hiders):
            assert is_cut(found, x, y)


def test_password_fields_of_the_text_layer_and_of_the_session() -> None:
    layer = [{"rect": [1, 2, 3, 4], "text": "x", "role": "password"}, {"rect": [5, 6, 7, 8], "text": "y"}]
    assert secret_fields(shot(boxes=layer), [[100, 100, 200, 120]]) == [(1, 2, 3, 4), (100, 100, 200, 120)]
    with pytest.raises(FrameRefused) as caught:
        secret_fields(shot(region=None), [[1, 2, 3, 4]])
    assert caught.value.code == "field_place_unknown"


def test_password_fields_are_known_until_the_window_changes() -> None:
    field = {"role": "input_password", "rect": [1, 2, 3, 4]}
    events: list[dict[str, Any]] = [
        {"type": "screenshot", "file": "0.webp"},
        {"type": "mouse_down", "target": field},
        {"type": "mouse_up", "target": field},
        {"type": "key", "target": {"role": "button"}},
        {"type": "screenshot", "file": "1.webp"},
        {"type": "focus"},
        {"type": "screenshot", "file": "2.webp"},
    ]
    assert secret_places(events) == {"1.webp": [[1, 2, 3, 4]]}
