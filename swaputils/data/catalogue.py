"""Published data sets by name, and where they are found."""

import json
import os
from importlib.resources import files
from pathlib import Path

import platformdirs

from swaputils.data.table import DataError, read_trials
from swaputils.trials import Trials


def everything() -> dict[str, dict]:
    """The known data sets by name: origin, citation, licence, and what to download; of the kind "activity" are recordings."""
    return json.loads((files("swaputils.data") / "data_registry.json").read_text())


def registry() -> dict[str, dict]:
    """The known data sets that hold trials of people."""
    return {name: entry for name, entry in everything().items() if entry.get("kind") != "activity"}


def recordings() -> dict[str, dict]:
    """The known data sets that hold recorded activity."""
    return {name: entry for name, entry in everything().items() if entry.get("kind") == "activity"}


def known(name: str) -> dict:
    """Registry entry of a data set; DataError lists the known names."""
    sets = everything()
    if name not in sets:
        raise DataError(f"unknown data set {name!r}; known are {', '.join(sets)}")
    return sets[name]


def cache_folder() -> Path:
    """Folder that `swaputils fetch` fills."""
    return Path(platformdirs.user_cache_dir("swaputils"))


def find(name: str, folder: Path | str | None = None) -> Path:
    """File of a data set, <folder>/<name>/<name>.csv.

    The folder is the argument; without one the first of SWAPUTILS_DATA and the user cache that holds the set. DataError
    where none does, and for an unknown name.
    """
    known(name)
    named = folder or os.environ.get("SWAPUTILS_DATA")
    places = [Path(named)] if named else []
    if folder is None:
        places.append(cache_folder())
    for place in places:
        path = place / name / f"{name}.csv"
        if path.is_file():
            return path
    raise DataError(
        f"no file {name}/{name}.csv in {'the given folder' if folder else 'SWAPUTILS_DATA or the cache'}; "
        f"run `swaputils fetch {name}`, or set SWAPUTILS_DATA to the folder that holds it"
    )


def load(name: str, folder: Path | str | None = None, condition: str | None = None) -> Trials:
    """Trials of a known data set, see `find` and `read_trials`."""
    return read_trials(find_trials(name, folder), condition)


def find_trials(name: str, folder: Path | str | None = None) -> Path:
    """File of a data set that holds trials, see `find`; DataError where it holds recordings."""
    if name in recordings():
        raise DataError(f"{name} holds recorded activity and no responses; sets of trials are {', '.join(registry())}")
    return find(name, folder)
