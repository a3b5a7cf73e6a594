"""Train the networks of the book that are missing or outdated.

Settings are those of collection.yaml (SCALE, DATA, SEEDS, CONDITIONS) and CORES, DEVICE (cpu or cuda), PROFILE (a folder
with a Snakemake profile) and DRYRUN=True. Snakemake runs chapter 3 once for each member and keeps the executed notebooks in
build/collection/<scale>, beside a table of all stored networks. A member that fails does not stop the others; at the end each is named with its reason.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from swapbook.build import chapters
from swapbook.build.chapters import BUILD, NOTEBOOKS, ChapterError
from swapbook.collection import collection
from swapbook.conditions import CONDITIONS, HEADLINE, named
from swapbook.networks import DEVICE, Network
from swapbook.parameters import absolute, defaults, parse_parameters
from swapbook.places import ROOT
from swapbook.scales import SCALES
from swaputils.errors import SwaputilsError
from swaputils.files import StoreError, shown, write_text

SETTINGS, SNAKEFILE = (ROOT / "swapbook" / "build" / name for name in ("collection.yaml", "Snakefile"))
CHAPTER = NOTEBOOKS / "03_rnn_training.ipynb"
RUN = {"cores": "2", "device": "cpu", "profile": "", "dryrun": "False"}  # how, not what


class SettingError(SwaputilsError):
    """A setting that does not exist, or that has a value that is not allowed."""


def folder_of(scale: str) -> Path:
    """Where the executed notebooks of a scale are kept."""
    return BUILD / "collection" / scale


def notebook_of(network: Network) -> Path:
    """The executed copy of chapter 3 that trains and shows a network."""
    return folder_of(network.scale) / f"{network.name}.ipynb"


def settings_of(network: Network) -> str:
    """Parameters of chapter 3."""
    values = {"condition": network.condition, "scale": network.scale, "seed": network.seed, "data": network.data}
    return " ".join(f"{name.upper()}={shlex.quote(str(value))}" for name, value in values.items()) + " RECOMPUTE=True"


def why_not(network: Network) -> str:
    """Why a network is not stored, as far as it is known."""
    log = notebook_of(network).with_suffix(".log")
    return network.why_stopped() or (f"see {shown(log)}" if log.is_file() else "it was not started")


def members(settings: Mapping) -> list[Network]:
    """All networks that the settings ask for. SettingError or UnknownName for settings that do not exist."""
    unknown = set(settings) - {"scale", "data", "seeds", "conditions"}
    if unknown:
        absent = ", ".join(sorted(unknown))
        raise SettingError(f"the collection has no setting {absent}; it has scale, data, seeds, conditions")
    named("scale", settings["scale"], SCALES)
    chosen = CONDITIONS if settings["conditions"] == "all" else str(settings["conditions"]).split(",")
    for condition in chosen:
        named("condition", condition, CONDITIONS)
    starts = (CONDITIONS[condition].start for condition in chosen)
    wanted = dict.fromkeys([*(start for start in starts if start), *chosen])
    seeds = {condition: seed_count(settings["seeds"], condition) for condition in wanted}
    return [
        Network(condition, settings["scale"], seed, settings["data"])
        for seed in range(max(seeds.values()))
        for condition in wanted
        if seed < seeds[condition]
    ]


def seed_count(seeds: int | str | Mapping, condition: str) -> int:
    """How many seeds of a condition the setting asks for; SettingError for anything but numbers of 1 or more."""
    count = seeds
    if isinstance(seeds, Mapping):
        unknown = set(seeds) - {*CONDITIONS, "headline", "others"}
        if unknown or "others" not in seeds:
            raise SettingError(f"seeds has {', '.join(seeds)}; it takes names of conditions, headline, and others")
        group = "headline" if condition in HEADLINE and "headline" in seeds else "others"
        count = seeds.get(condition, seeds[group])
    if not str(count).isdigit() or int(count) < 1:
        raise SettingError(f"seeds is {count!r}; it must be the number of seeds, 1 or more")
    return int(count)


def outdated(settings: Mapping) -> list[Network]:
    """The members whose network is not stored, or comes from another configuration.

    Trainings that stopped by themselves would do so again; their folder has to be deleted before they are tried anew.
    """
    return [member for member in members(settings) if not member.is_current() and not member.why_stopped()]


def parse(assignments: Iterable[str]) -> tuple[dict, dict]:
    """What to train and how, from NAME=value texts over the settings file; SettingError for unknown names."""
    what, how = yaml.safe_load(SETTINGS.read_text()), dict(RUN)
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        group = next((group for group in (what, how) if name.lower() in group), None)
        if group is None or not equals:
            allowed = ", ".join((*what, *how)).upper()
            raise SettingError(f"the collection has no setting {assignment!r}; it has {allowed}, given as NAME=value")
        group[name.lower()] = text
    what["data"] = absolute(what["data"])
    if how["dryrun"] not in ("True", "False"):
        raise SettingError(f"DRYRUN is {how['dryrun']!r}; it is True or False")
    return what, how


def snakemake(what: Mapping, how: Mapping, chosen: list[Network]) -> None:
    """Run Snakemake on the outdated members; those that fail do not stop the others."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(SNAKEFILE.relative_to(ROOT))]
    # a lock outlives a killed run, and two runs into the folder of one network are refused there
    command += ["--keep-going", "--rerun-incomplete", "--nolock"]
    command += ["--config", *(f"{name}={value}" for name, value in what.items())]
    command += ["--profile", how["profile"]] if how["profile"] else ["--cores", how["cores"]]
    command += ["--dry-run"] if how["dryrun"] == "True" else []
    kept = [str(path) for path in map(notebook_of, chosen) if path.is_file()]  # logs of networks that are gone
    command += ["--forcerun", *kept] if kept else []
    subprocess.run(command, cwd=ROOT, check=False, env=os.environ | {DEVICE: how["device"]})


def train(what: Mapping, how: Mapping) -> list[Network]:
    """Train what is missing or outdated, write the table of all that is stored, and give the members without a network."""
    chosen = outdated(what)
    print(f"{len(chosen)} of {len(members(what))} networks are to be trained", flush=True)
    if chosen:
        snakemake(what, how, chosen)
    if how["dryrun"] == "True":
        return []
    missing = [member for member in members(what) if not member.is_current()]
    table = folder_of(what["scale"]) / "table.csv"
    try:
        write_text(table, collection(what["scale"], what["data"]).to_csv(index=False))
        print(f"all stored networks: {shown(table)}")
    except StoreError as error:
        print(f"no table of all networks: {error}")
    return missing


def failures(missing: list[Network]) -> str:
    """What is said of members without a network."""
    lines = (f"  {member.name}: {why_not(member)}" for member in missing)
    return "\n".join((f"{len(missing)} networks are missing", *lines))


def train_member(output: Path, assignments: list[str]) -> None:
    """Train and show a network by executing chapter 3 with these parameters; `output` is the executed notebook.

    The chapter goes on to what other stored networks and their scores show: where some of that is missing or outdated
    the notebook ends there, and the network counts as trained.

    Raises:
        ParameterError: for a parameter that the chapter does not have.
    """
    parameters = parse_parameters(assignments, CHAPTER)
    try:
        chapters.execute(CHAPTER, parameters, output)
    except ChapterError as error:
        whole = defaults(CHAPTER) | parameters
        if not Network(*(whole[name] for name in ("condition", "scale", "seed", "data"))).is_current():
            raise
        os.replace(chapters.failed_copy(output), output)
        print(f"the network is trained; the notebook ends where others are shown: {error}")
