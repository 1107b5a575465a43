"""An evaluation in plain words: what was found, what could not be told, what was not tested."""

from collections.abc import Iterable

from casemate.assurance.results import EVERYBODY, Evaluation, Figure


def findings(found: Evaluation) -> list[str]:
    """Whole sentences, the most important first."""
    told = [
        *_performance(found),
        *_groups(found),
        *_four_fifths(found),
        *_shift(found),
        *_explanation(found),
        *_attacks(found),
    ]
    hidden = [one for one in found.figures if one.withheld]
    if hidden:
        groups = len({one.group for one in hidden})
        told.append(
            f"{len(hidden)} figures of {_many(groups, 'subgroup')} are withheld, because they would be "
            f"of, or give away, fewer than {found.settings['least']} people."
        )
    return told


def untested(found: Evaluation) -> list[str]:
    """A sentence for each thing that was not tested."""
    return [f"Not tested: {one.check}: {one.why}." for one in found.not_tested]


def share(figure: Figure) -> str:
    """An estimate with its interval, in percent."""
    if figure.estimate is None or figure.low is None or figure.high is None:
        return "withheld"
    return f"{figure.estimate:.1%} ({figure.low:.1%} to {figure.high:.1%})"


def _performance(found: Evaluation) -> Iterable[str]:
    for one in found.of("performance", "accuracy"):
        if one.group == EVERYBODY and one.baseline is not None:
            better = (
                "better than" if (one.low or 0) > one.baseline else "not told to be better than"
            )
            yield (
                f"The model is right for {share(one)} of {one.n} people, which is {better} always "
                f"giving the more frequent answer ({one.baseline:.1%})."
            )


def _groups(found: Evaluation) -> Iterable[str]:
    tested = [one for one in found.of("fairness") if one.p_value is not None]
    differ = [one for one in tested if one.verdict == "differs"]
    if tested and not differ:
        yield (
            f"None of {len(tested)} comparisons between groups is told from chance; the smallest "
            "difference that could have been seen stands with each."
        )
    for one in differ:
        measure = one.measure.removesuffix(", difference")
        less = "lower" if (one.estimate or 0) < 0 else "higher"
        points = abs(one.estimate or 0)
        yield (
            f"The {measure} of {one.group} is {100 * points:.1f} points {less} than of "
            f"{one.baseline_of.removeprefix('as ')}; after correction for {len(tested)} comparisons "
            f"this is not chance (p = {one.p_value:.2g})."
        )


def _four_fifths(found: Evaluation) -> Iterable[str]:
    said = {
        "below four fifths": "is below four fifths: the rule of thumb for adverse impact is broken",
        "at least four fifths": "is at least four fifths",
        "four fifths: cannot be told": "may be on either side of four fifths: more people are needed",
    }
    for one in found.of("fairness", "demographic parity ratio"):
        yield (
            f"The lowest selection rate {one.group} is {share(one)} of the highest, which "
            f"{said[one.verdict]}."
        )


def _shift(found: Evaluation) -> Iterable[str]:
    for one in found.of("shift", "accuracy, change"):
        if one.verdict == "differs":
            less = "falls" if (one.estimate or 0) < 0 else "rises"
            yield f"With {one.group}, accuracy {less} by {100 * abs(one.estimate or 0):.1f} points."


def _explanation(found: Evaluation) -> Iterable[str]:
    every = found.of("explanation", "decisions turned without it")
    counts = sorted(
        (one for one in every if one.verdict == "counts"), key=lambda one: -(one.estimate or 0)
    )
    if counts:
        listed = ", ".join(f"{one.group} ({one.estimate:.1%} turn without it)" for one in counts)
        yield f"What it decides by, most first: {listed}."
    elif every:
        yield "No single feature is told to count for its decisions."


def _attacks(found: Evaluation) -> Iterable[str]:
    for one in found.of("extraction"):
        yield (
            f"A copy trained on {one.settings['questions']} of its answers agrees with it in {share(one)} "
            f"of other cases; one that never asked it, in {one.baseline:.1%}."
        )
    for check in ("membership inference", "attribute inference"):
        tried = found.of(check)
        telling = [one for one in tried if one.verdict == "differs"]
        if tried:
            names = ", ".join(dict.fromkeys(one.group for one in telling))
            yield (
                f"In {check}, {names} tells more of those who trained it than guessing does."
                if telling
                else f"In {check}, nothing is told from guessing."
            )
    for one in found.of("evasion"):
        yield (
            f"HopSkipJump turns {share(one)} of decisions by changes of at most half a standard "
            f"deviation in every number; chance turns {one.baseline:.1%}."
        )
    worst = min(
        found.of("poisoning"),
        key=lambda one: one.estimate if one.estimate is not None else 0,
        default=None,
    )
    if worst is not None:
        word = "a change" if worst.verdict == "differs" else "no change that is told from chance"
        yield (
            f"Trained anew with {worst.group}, its accuracy changes by "
            f"{100 * (worst.estimate or 0):.1f} points: {word}."
        )


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
