"""Health: does quitting smoking make people gain weight? NHEFS, re-derived behind every wall."""

from casemate.flagships.declaration import Flagship

FLAGSHIP = Flagship(
    name="health",
    titles={"en": "Health", "fr": "Santé", "de": "Gesundheit", "lb": "Gesondheet"},
    about="1,629 real people's data through the whole flow, and attacks on the three laws.",
)
