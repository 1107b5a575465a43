"""The options of ``casemate protect anonymise``: what each means, in one place."""

from pathlib import Path
from typing import Annotated

import typer

PlanFile = Annotated[
    Path | None, typer.Option(help="The plan, TOML or JSON; or describe it by the flags below.")
]
QuasiIdentifiers = Annotated[str, typer.Option(help="Names, with commas between.")]
Hierarchies = Annotated[
    list[str] | None, typer.Option(help="NAME=FILE in ARX's form; else one is proposed.")
]
Levels = Annotated[
    list[str] | None, typer.Option(help="NAME=LEVEL, or NAME=LOWEST..HIGHEST, that it may have.")
]
Weights = Annotated[
    list[str] | None, typer.Option(help="NAME=NUMBER: how much its loss counts; else 1.")
]
K = Annotated[
    str | None, typer.Option("--k", help="The least size of a class; 5 where no model is named.")
]
DistinctL = Annotated[
    str | None, typer.Option("--l", help="Distinct l-diversity of what is --sensitive.")
]
EntropyL = Annotated[str | None, typer.Option(help="Entropy l-diversity of what is --sensitive.")]
Recursive = Annotated[str | None, typer.Option(help="Recursive (c, l)-diversity: C,L.")]
T = Annotated[
    str | None, typer.Option("--t", help="t-closeness by equal distance; others by --model.")
]
DeltaDisclosure = Annotated[str | None, typer.Option(help="δ-disclosure privacy.")]
Beta = Annotated[str | None, typer.Option(help="β-likeness.")]
KMap = Annotated[
    str | None, typer.Option(help="People of the --population who are alike, at least.")
]
MaxRisk = Annotated[str | None, typer.Option(help="No record's risk is above this.")]
AverageRisk = Annotated[str | None, typer.Option(help="The mean risk is at most this.")]
RecordsAtRisk = Annotated[
    str | None, typer.Option(help="K,SHARE: at most this share in classes below K.")
]
Models = Annotated[
    list[str] | None,
    typer.Option(help='Any model: "t-closeness:t=0.2,attribute=job"; hierarchy=FILE, order=a|b.'),
]
Sensitive = Annotated[str, typer.Option(help="Attributes that the models protect.")]
Population = Annotated[
    Path | None, typer.Option(help="A table of the population, for models that know one.")
]
PopulationCount = Annotated[
    str | None, typer.Option(help="Its column of people a line; else a line is a person.")
]
Suppression = Annotated[
    str, typer.Option(help="The share of records that may go; 0.02 if not said.")
]
Measure = Annotated[
    str,
    typer.Option(help="What is made least; loss if not said. payout: of the model profitability."),
]
Parts = Annotated[
    list[str] | None,
    typer.Option(help="Any other part of a plan, as TOML: 'recoding = \"local\"'; repeatable."),
]
Pseudonyms = Annotated[str, typer.Option(help="Identifiers to pseudonymise.")]
Drop = Annotated[str, typer.Option(help="Variables that do not leave.")]
SavePlan = Annotated[
    Path | None, typer.Option(help="Write the plan that the flags describe, as JSON.")
]
Certificate = Annotated[Path | None, typer.Option(help="Write the certificate.")]
SigningKey = Annotated[
    Path | None, typer.Option(help="Sign the certificate: an Ed25519 private key, PEM.")
]
Seconds = Annotated[
    float | None, typer.Option(help="End the search then, with the best found; so does Ctrl-C.")
]
Nodes = Annotated[int | None, typer.Option(help="End the search after so many generalisations.")]
