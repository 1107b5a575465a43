"""Writes which characters the fonts inside Typst have: ``python tools/typst_characters.py``.

A PDF/UA file shows every character or is none, so ``casemate.papers.pdf`` must know before it sets a text.
Typst does not tell; it is asked, by halves, which ranges it can set.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import typst

FILE = Path(__file__).parents[1] / "src" / "casemate" / "papers" / "characters.txt"
PROBE = b"""#set document(title: "probe")
#set text(font: "Libertinus Serif", lang: "en")
#for one in json(bytes(sys.inputs.text)) { par(one) }"""
BLOCKS = [(0x20, 0x7E), (0xA0, 0x52F), (0x1E00, 0x2BFF), (0xFB00, 0xFB06), (0xFFFD, 0xFFFD)]
"""Latin, Greek, Cyrillic, signs and symbols; other scripts the fonts do not have."""
STEP = 32


def can_set(first: int, last: int) -> bool:
    """Whether every character from ``first`` to ``last`` is shown, each on its own."""
    try:
        typst.compile(
            PROBE,
            format="pdf",
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            sys_inputs={"text": json.dumps([chr(one) for one in range(first, last + 1)])},
        )
    except typst.TypstError:
        return False
    return True


def ranges(first: int, last: int) -> Iterator[tuple[int, int]]:
    """The ranges between the two that can be set."""
    if can_set(first, last):
        yield first, last
    elif first < last:
        middle = (first + last) // 2
        yield from ranges(first, middle)
        yield from ranges(middle + 1, last)


def joined(found: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Neighbours made one."""
    held: tuple[int, int] | None = None
    for first, last in found:
        if held is not None and held[1] + 1 == first:
            held = (held[0], last)
        else:
            if held is not None:
                yield held
            held = (first, last)
    if held is not None:
        yield held


def main() -> None:
    """Ask, and write the file."""
    every = (
        one
        for first, last in BLOCKS
        for begin in range(first, last + 1, STEP)
        for one in ranges(begin, min(begin + STEP - 1, last))
    )
    lines = [f"{a:04X}" if a == b else f"{a:04X}-{b:04X}" for a, b in joined(every)]
    FILE.write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
