"""Writes the events of a sample session as a recorder would: pointer paths, clicks, keys, text, frames.

Times and paths vary like those of a person; everything comes from one seeded generator, so that the same seed
gives the same bytes.
"""

from __future__ import annotations

import hashlib
import math
import random
from typing import Any

from mci_core.samples_words import App

WIDTH, HEIGHT = 1920, 1080
# Screens are drawn at two thirds of the screen's size.
SCALE = 1.5
Rect = tuple[int, int, int, int]
Span = tuple[int, int, str]


def on_screen(rect: Rect) -> list[int]:
    """A rectangle of the picture in points of the screen."""
    return [round(side * SCALE) for side in rect]


class Recorder:
    """The events so far, the truth about what is planted in them, and the frames."""

    def __init__(self, session_id: str, rnd: random.Random) -> None:
        self.session_id = session_id
        self.rnd = rnd
        self.events: list[dict[str, Any]] = []
        self.truth: list[dict[str, Any]] = []
        self.frames: dict[str, bytes] = {}
        self.t = 0.0
        self.x, self.y = WIDTH / 2, HEIGHT / 2

    def add(self, kind: str, **fields: Any) -> int:
        """One event; fields that are None are left out. Returns its number."""
        known = {name: value for name, value in fields.items() if value is not None}
        self.events.append({"seq": len(self.events), "t": round(self.t), "type": kind, **known})
        return len(self.events) - 1

    def wait(self, low: float, high: float) -> None:
        """Let some milliseconds pass."""
        self.t += self.rnd.uniform(low, high)

    def focus(self, app: App, title: str, spans: tuple[Span, ...] = (), *, url: str | None = None) -> int:
        """A window comes to the front."""
        seq = self.add(
            "focus",
            app={"name": app.name, "exe": app.exe},
            window={"title": title, "rect": [0, 0, WIDTH, HEIGHT]},
            url=url,
        )
        self._plant(seq, "window.title", title, spans)
        return seq

    def page(self, url: str, spans: tuple[Span, ...] = ()) -> None:
        """Another page in the same window."""
        self._plant(self.add("url", url=url), "url", url, spans)

    def _plant(self, seq: int, field: str, text: str, spans: tuple[Span, ...]) -> None:
        for start, end, kind in spans:
            self.truth.append(
                {
                    "seq": seq,
                    "field": field,
                    "start": start,
                    "end": end,
                    "kind": kind,
                    "value": text[start:end],
                }
            )

    def move(self, x: float, y: float) -> None:
        """The pointer goes somewhere: a minimum-jerk path with a bend and a tremor, about 30 Hz."""
        distance = math.hypot(x - self.x, y - self.y)
        steps = max(3, int((150 + 130 * math.log2(1 + distance / 40)) / 33))
        x0, y0 = self.x, self.y
        bend = self.rnd.uniform(-0.08, 0.08) * distance
        across = (-(y - y0) / distance, (x - x0) / distance) if distance else (0.0, 0.0)
        for step in range(1, steps + 1):
            u = step / steps
            way = u**3 * (10 - 15 * u + 6 * u * u)
            side = bend * math.sin(math.pi * u)
            self.wait(31, 35)
            self.x = x0 + (x - x0) * way + across[0] * side + self.rnd.gauss(0, 0.4)
            self.y = y0 + (y - y0) * way + across[1] * side + self.rnd.gauss(0, 0.4)
            self.add("mouse_move", x=round(self.x), y=round(self.y))

    def click(self, rect: Rect, role: str, name: str, *, secure: bool | None = None) -> None:
        """Point at something and press."""
        left, top, right, bottom = on_screen(rect)
        self.move(
            self.rnd.uniform(left + (right - left) * 0.2, right - (right - left) * 0.2),
            self.rnd.uniform(top + (bottom - top) * 0.3, bottom - (bottom - top) * 0.3),
        )
        self.wait(60, 180)
        target: dict[str, Any] = {"role": role, "name": name, "rect": [left, top, right, bottom]}
        if secure:
            target["secure"] = True
        x, y = round(self.x), round(self.y)
        self.add("mouse_down", x=x, y=y, button="left", target=target)
        self.wait(60, 120)
        self.add("mouse_up", x=x, y=y, button="left")

    def scroll(self, steps: int) -> None:
        """Turn the wheel."""
        self.add("scroll", x=round(self.x), y=round(self.y), dx=0, dy=steps)
        self.wait(200, 600)

    def press(self, key: str, *, secure: bool | None = None) -> tuple[int, int]:
        """One stroke: down and up."""
        self.wait(55, 210)
        down = self.add("key", state="down", key=key, secure=secure)
        self.wait(30, 90)
        return down, self.add("key", state="up", key=key, secure=secure)

    def shortcut(self, modifier: str, key: str) -> None:
        """Two keys together."""
        self.add("key", state="down", key=modifier)
        self.press(key)
        self.wait(20, 60)
        self.add("key", state="up", key=modifier)

    def type(self, text: str, spans: tuple[Span, ...], target: str) -> int:
        """Keys one by one, with a slip now and then, and the text event that has the whole value."""
        first: list[int] = []
        last: list[int] = []
        for char in text:
            if char.isalpha() and self.rnd.random() < 0.02:
                self.press(self.rnd.choice("aeinrst"))
                self.press("Backspace")
            down, up = self.press(char)
            first.append(down)
            last.append(up)
        self.wait(5, 30)
        seq = self.add("text", op="insert", text=text, target={"role": "text field", "name": target})
        self._plant(seq, "text", text, spans)
        for start, end, kind in spans:
            self.truth.append(
                {
                    "seq": first[start],
                    "to_seq": last[end - 1],
                    "kind": kind,
                    "keys": True,
                    "value": text[start:end],
                }
            )
        return seq

    def paste(self, text: str, spans: tuple[Span, ...], target: str) -> int:
        """Control and V, and what came in."""
        self.shortcut("Control", "v")
        self.wait(20, 60)
        target_ = {"role": "text field", "name": target}
        seq = self.add("text", op="insert", text=text, note="paste", target=target_)
        self._plant(seq, "text", text, spans)
        return seq

    def edits(self, pos: int, text: str, spans: tuple[Span, ...]) -> int:
        """An editor that reports each change: a word at a time, in positions of the document."""
        start = len(self.events)
        at = 0
        while at < len(text):
            size = min(len(text) - at, self.rnd.randint(1, 6))
            self.wait(90, 400)
            self.add("text", op="edit", pos=pos + at, text=text[at : at + size])
            at += size
        for begin, end, kind in spans:
            self.truth.append(
                {
                    "seq": start,
                    "to_seq": len(self.events) - 1,
                    "kind": kind,
                    "edits": True,
                    "value": text[begin:end],
                }
            )
        return pos + len(text)

    def secret(self, value: str) -> None:
        """Typed into a password field: the recorder sees that there were keys, not which."""
        start = len(self.events)
        for _ in value:
            self.press("*", secure=True)
        end = len(self.events) - 1
        self.truth.append({"seq": start, "to_seq": end, "kind": "secure_field", "value": value})

    def frame(
        self,
        webp: bytes,
        size: tuple[int, int],
        boxes: list[dict[str, Any]],
        windows: list[dict[str, Any]],
        planted: list[tuple[str, str]],
        reason: str,
    ) -> None:
        """A screenshot with the text that the accessibility tree gives for it."""
        name = f"{self.session_id}/{len(self.frames) + 1:04d}.webp"
        self.frames[name] = webp
        seq = self.add(
            "screenshot",
            file=name,
            sha256=hashlib.sha256(webp).hexdigest(),
            width=size[0],
            height=size[1],
            region=[0, 0, WIDTH, HEIGHT],
            reason=reason,
            boxes=boxes,
            windows=windows,
        )
        for box in boxes:
            for value, kind in planted:
                if value in box["text"]:
                    truth = {"seq": seq, "file": name, "box": box["rect"], "kind": kind, "value": value}
                    self.truth.append(truth)
