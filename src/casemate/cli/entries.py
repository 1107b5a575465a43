"""What a person says of a program on the command line, for its entry in the register."""

from typing import Annotated, Any

import typer

from casemate.cli.files import pair
from casemate.errors import BadInput
from casemate.register.records import every_field

NO_AI = {"ai_act_class": "out_of_scope", "publication_category": "other"}
"""What is said of a program all of whose rules people wrote (AI Act Art. 3(1), Recital 12)."""
Describe = Annotated[
    str | None, typer.Option(help="What it does, in plain words, for the register.")
]
NoAi = Annotated[
    bool,
    typer.Option(
        "--no-ai",
        help="State that people alone wrote all its rules and that it decides on nobody: no AI system.",
    ),
]
AiClass = Annotated[
    str | None,
    typer.Option(help="Its class under the AI Act, as `casemate classify` says it."),
]
OfAlgorithm = Annotated[
    str | None,
    typer.Option(
        "--algorithm",
        help="The register's entry that it is of (default: that of the same program, or a new one).",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="FIELD=VALUE of the entry; entries of a list with commas between."),
]


def said(
    describe: str | None, ai_class: str | None, *, no_ai: bool, settings: list[str] | None = None
) -> dict[str, Any]:
    """The fields of a record that the options tell; raises ``BadInput`` where two contradict."""
    if no_ai and ai_class is not None:
        raise BadInput("--no-ai and --ai-class say two things: give one")
    told: dict[str, Any] = dict(NO_AI) if no_ai else {}
    if describe is not None:
        told["short_description"] = describe
    if ai_class is not None:
        told["ai_act_class"] = ai_class
    return told | dict(_setting(one) for one in settings or ())


def _setting(text: str) -> tuple[str, Any]:
    name, value = pair(text, "--set", "VALUE")
    field = every_field().get(name)
    if field is not None and field.kind in ("words", "links"):
        return name, [one.strip() for one in value.split(",") if one.strip()]
    return name, value
