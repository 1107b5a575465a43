"""Two plain charts as inline SVG. They load nothing, and take their colours from the page's styles.

A reader who cannot see them hears ``alternative``; each page also gives the figures as a table.
"""

from collections.abc import Sequence
from html import escape

_WIDTH, _HEIGHT = 640, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 28, 46
_STEPS = 4


def bars(
    categories: Sequence[str],
    series: Sequence[tuple[str, Sequence[float]]],
    *,
    x: str,
    alternative: str,
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
                f"{shares[place]:.1%}</title></rect>"
            )
        drawn.append(_below(_LEFT + (place + 0.5) * step, category))
    keys = _keys([name for name, _ in series])
    return _chart([_grid(), *drawn, keys, _title(x)], alternative)


def line(
    points: Sequence[tuple[str, float]], *, x: str, marked: int | None, alternative: str
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
            f"{figure:.3f}</text>"
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


def _title(text: str) -> str:
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    return f'<text x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle">{escape(text)}</text>'


def _keys(names: Sequence[str]) -> str:
    keys = []
    left = float(_LEFT)
    for which, name in enumerate(names):
        keys.append(
            f'<rect class="s{which}" x="{left}" y="4" width="11" height="11"/>'
            f'<text x="{left + 16}" y="14">{escape(name)}</text>'
        )
        left += 40 + 7 * len(name)
    return "".join(keys)


def _chart(parts: Sequence[str], alternative: str) -> str:
    label = escape(alternative, quote=True)
    return (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )
