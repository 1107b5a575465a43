"""Every page there is, as it is looked at in a real browser. No test.

By axe, in both themes and all languages, and for the screenshots in ``docs/``. Whoever adds a page adds a
line: a name, who looks (``None``: a visitor), and its address without the language. ``{dataset}`` and the
like are records of ``browser_world``: dataset (the clinic), open_dataset, draft (an application not handed
in), application (handed in, undecided), returned (given back), refused, permit (in force), revoked, run
(done), held (an output that waits for a checker), released, stopped (an output that was refused).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """One page. ``pictured``: a screenshot of it lies in docs/."""

    name: str
    who: str | None
    path: str
    pictured: bool = True


PAGES = (
    Shown("home", None, ""),
    Shown("sign-in", None, "/sign-in", pictured=False),
    Shown("catalogue", None, "/catalogue"),
    Shown("catalogue-narrowed", None, "/catalogue?q=clinic&theme=HEAL", pictured=False),
    Shown("catalogue-nothing", None, "/catalogue?q=nothing+such", pictured=False),
    Shown("dataset", None, "/catalogue/{dataset}"),
    Shown("dataset-variable", None, "/catalogue/{dataset}?look=sex", pictured=False),
    Shown("dataset-open", "acct-researcher", "/catalogue/{open_dataset}"),
    Shown("design", None, "/design"),
    Shown("not-found", None, "/nowhere", pictured=False),
)
