"""Privacy models and measures in the words of a page."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from casemate.protection.classes import PrivacyModel
from casemate.protection.models import READERS
from casemate.protection.page_words import Words
from casemate.protection.values import plain


def model_in_words(words: Words, model: PrivacyModel) -> str:
    """``model`` with its parameters; one that is not of ours describes itself."""
    document: Mapping[str, Any] = {name: getattr(model, name) for name in _fields(model)}
    kind = getattr(model, "kind", None)
    if kind not in READERS:
        return model.describe()
    parts = {name: _written(words, value) for name, value in document.items()}
    return words.say("m_" + _word(kind, document), **parts)


def measure_in_words(words: Words, name: str) -> str:
    """What a measure counts; one that is not of ours is called by its name."""
    return getattr(words, "q_" + name.replace("-", "_"), name)


def _fields(model: PrivacyModel) -> list[str]:
    return list(getattr(model, "__dataclass_fields__", ()))


def _word(kind: str, parts: Mapping[str, Any]) -> str:
    """The text of a model, which for some is another by what they were told."""
    name = kind.replace("-", "_")
    if kind == "t-closeness":
        return f"{name}_{parts['distance']}"
    if kind == "beta-likeness":
        return f"{name}_{'enhanced' if parts['enhanced'] else 'basic'}"
    if kind == "profitability":
        name = f"{name}_{'journalist' if parts['population'] else 'prosecutor'}"
        return name if parts["attack"] else f"{name}_no_attack"
    return name


def _written(words: Words, value: Any) -> str:
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return words.exact(plain(Fraction(value)))
    return value if isinstance(value, str) else ""
