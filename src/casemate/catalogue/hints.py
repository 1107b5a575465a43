"""What a source file itself says of a variable, for the draft of its description."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Hint:
    """A label and the meanings of codes, in the language of the file's author; either may be empty."""

    label: str = ""
    codes: dict[str, str] = field(default_factory=dict)
