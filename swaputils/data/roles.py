"""Which column of a user's file is what: by the options, by our names, or by names that are common."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from swaputils.data.layout import Layout
from swaputils.data.sources import listed
from swaputils.data.table import DataError
from swaputils.files import shown

NOISE = (  # words that say which feature or unit, not which item
    "deg degree degrees rad radian radians angle angles ang value val color colour colors colours col hue orientation orientations "
    "ori direction dir feature"
)
PEOPLE = (
    "subject subjectid subjectnumber subjectno subjectnum subjectnr subjectname subjects subj subjid subjno subjnum "
    "subid subno subnum sub participant participants participantid participantnumber participantno ppt pptid ppid pid "
    "observer person personid vp vpnr vpn vpcode proband prolificid prolificpid workerid"
)
NAMES = {  # without blanks, underscores and capitals; what stands before the bar is looked up before what stands behind it
    "subject": f"{PEOPLE} | id s pp obs ppn sid",
    "trial": "trial trials trialnumber trialno trialnum trialnr trialindex trialid |",
    "block": "block blocknumber blockno blocknum blocknr |",
    "set_size": "setsize nitems nitem numitems numberofitems itemcount memoryload arraysize numstim nstim nstimuli | n ss load size",
    "response": "response responses resp answer reported recalled responded reportedresponse subjectresponse participantresponse "
    "| report estimate choice click judgement judgment reproduction",
    "error": "error errors responseerror resperror err recallerror reporterror angularerror signederror deviation dev |",
    "target": "target targets targ tgt | correctanswer correctresponse truth stimulus stim cued goal presented",
    "probed": "targetindex targetitem targetnumber targetno probeditem probedindex cueditem testeditem testindex whichitem |",
    "is_target": "istarget istarg wastarget isprobed probed tested iscued | target",
    "item": "item items itemfeature | feature color colour orientation angle value stimulus stim",
    "cue": "cue cuelocation cuevalue | location loc position pos place",
}
OTHERS = "nontargets? nt ntarg ntarget nontarg distractors? distr lures? foils? noncued uncued unprobed nonprobed otheritem other"
PLACE = "(?:cue|cued|location|loc|position|pos|place)"
OTHER = f"(?:{'|'.join(OTHERS.split())})"
CUE_TARGET = re.compile(rf"{PLACE}(?:target|targ)|(?:target|targ|probe|probed|cued){PLACE}")
FAMILIES = {  # of numbered columns, in the order in which they are looked up
    "cue_nontarget_": re.compile(rf"{PLACE}{OTHER}(\d*)|{OTHER}{PLACE}(\d*)|{OTHER}(\d+){PLACE}"),
    "nontarget_": re.compile(rf"{OTHER}(\d*)"),
    "cue_item_": re.compile(rf"{PLACE}(?:item|stim|object)?(\d+)|(?:item|stim|object)(?:{PLACE}(\d+)|(\d+){PLACE})"),
    "item_": re.compile(r"(?:item|items|stim|stimulus|object|obj|element)?(\d+)"),
}


@dataclass(frozen=True)
class Roles:
    """Headers of the file by our names, and notes on what was not used."""

    of: dict[str, str]
    notes: tuple[str, ...] = ()


def numbered(names: Iterable[str], family: str) -> list[str]:
    """The members of a family in the order of their numbers."""
    found = [name for name in names if re.fullmatch(rf"{family}\d+", name)]
    return sorted(found, key=lambda name: int(name.removeprefix(family)))


def find_roles(path: Path, cells: pd.DataFrame, layout: Layout) -> Roles:
    """What each column is; DataError where one is needed and not there, or two could be it."""
    for ours, theirs in layout.named.items():
        if theirs not in cells:
            raise DataError(f"{shown(path)}: misses the column {theirs!r}, to be read as {ours}; found {listed(cells)}")
    condition = [layout.condition] if layout.condition else []
    for option, asked in {"ignore": layout.ignore, "units-of": layout.unit_of_column, "condition": condition}.items():
        for name in asked:
            if name not in cells:
                raise DataError(f"{shown(path)}: has no column {name!r} for --{option}; there are {listed(cells)}")
    given = layout.named
    free = [name for name in cells if name not in (*given.values(), *layout.ignore)]
    guessed: dict[str, list[str]] = {}
    for level in (_canonical, partial(_known, group=0), partial(_known, group=1)):
        found: dict[str, list[str]] = {}
        for name in free:
            role = level(name, layout.long)
            if role and role not in given and role not in guessed:
                found.setdefault(role, []).append(name)
        guessed |= found
        free = [name for name in free if not any(name in names for names in found.values())]
    notes: list[str] = []
    _drop_row_numbers(cells, guessed)
    _drop_unfit(cells, guessed, given, layout, notes)
    for ours, names in guessed.items():
        if len(names) > 1:
            both = " and ".join(f"'{name}'" for name in names)
            what = {"subject": "person", "set_size": "set size"}.get(ours, ours.replace("_", " "))
            raise DataError(f"{shown(path)}: {both} could each be the {what}; name one: --columns {ours}={names[0]}")
    of = {ours: names[0] for ours, names in guessed.items()} | given
    _refuse_missing(path, cells, of, layout)
    return Roles(of, tuple(notes))


def _canonical(header: str, long: bool) -> str | None:
    """The header itself where it is one of our names."""
    names = {"subject", "set_size", "response", "target", "error", "trial", "block", "cue_target"}
    if long:
        names = (names - {"target", "cue_target"}) | {"item", "is_target", "cue"}
    ours = header in names or (not long and re.fullmatch(r"(cue_)?nontarget_[1-9]\d*", header))
    return header if ours else None


def key(header: str) -> str:
    """A header without capitals, blanks, marks and words for the feature or its unit."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", header)
    words = re.findall(r"[a-z0-9]+", spaced.lower())
    kept = []
    for word in words:
        letters = word.rstrip("0123456789")
        kept.append(word.removeprefix(letters) if letters in NOISE.split() else word)
    return "".join(kept) or "".join(words)


def _known(header: str, long: bool, group: int) -> str | None:
    """Our name for a header that is common, at one of two levels of certainty."""
    short, whole = key(header), "".join(re.findall(r"[a-z0-9]+", header.lower()))
    for ours, names in NAMES.items():
        if ours in ("is_target", "item", "cue") and not long or ours == "target" and long:
            continue
        if {short, whole} & set(names.split("|")[group].split()):
            return ours
    if long or group:
        return None
    for family, pattern in FAMILIES.items():
        match = pattern.fullmatch(short)
        if match:
            return family + (next((digits for digits in match.groups() if digits), "1").lstrip("0") or "0")
    return "cue_target" if CUE_TARGET.fullmatch(short) else None


def _drop_row_numbers(cells: pd.DataFrame, guessed: dict[str, list[str]]) -> None:
    """A column "id" that differs in every row numbers the rows, not people."""
    for name in guessed.get("subject", []):
        if key(name) in NAMES["subject"].partition("|")[2].split() and cells[name].nunique() == len(cells) > 1:
            del guessed["subject"]
            return


def _drop_unfit(cells: pd.DataFrame, guessed: dict, given: dict, layout: Layout, notes: list[str]) -> None:
    """Leave out what goes with nothing else: items without the number of the probed one, cues of the target alone."""
    of = guessed | given
    drop = []
    if not numbered(of, "item_") or "probed" not in of:
        drop += [ours for ours in guessed if re.match(r"(cue_)?item_|probed", ours)]
    elif "target" in guessed:
        drop += [ours for ours in guessed if ours == "target" or re.match(r"(cue_)?nontarget_|cue_target", ours)]
    cues = [ours for ours in of if re.fullmatch(r"cue_(target|nontarget_\d+)", ours)]
    items = ["target", *numbered(of, "nontarget_")]
    recognised = [ours for ours in cues if ours in guessed and guessed[ours][0] != ours]
    if layout.no_cues or layout.two_components:
        drop += [ours for ours in guessed if ours.startswith("cue_")]
    elif recognised and {f"cue_{item}" for item in items} != set(cues):
        drop += [ours for ours in cues if ours in guessed]
        names = ", ".join(f"'{guessed[ours][0]}'" for ours in recognised)
        lacking = [item for item in items if f"cue_{item}" not in cues]
        advice = f"; --columns cue_{lacking[0]}=... names that of {lacking[0]}" if lacking else ""
        notes.append(f"{names} not read as cues: not every item has such a column{advice}")
    if not layout.long:
        drop += ["item", "is_target", "cue"]
    for ours in drop:
        guessed.pop(ours, None)


def _refuse_missing(path: Path, cells: pd.DataFrame, of: dict[str, str], layout: Layout) -> None:
    """DataError where a column that is needed is not there."""
    needed = ["response", "target"]
    if layout.long:
        needed = ["response", "item", "is_target"]
    elif "probed" in of:
        needed = ["response"]
    elif "error" in of and "response" not in of:
        needed = []
    missing = [name for name in needed if name not in of]
    if missing:
        pairs = " ".join(f"{name}=..." for name in missing)
        raise DataError(
            f"{shown(path)}: misses the columns {', '.join(missing)}; found {listed(cells)}; "
            f"other names are given by --columns {pairs}"
        )
    if any(ours.startswith("cue_") for ours in of) and not numbered(of, "item_"):
        cues = [f"cue_{item}" for item in ("target", *numbered(of, "nontarget_"))]
        absent = [cue for cue in cues if cue not in of]
        stray = [ours for ours in of if re.fullmatch(r"cue_(target|nontarget_\d+)", ours) and ours not in cues]
        if absent:
            there = [of[ours] for ours in of if ours in cues or ours in stray]
            raise DataError(
                f"{shown(path)}: has {', '.join(map(repr, there))} but misses the columns {', '.join(absent)}; "
                f"found {listed(cells)}; --columns {absent[0]}=... names another, --no-cues reads the file without cues"
            )
        if stray:
            raise DataError(
                f"{shown(path)}: has '{of[stray[0]]}' but misses the columns {stray[0].removeprefix('cue_')}; "
                f"found {listed(cells)}; --no-cues reads the file without cues"
            )
