"""The page of claims, written from claims.yml and the stored networks.

A test compares the page with what this writes, so that page and results cannot disagree.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from swapbook import claims
from swapbook.claim_quantities import AMONG_PEOPLE, QUANTITIES
from swapbook.claims import HOLDS, IN_PART, Claim, Finding, Part
from swapbook.conditions import CONDITIONS, SHOWN
from swapbook.places import ROOT
from swapbook.scales import BOOK
from swapbook.tables import PEOPLE
from swaputils.files import write_text

CHAPTERS = sorted(path.name for path in (ROOT / "notebooks").glob("0*.ipynb"))
CLAIMS, PAGE = ROOT / "claims.yml", ROOT / "book" / "claims.md"
OPENING = Path(__file__).with_name("claims_opening.md").read_text()


def number(value: float) -> str:
    if math.isnan(value):
        return "not yet measured"
    return f"{value:.4f}" if 0 < abs(value) < 0.01 else f"{value:.3f}"


def part_row(part: Part, finding: Finding) -> str:
    """A row of a claim's table."""
    who = CONDITIONS[part.condition]
    networks = f"{who.cueing}-cued: {SHOWN[part.condition]}"
    if part.versus:
        networks += f", minus {SHOWN[part.versus]}"
    interval = "" if math.isnan(finding.low) else f" [{number(finding.low)}, {number(finding.high)}]"
    if math.isinf(finding.high):
        interval = " [unbounded]"
    count = (
        f"{finding.count}\N{NO-BREAK SPACE}of\N{NO-BREAK SPACE}{part.seeds}"
        if finding.count < part.seeds
        else f"{finding.count}"
    )
    cells = [(QUANTITIES | AMONG_PEOPLE)[part.quantity].title, networks, f"{part.side} {part.margin:g}", count]
    cells += [number(finding.effect) + interval, finding.verdict]
    return f"| {' | '.join(cells)} |"


def tally(findings: list[Finding]) -> str:
    """The verdict of a claim, and of how many parts it holds where that is not all or none."""
    verdict, held = claims.overall(findings), sum(finding.verdict == HOLDS for finding in findings)
    return f"{verdict} ({held} of {len(findings)})" if verdict == IN_PART else verdict


def section(claim: Claim, findings: list[Finding]) -> str:
    """Heading, sentence, verdict and table of a claim."""
    verdict = f"*{claim.source.capitalize()}.* {claim.says.strip()} **Verdict: {tally(findings)}.**"
    lines = [f"## {claim.name}", "", verdict, ""]
    if claim.forced:
        lines += [f"Forced by the objective: {claim.forced.strip()}", ""]
    if claim.caveat:
        lines += [f"What the tests leave open: {claim.caveat.strip()}", ""]
    lines += ["| measure | networks | claimed | n | effect [95 % interval] | verdict |", "|---|---|---|---|---|---|"]
    lines += [part_row(part, finding) for part, finding in zip(claim.parts, findings)]
    return "\n".join(lines) + "\n"


def summary(every: Sequence[Claim], findings: Mapping[str, list[Finding]]) -> str:
    """All verdicts in one table, with the place where each claim is tested."""
    rows = ["| claim | of | verdict | shown in |", "|---|---|---|---|"]
    for claim in every:
        figures = ", ".join(f"{{numref}}`{name}`" for name in claim.figures)
        place = f"[chapter {claim.chapter}](../notebooks/{CHAPTERS[claim.chapter - 1]})" + (
            f", {figures}" if figures else ""
        )
        rows.append(f"| {claim.name} | {claim.source} | {tally(findings[claim.name])} | {place} |")
    return "\n".join(rows) + "\n"


def judged(part: Part, attempts: pd.DataFrame) -> Finding:
    """What the networks, or the people that they are scored on, say of a part."""
    return claims.find_among_people(part, BOOK, PEOPLE) if part.test == "people" else claims.find(part, attempts)


def judgements() -> dict[str, list[Finding]]:
    """What the stored networks say of every part of every claim, by the claim's name."""
    attempts = claims.trainings(BOOK, PEOPLE)
    return {claim.name: [judged(part, attempts) for part in claim.parts] for claim in claims.read_claims(CLAIMS)}


def page() -> str:
    """The page of claims as the stored networks have it."""
    every, findings = claims.read_claims(CLAIMS), judgements()
    return "\n".join([OPENING, summary(every, findings), *(section(claim, findings[claim.name]) for claim in every)])


def write_page() -> Path:
    """Write the page of claims, whole or not at all, and say where."""
    write_text(PAGE, page())
    return PAGE
