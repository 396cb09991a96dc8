"""Where words, swatches and notes go around a map that stands alone as a picture."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from PIL import ImageFont

from fused_spec.maps.scenes.frame import WIDTH
from fused_spec.maps.scenes.scene import Classes, Ramp, Scene, Swatch

_MARGIN = 24.0
_TITLE, _TEXT, _SMALL = 22, 14, 13
_WIDER = 1.08  # what other fonts may need more
_RAMP = 16.0  # pixels for each colour of a ramp
CREDIT = "Land: Natural Earth."


@dataclass(frozen=True, slots=True)
class Text:
    x: float
    y: float
    text: str
    size: int
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """A swatch of a style."""

    x: float
    y: float
    key: str


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of one colour."""

    x: float
    y: float
    width: float
    colour: str
    is_single: bool


@dataclass(slots=True)
class Layout:
    """What is put down line after line; `height` is where the next begins."""

    width: float
    left: float
    top: float = 0.0
    height: float = _MARGIN
    texts: list[Text] = field(default_factory=list)
    swatches: list[Spot] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


def laid_out(scene: Scene) -> Layout:
    """The layout of a whole picture."""
    made = Layout(WIDTH + 2 * _MARGIN, _MARGIN + (WIDTH - scene.width) / 2)
    _write(made, scene.title, _TITLE, 28, is_strong=True)
    if scene.facts:
        _write(made, "   ·   ".join(f"{name} {fact}" for name, fact in scene.facts), _TEXT, 20)
    _write(made, scene.summary, _SMALL, 19)
    made.top = made.height + 4
    made.height = made.top + scene.height + 14
    _legend(made, scene)
    for note in scene.notes:
        _write(made, note, _SMALL, 19)
    if scene.ground.land or scene.locator:
        _write(made, CREDIT, _SMALL, 19)
    made.height += _MARGIN / 2
    return made


def _write(layout: Layout, text: str, size: int, step: float, *, is_strong: bool = False) -> None:
    for line in _wrapped(text, size, WIDTH):
        layout.texts.append(Text(_MARGIN, layout.height + size, line, size, is_strong))
        layout.height += step


def _legend(layout: Layout, scene: Scene) -> None:
    x = _MARGIN
    for one in scene.legend:
        if isinstance(one, Swatch):
            text = f"{one.word} {one.count:,}"
            width = 34 + _length(text, _TEXT) + 26
            if x > _MARGIN and x + width > _MARGIN + WIDTH:
                x, layout.height = _MARGIN, layout.height + 26
            layout.swatches.append(Spot(x, layout.height, one.key))
            layout.texts.append(Text(x + 34, layout.height + 13, text, _TEXT))
            x += width
    if layout.swatches:
        layout.height += 28
    for one in scene.legend:
        if isinstance(one, Ramp):
            _ramp(layout, one)
        elif isinstance(one, Classes):
            _classes(layout, one)


def _ramp(layout: Layout, ramp: Ramp) -> None:
    x = _MARGIN
    for text in (ramp.title, ramp.low):
        layout.texts.append(Text(x, layout.height + 13, text, _TEXT))
        x += _length(text, _TEXT) + 12
    for colour in ramp.colours:
        layout.blocks.append(Block(x, layout.height + 1, _RAMP, colour, is_single=False))
        x += _RAMP
    layout.texts.append(Text(x + 10, layout.height + 13, ramp.high, _TEXT))
    layout.height += 24
    if ramp.says:
        _write(layout, f"{ramp.title}: {ramp.says}.", _SMALL, 19)


def _classes(layout: Layout, classes: Classes) -> None:
    x = _MARGIN
    if classes.entries:
        layout.texts.append(Text(x, layout.height + 13, classes.title, _TEXT))
        x += _length(classes.title, _TEXT) + 14
        for colour, value in classes.entries:
            layout.blocks.append(Block(x, layout.height + 1, 18, colour, is_single=True))
            layout.texts.append(Text(x + 24, layout.height + 13, value, _TEXT))
            x += 24 + _length(value, _TEXT) + 16
        layout.height += 24
    if classes.says:
        _write(layout, f"{classes.title}: {classes.says}.", _SMALL, 19)


def _wrapped(text: str, size: int, width: float) -> Iterator[str]:
    """The text in lines that fit; a word that is longer than a line is broken."""
    line = ""
    for word in text.split():
        while _length(word, size) > width:
            fits = max(1, int(len(word) * width / _length(word, size)) - 1)
            if line:
                yield line
            yield word[:fits]
            line, word = "", word[fits:]
        if line and _length(f"{line} {word}", size) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    if line:
        yield line


def _length(text: str, size: int) -> float:
    return _font(size).getlength(text) * _WIDER


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font
