"""Write the page of claims from claims.yml and the stored networks: python -m workflow.claims

A test compares the page with what this writes, so that page and results cannot disagree.
"""

import math
import sys

import pandas as pd

from swaputils.claims import (
    AMONG_PEOPLE,
    QUANTITIES,
    Claim,
    ClaimError,
    Finding,
    Part,
    find,
    find_among_people,
    overall,
    read_claims,
    trainings,
)
from swaputils.conditions import CONDITIONS
from swaputils.store import StoreError, shown, write_text
from workflow.chapters import ROOT

CLAIMS, PAGE = ROOT / "claims.yml", ROOT / "book" / "claims.md"
SCALE, DATA = "laptop", "vandenberg2012_color"
OPENING = """# Claims and verdicts

Every claim below has its measure, margin, test and number of networks in `claims.yml`, which was written before the collection was
evaluated. A claim *holds* when the whole 95 % interval of each
of its parts lies on the claimed side of the margin, *does not hold* when all lie on the other side, and *holds in part* when some parts do
and some do not. Otherwise the book *cannot tell*; and there may be *too few networks* yet to judge.
Intervals of means are t intervals; they may leave the range of what is measured, for instance exceed 1 where an area is near it. What the paper
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
2,000 responses of a network to each display in place of 500.

This page is written by `python -m workflow.claims`; a test fails when it and the stored networks disagree.
"""


def number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4f}" if 0 < abs(value) < 0.01 else f"{value:.3f}"


def part_row(part: Part, finding: Finding) -> str:
    """A row of a claim's table."""
    who = CONDITIONS[part.condition]
    networks = f"{who.cueing}-cued: {who.title}"
    if part.versus:
        networks += f", minus {CONDITIONS[part.versus].title}"
    interval = f" [{number(finding.low)}, {number(finding.high)}]" if not math.isnan(finding.low) else ""
    count = f"{finding.count} of {part.seeds}" if finding.count < part.seeds else f"{finding.count}"
    cells = [(QUANTITIES | AMONG_PEOPLE)[part.quantity][0], networks, f"{part.side} {part.margin:g}", count]
    cells += [number(finding.effect) + interval, finding.verdict]
    return f"| {' | '.join(cells)} |"


def section(claim: Claim, findings: list[Finding]) -> str:
    """Heading, sentence, verdict and table of a claim."""
    lines = [
        f"## {claim.name}",
        "",
        f"*{claim.source.capitalize()}.* {claim.says.strip()} **Verdict: {overall(findings)}.**",
        "",
    ]
    if claim.forced:
        lines += [f"Forced by the objective: {claim.forced.strip()}", ""]
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
    return find_among_people(part, SCALE, DATA) if part.test == "people" else find(part, attempts)


def page() -> str:
    """The page of claims as the stored networks have it."""
    attempts = trainings(SCALE, DATA)
    claims = read_claims(CLAIMS)
    findings = {claim.name: [judged(part, attempts) for part in claim.parts] for claim in claims}
    verdicts = {claim.name: (claim.source, overall(findings[claim.name])) for claim in claims}
    return "\n".join([OPENING, summary(verdicts), *(section(claim, findings[claim.name]) for claim in claims)])


def main() -> None:
    try:
        write_text(PAGE, page())
    except (ClaimError, StoreError) as error:
        sys.exit(f"error: {error}")
    print(f"written: {shown(PAGE)}")


if __name__ == "__main__":
    main()
