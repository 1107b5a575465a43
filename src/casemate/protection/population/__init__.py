"""A national synthetic population from published margins: no real person's record is read.

fitted = fit_population(luxembourg())                  # or read_margins("mine.toml")
write_population("people.parquet", fitted, rows=643_941, seed=1)
for frame in generate_population(fitted, 10_000_000, seed=1): ...
hierarchies = population_hierarchies()                  # commune → canton → *, ages in bands, ...
"""

from casemate.protection.population.drawing import generate_population, write_population
from casemate.protection.population.fitting import Fit, Fitted, fit_population
from casemate.protection.population.generalisation import population_hierarchies
from casemate.protection.population.margins import Margins, luxembourg, margins_from, read_margins

__all__ = [
    "Fit",
    "Fitted",
    "Margins",
    "fit_population",
    "generate_population",
    "luxembourg",
    "margins_from",
    "population_hierarchies",
    "read_margins",
    "write_population",
]
