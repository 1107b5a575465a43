"""XML from outside, read safely, and its text as lines of print."""

import re
from collections.abc import Collection, Iterator
from hashlib import sha256

from lxml import etree

from casemate.errors import BadInput

MOST_DEEP = 200
"""Elements within each other: no law has half as many."""
_SPACES = re.compile(r"\s+")
_BLANKS = re.compile(r"[ \t\xa0]+")


def parse(content: bytes, name: str) -> etree._Element:
    """The root of ``content``; nothing outside of it is read and no entity of its own is filled in.

    Raises ``BadInput`` with the line where the file is broken.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as failure:
        raise BadInput(f"{name} is no whole XML: {failure.msg}") from failure
    if root is None:
        raise BadInput(f"{name} holds no XML element")
    _refuse_depth(root, name)
    return root


def _refuse_depth(root: etree._Element, name: str) -> None:
    """Readers call themselves for what lies within: without end, that would end the program."""
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MOST_DEEP:
            raise BadInput(f"{name} has elements more than {MOST_DEEP} deep: no document is so")


def local(element: etree._Element) -> str:
    """The element's name without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def namespace(element: etree._Element) -> str:
    """The element's namespace, empty where there is none."""
    tag = element.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag.startswith("{") else ""


def children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """The children of these names, of any namespace."""
    return (child for child in element if local(child) in names)


def child(element: etree._Element, *names: str) -> etree._Element | None:
    """The first child of these names."""
    return next(children(element, *names), None)


def within(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """Every descendant of these names, in order."""
    return (one for one in element.iterdescendants() if local(one) in names)


def words(
    element: etree._Element | None,
    leave_out: Collection[str] = (),
    blocks: Collection[str] = ("p", "P", "TXT", "br"),
) -> str:
    """All text of ``element`` in one line."""
    if element is None:
        return ""
    return " ".join(lines(element, blocks, leave_out))


def lines(
    element: etree._Element, blocks: Collection[str], leave_out: Collection[str] = ()
) -> list[str]:
    """The text of ``element``: a new line at each of ``blocks``, and nothing of ``leave_out``."""
    raw = "".join(_pieces(element, blocks, leave_out))
    clean = (_SPACES.sub(" ", line).strip() for line in raw.split("\0"))
    return [line for line in clean if line]


def digest_as_filed(
    element: etree._Element, blocks: Collection[str], leave_out: Collection[str] = ()
) -> str:
    """SHA-256 of the text with the file's own line breaks kept within paragraphs too."""
    raw = "".join(_pieces(element, blocks, leave_out)).replace("\0", "\n")
    clean = (_BLANKS.sub(" ", line).strip() for line in raw.split("\n"))
    return sha256("\n".join(line for line in clean if line).encode()).hexdigest()


def _pieces(
    element: etree._Element, blocks: Collection[str], leave_out: Collection[str]
) -> Iterator[str]:
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, one in walk:
        name = local(one)
        if name in leave_out:
            if event == "start":
                walk.skip_subtree()
        elif event == "start":
            yield "\0" if name in blocks else ""
            yield one.text or ""
        elif name in blocks:
            yield "\0"
        if event == "end" and one is not element:
            yield one.tail or ""
