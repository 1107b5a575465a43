"""Three plain charts as inline SVG. They load nothing, and take their colours from the page's styles.

A reader who cannot see them hears ``alternative``; each page also gives the figures as a table.
"""

from collections.abc import Callable, Sequence
from html import escape

_WIDTH, _HEIGHT = 640, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 28, 46
_STEPS = 4
_NAMES, _ROW, _LONGEST = 170, 15, 24

Percent = Callable[[float], str]


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _decimal(figure: float, places: int) -> str:
    return f"{figure:.{places}f}"


def bars(
    categories: Sequence[str],
    series: Sequence[tuple[str, Sequence[float]]],
    *,
    x: str,
    alternative: str,
    percent: Percent = _percent,
) -> str:
    """Shares of 0 to 1 over ``categories``, the ``series`` side by side; one colour each."""
    step = (_WIDTH - _LEFT - _RIGHT) / len(categories)
    wide = step * 0.8 / len(series)
    drawn = []
    for place, category in enumerate(categories):
        for which, (name, shares) in enumerate(series):
            left = _LEFT + place * step + step * 0.1 + which * wide
            top = _height(shares[place])
            drawn.append(
                f'<rect class="s{which}" x="{left:.1f}" y="{top:.1f}" width="{wide - 1:.1f}" '
                f'height="{_height(0) - top:.1f}"><title>{escape(name)}, {escape(category)}: '
                f"{escape(percent(shares[place]))}</title></rect>"
            )
        drawn.append(_below(_LEFT + (place + 0.5) * step, category))
    keys = _keys([name for name, _ in series])
    return _chart([_grid(), *drawn, keys, _title(x)], alternative)


def lines_of_bars(
    names: Sequence[str],
    series: Sequence[tuple[str, Sequence[float]]],
    *,
    x: str,
    alternative: str,
    percent: Percent = _percent,
) -> str:
    """Shares of 0 to 1 as bars that lie, a group of the ``series`` for each of ``names``."""
    step = _ROW * len(series) + 8
    height = _TOP + step * len(names) + 24
    wide = _WIDTH - _NAMES - 60
    drawn = []
    for place, name in enumerate(names):
        top = _TOP + place * step
        short = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
        drawn.append(
            f'<text class="name" x="{_NAMES - 8}" y="{top + step / 2:.1f}" '
            f'text-anchor="end">{escape(short)}</text>'
        )
        for which, (_, shares) in enumerate(series):
            at, long = top + which * _ROW, wide * min(1.0, shares[place])
            # one series is drawn as what is, not as what was
            kind = f"s{which}" if len(series) > 1 else "s1"
            drawn.append(
                f'<rect class="{kind}" x="{_NAMES}" y="{at}" width="{long:.1f}" height="{_ROW - 3}"/>'
                f'<text class="figure" x="{_NAMES + long + 5:.1f}" y="{at + 11}">'
                f"{escape(percent(shares[place]))}</text>"
            )
    keys = _keys([name for name, _ in series])
    return _chart([*drawn, keys, _title(x, height)], alternative, height)


def line(
    points: Sequence[tuple[str, float]],
    *,
    x: str,
    marked: int | None,
    alternative: str,
    decimal: Callable[[float, int], str] = _decimal,
) -> str:
    """Figures of 0 to 1 joined from left to right, at even distances; one may be ``marked``."""
    step = (_WIDTH - _LEFT - _RIGHT) / len(points)
    places = [
        (_LEFT + (place + 0.5) * step, _height(figure)) for place, (_, figure) in enumerate(points)
    ]
    path = " ".join(f"{left:.1f},{top:.1f}" for left, top in places)
    drawn = [f'<polyline class="join" points="{path}"/>']
    for place, ((left, top), (label, figure)) in enumerate(zip(places, points, strict=True)):
        kind, size = ("marked", 7) if place == marked else ("s1", 4.5)
        drawn.append(f'<circle class="{kind}" cx="{left:.1f}" cy="{top:.1f}" r="{size}"/>')
        drawn.append(
            f'<text class="figure" x="{left:.1f}" y="{top - 11:.1f}" text-anchor="middle">'
            f"{escape(decimal(figure, 3))}</text>"
        )
        drawn.append(_below(left, label))
    return _chart([_grid(percent=False), *drawn, _title(x)], alternative)


def _height(share: float) -> float:
    return _TOP + (1 - share) * (_HEIGHT - _TOP - _BOTTOM)


def _grid(*, percent: bool = True) -> str:
    lines = []
    for at in range(_STEPS + 1):
        share = at / _STEPS
        label = f"{share:.0%}" if percent else f"{share:.2f}"
        lines.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{_height(share):.1f}" '
            f'y2="{_height(share):.1f}"/><text x="{_LEFT - 7}" y="{_height(share) + 4:.1f}" '
            f'text-anchor="end">{label}</text>'
        )
    return "".join(lines)


def _below(middle: float, label: str) -> str:
    return (
        f'<text x="{middle:.1f}" y="{_HEIGHT - _BOTTOM + 17}" text-anchor="middle">'
        f"{escape(label)}</text>"
    )


def _title(text: str, height: int = _HEIGHT) -> str:
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    return f'<text x="{middle}" y="{height - 6}" text-anchor="middle">{escape(text)}</text>'


def _keys(names: Sequence[str]) -> str:
    keys = []
    left = float(_LEFT)
    for which, name in enumerate(names):
        if not name:  # the only series has no need of a name
            continue
        keys.append(
            f'<rect class="s{which}" x="{left}" y="4" width="11" height="11"/>'
            f'<text x="{left + 16}" y="14">{escape(name)}</text>'
        )
        left += 40 + 7 * len(name)
    return "".join(keys)


def _chart(parts: Sequence[str], alternative: str, height: int = _HEIGHT) -> str:
    label = escape(alternative, quote=True)
    return (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {_WIDTH} {height}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )
