"""Law: what the law says, on the day that is asked about, with its sources."""

from casemate.flagships.declaration import Flagship

FLAGSHIP = Flagship(
    name="law",
    titles={"en": "Law", "fr": "Droit", "de": "Recht", "lb": "Recht"},
    about="Ten questions in four languages, as of three days, answered by quotes or refused.",
)
