"""The page of claims, written from claims.yml and the stored networks.

A test compares the page with what this writes, so that page and results cannot disagree.
"""

import math
from pathlib import Path

import pandas as pd

from swapbook.claim_quantities import AMONG_PEOPLE, QUANTITIES
from swapbook.claims import (
    HOLDS,
    IN_PART,
    Claim,
    Finding,
    Part,
    find,
    find_among_people,
    overall,
    read_claims,
    trainings,
)
from swapbook.conditions import CONDITIONS
from swapbook.places import ROOT
from swapbook.scales import BOOK
from swapbook.tables import PEOPLE
from swaputils.files import write_text

CLAIMS, PAGE = ROOT / "claims.yml", ROOT / "book" / "claims.md"
OPENING = """# Claims and verdicts

Every claim below has its measure, margin, test and number of networks in `claims.yml`, most of which was written before the collection was
evaluated. A part of a claim *holds* when its whole 95 % interval lies on the claimed side of the margin, and *does not hold* when all of it lies
on the other side. A claim *holds* when all its parts do; where a part does not, the claim *holds in part* if another does, and else *does not
hold*. Otherwise the book *cannot tell*; and there may be *too few networks* yet to judge.
Intervals of means are t intervals; they may leave the range of what is measured, for instance exceed 1 where an area is near it. Intervals
over people hold for the networks and fits of the book; how much others, trained anew, would differ is not in them. What the paper
claims is said in this book's words, after its abstract, figures and code. A verdict is on the tests of a claim alone; [](../notebooks/04_neural_comparison.ipynb) and
[](../notebooks/05_predictions.ipynb) show the same measures in conditions that no claim names, such as networks that turn their planes without swaps.

What had been seen when the thresholds were written: the behaviour of seeds 0 to 2 of `index_swap` and `probe_similarity_00` and of seed 0 of
`index_task_optimal`, `probe_task_optimal`, `probe_mean_regression`, `probe_human` and `human_n4`; the activity of seed 0 of `index_swap`,
`index_task_optimal`, `probe_similarity_00` and `probe_task_optimal`. The last three claims, on people, were added later, before any network that
was taught people's responses without swaps, or limited trials, had been trained to its end; known by then were the scores on held-out
people of seed 0 of `human_n4` and those of chapter 1's model and of the GRU with limited trials. Moment matching was given another
distance, another first stage, a larger batch and more updates after its first networks had missed the target's moments. The sentence on
ancestry was wider before its networks were seen, that they "end with the colour planes of one trained from scratch"; its tests, which
are unchanged, do not ask that much, and chapter 4 shows that the planes before the cue differ. After all of these had been evaluated on some
seeds, networks of four items were trained anew at half the rates, because a third had diverged, and people's scores were computed from
2,000 responses of a network to each display in place of 500. A fourth network of the energy score was added because one of three had
diverged. Trainings whose network swaps more than the ideal sampler by over .10 count as not converged and enter no mean; this rule is
older than the collection. With the results known: one part was replaced, the last of the first claim, which had been on the
log density of responses under the target, because networks that make no swaps would have passed it better; its margin was
chosen with the networks seen. The interval of the share of the gap became Fieller's in place of a bootstrap's. A part that does not hold
now counts against a claim of which no part holds yet. The claim on dendrites and 64 units had said that the turn does not need them.

**Colour planes were measured wrongly** until chapter 4 was rewritten: activity was averaged in bins of one item's colour, although the colours of
a display keep a distance, so that every plane held a part of the other. Six claims rest on these planes: that they turn, that only
training on behaviour turns them, that similar cues share one, that flat swaps need parallel ones, that dendrites and 64 units do the same, and
that ancestry does not matter. Their tests are as they were; the measure is regression on both colours, on displays whose colours are
independent. What it gives for most of these networks was known when it was chosen. *Swapping costs separation* and *The turn is made within the cue* were
added then, with the networks known.

This page is written by `python -m swapbook claims`; a test fails when it and the stored networks disagree.
"""


def number(value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.4f}" if 0 < abs(value) < 0.01 else f"{value:.3f}"


def part_row(part: Part, finding: Finding) -> str:
    """A row of a claim's table."""
    who = CONDITIONS[part.condition]
    networks = f"{who.cueing}-cued: {who.title}"
    if part.versus:
        networks += f", minus {CONDITIONS[part.versus].title}"
    interval = "" if math.isnan(finding.low) else f" [{number(finding.low)}, {number(finding.high)}]"
    if math.isinf(finding.high):
        interval = " [unbounded]"
    count = f"{finding.count} of {part.seeds}" if finding.count < part.seeds else f"{finding.count}"
    cells = [(QUANTITIES | AMONG_PEOPLE)[part.quantity].title, networks, f"{part.side} {part.margin:g}", count]
    cells += [number(finding.effect) + interval, finding.verdict]
    return f"| {' | '.join(cells)} |"


def tally(findings: list[Finding]) -> str:
    """The verdict of a claim, and of how many parts it holds where that is not all or none."""
    verdict, held = overall(findings), sum(finding.verdict == HOLDS for finding in findings)
    return f"{verdict} ({held} of {len(findings)})" if verdict == IN_PART else verdict


def section(claim: Claim, findings: list[Finding]) -> str:
    """Heading, sentence, verdict and table of a claim."""
    lines = [
        f"## {claim.name}",
        "",
        f"*{claim.source.capitalize()}.* {claim.says.strip()} **Verdict: {tally(findings)}.**",
        "",
    ]
    if claim.forced:
        lines += [f"Forced by the objective: {claim.forced.strip()}", ""]
    if claim.caveat:
        lines += [f"What the tests leave open: {claim.caveat.strip()}", ""]
    lines += [
        "| measure | networks | claimed | n | effect [95 % interval] | verdict |",
        "|---|---|---|---|---|---|",
    ]
    lines += [part_row(part, finding) for part, finding in zip(claim.parts, findings)]
    return "\n".join(lines) + "\n"


def summary(verdicts: dict[str, tuple[str, str]]) -> str:
    """All verdicts in one table."""
    rows = [f"| {name} | {source} | {verdict} |" for name, (source, verdict) in verdicts.items()]
    return "\n".join(["| claim | of | verdict |", "|---|---|---|", *rows]) + "\n"


def judged(part: Part, attempts: pd.DataFrame) -> Finding:
    """What the networks, or the people that they are scored on, say of a part."""
    return find_among_people(part, BOOK, PEOPLE) if part.test == "people" else find(part, attempts)


def judgements() -> dict[str, list[Finding]]:
    """What the stored networks say of every part of every claim, by the claim's name."""
    attempts = trainings(BOOK, PEOPLE)
    return {claim.name: [judged(part, attempts) for part in claim.parts] for claim in read_claims(CLAIMS)}


def page() -> str:
    """The page of claims as the stored networks have it."""
    claims, findings = read_claims(CLAIMS), judgements()
    verdicts = {claim.name: (claim.source, tally(findings[claim.name])) for claim in claims}
    return "\n".join([OPENING, summary(verdicts), *(section(claim, findings[claim.name]) for claim in claims)])


def write_page() -> Path:
    """Write the page of claims, whole or not at all, and say where."""
    write_text(PAGE, page())
    return PAGE
