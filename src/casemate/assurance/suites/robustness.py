"""Does the answer stay when the question is only disturbed? Each disturbed question is held against itself.

Typing errors, bad OCR, spelling as people speak, a paraphrase, and the options in another order
(Pezeshkpour & Hruschka: "Large Language Models Sensitivity to the Order of Options", Findings of NAACL
2024). Since both are asked in the same run, the comparison is paired: what the model never knew is no
loss.
"""

from collections.abc import Iterator, Sequence
from random import Random

from casemate.assurance.statistics import newcombe_paired
from casemate.assurance.suites import data
from casemate.assurance.suites.ability import parts
from casemate.assurance.suites.choosing import LETTERS, asked, order
from casemate.assurance.suites.contract import (
    SEED,
    About,
    Answer,
    Judgement,
    Outcome,
    Sample,
    Suite,
    drawn,
    question,
)
from casemate.assurance.suites.disturbing import DISTURBANCES
from casemate.assurance.suites.measures import ANSWERED, Judged, Measure, by_part
from casemate.assurance.suites.parsing import Read, State, choice


class Robustness(Suite):
    """The questions of ability, each disturbed in four ways or five, in four languages."""

    about = About(
        name="robustness-own",
        version="1",
        title="Robustness",
        concern="robustness",
        languages=("en", "fr", "de", "lb"),
        licence="CC0-1.0",
        source="written for this project; the spelling rules stand for nobody's dialect",
        method=(
            "Each question is asked twice: as it is, and with typing errors, OCR noise, spoken spelling, a "
            "paraphrase, or its options in reverse order, all drawn by the seed. Fine is the "
            "same answer in "
            "both, right or wrong; beside it stands how many are right before and after, paired. A model "
            "that guesses gives the same answer by chance in a quarter of the cases. It cannot tell of "
            "disturbances made to deceive; see the attacks for those."
        ),
        own=True,
        chance=0.25,
    )

    def samples(self, language: str, seed: int = SEED, limit: int | None = None) -> list[Sample]:
        """A sample a question and disturbance, with two asks; one that changes nothing is left out."""
        self.require_language(language)
        paraphrases = {row["id"]: row[language] for row in data.own("own/paraphrases.tsv")}
        every = [
            one
            for row in data.own("own/ability.tsv")
            for one in _of(row["id"], row[language], language, seed, paraphrases.get(row["id"]))
        ]
        return drawn(every, seed, limit)

    def score(self, answer: Answer, sample: Sample) -> Judgement:
        """Fine where both answers mean the same option."""
        reads = [
            choice(reply.text, sample.more[name].split("\n"), sample.more["language"])
            for reply, name in zip(answer.replies, ("clean", "disturbed"), strict=True)
        ]
        if any(one.state is not State.ANSWERED for one in reads):
            return next(one for one in reads if one.state is not State.ANSWERED).judged(False)
        told = [
            _meant(one, sample.more[name])
            for one, name in zip(reads, ("clean", "disturbed"), strict=True)
        ]
        right = "/".join("right" if one == sample.target else "wrong" for one in told)
        return Judgement(Outcome.FINE if told[0] == told[1] else Outcome.WRONG, right)

    def measures(self, judged: Sequence[Judged]) -> list[Measure]:
        """The share of answers that stay, and how many fewer are right, by disturbance."""
        found = by_part("answer stays", judged, lambda one: one.group)
        for kind in sorted({one.group for one, _ in judged}):
            reads = [
                each.read for one, each in judged if one.group == kind and each.outcome in ANSWERED
            ]
            if reads:
                pairs = ("right/right", "wrong/right", "right/wrong", "wrong/wrong")
                interval = newcombe_paired(*(reads.count(one) for one in pairs))
                found.append(Measure("right, disturbed less clean", interval, 0.0, kind))
        return found


def _meant(read: Read, options: str) -> str:
    return options.split("\n")[LETTERS.index(read.value)]


def _of(
    ident: str, told: str, language: str, seed: int, paraphrase: str | None
) -> Iterator[Sample]:
    text, answers = parts(ident, told)
    options = order(answers, seed, ident)
    clean = asked(text, options, language)
    changed = {
        kind: asked(
            disturb(text, language, Random(f"{seed} {ident} {kind}")),  # noqa: S311 - to be repeated
            options,
            language,
        )
        for kind, disturb in DISTURBANCES.items()
    }
    if paraphrase is not None:
        changed["paraphrase"] = asked(paraphrase, options, language)
    changed["order of options"] = asked(text, options[::-1], language)
    for kind, disturbed in changed.items():
        if disturbed == clean:
            continue
        given = options[::-1] if kind == "order of options" else options
        yield Sample(
            f"{ident}-{kind.replace(' ', '-')}",
            (question(clean), question(disturbed)),
            target=answers[0],
            group=kind,
            most_tokens=12,
            more={"language": language, "clean": "\n".join(options), "disturbed": "\n".join(given)},
        )


ROBUSTNESS = Robustness()
