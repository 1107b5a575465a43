"""The programs of the health flagship, as a researcher would hand them in."""

from importlib.resources import files

from casemate.flagships.health.quit_smoking import VARIABLES

QUIT_SMOKING_FILE = "quit_smoking.py"
QUIT_SMOKING_VARIABLES = ("seqn", *VARIABLES)
"""What the researcher asks for: the analysis's variables, and the participant number as a pseudonym."""


def quit_smoking_script() -> bytes:
    """The source of the inverse-probability-weighted analysis, byte for byte what the enclave runs."""
    return files(__package__).joinpath(QUIT_SMOKING_FILE).read_bytes()
