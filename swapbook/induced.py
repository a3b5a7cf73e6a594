"""Can a network that was taught no swaps be made to swap? Task-optimal networks with nearer probes, and with more noise.

- `induced/<scale>.csv`: every network under every change, see `recompute_induced`
- `induced/planted_<scale>.csv`: the same readings of responses whose sources are known, see `planted`
"""

import math
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from itertools import product
from pathlib import Path

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from swapbook.collection import stored
from swapbook.evaluation import HELD_OUT_SEED, held_out_displays
from swapbook.networks import Network
from swapbook.people import weights_hash
from swapbook.places import results_folder
from swapbook.plan import Plan
from swaputils import behaviour, surrogate
from swaputils.angles import distance, sample_von_mises, to_angle, wrap
from swaputils.files import NotStored, StoreError, shown
from swaputils.network.rnn import RNN
from swaputils.responders import Noisy
from swaputils.run_folder import has_settings, write_with_provenance
from swaputils.task import TaskConfig
from swaputils.trials import Displays, Trials

OPTIMAL = ("index_task_optimal", "probe_task_optimal")
TAUGHT = {"index_task_optimal": "index_swap", "probe_task_optimal": "probe_similarity_00"}  # to compare with, unchanged
DEGREES = (45.0, 30.0, 20.0, 9.0, 1.8)  # between the two probes; 45 is the nearest that was taught
NOISE = (1.0, 2.0, 5.0, 10.0, 15.0)  # factors of the noise at every step
SWAPS, GUESSES = (0.0, 0.05, 0.1, 0.2, 0.4), (0.0, 0.2)  # shares that are planted
CONCENTRATIONS = (300.0, 30.0, 10.0, 4.0, 2.0, 1.0)
REPEATS = 5
WINDOW = TaskConfig.separation / 4  # rad, so that the windows of two items and of their middle do not meet


def recompute_induced(scale: str) -> None:
    """Read the stored task-optimal networks of two items under every change, and beside them networks that were taught swaps.

    One row per condition, seed, change ("probes", "noise", or "none" for the networks that were taught swaps) and value, with `readings`
    of a tenth as many responses as a network is evaluated on. The planted table is computed with it.

    Raises:
        StoreError: where no such network is stored.
    """
    networks = _networks(scale)
    if not networks:
        raise StoreError(f"no task-optimal network is stored at scale {scale!r}; run `make collection SCALE={scale}`")
    rows = []
    for network in tqdm(networks, desc="induced swaps", unit="network"):
        trained = network.load()
        for change, value, displays, factor in _changes(network.condition, trained.plan):
            found = readings(displays, _answers(trained.rnn, trained.plan, displays, factor))
            about = {"condition": network.condition, "seed": network.seed, "change": change, "value": value}
            rows.append(about | found)
    plan, settings = networks[0].plan, _settings(networks)
    for path, table in ((_path(scale), pd.DataFrame(rows)), (_path(f"planted_{scale}"), planted(plan))):
        write_with_provenance(path, table.to_csv(index=False, float_format="%.6g"), settings)


def recompute_where_read(network: Network) -> None:
    """`recompute_induced` at the scale of a network that was trained anew, where it is one of those that are read."""
    if network.condition in {*TAUGHT, *TAUGHT.values()}:
        recompute_induced(network.scale)


def induced(scale: str) -> pd.DataFrame:
    """The stored table of `recompute_induced`; StoreError where there is none, or it comes from other networks than those stored."""
    return _read(_path(scale), scale)


def planted_readings(scale: str) -> pd.DataFrame:
    """The stored table of `planted`; StoreError as for `induced`."""
    return _read(_path(f"planted_{scale}"), scale)


def readings(displays: Displays, response: Float[Tensor, " trials"]) -> dict[str, float]:
    """Where responses (rad) to displays of two items come from, read in three ways.

    nearest, the share that is nearer to the item that was not cued; swaps, guesses and concentration of the mixture of target, non-target
    and uniform by maximum likelihood (Bays, Catalao & Husain 2009); other and middle, the shares within WINDOW of the other item and of
    the middle between the two, each minus the share as far on the other side of the cued item, in displays where these sides are apart.
    An observer that reports the wrong item has as many at the other item as it swaps; one that reports a mean of both has more in the
    middle.
    """
    fit = surrogate.fit_mixture(Trials(displays, response.to(displays.report), torch.ones_like(displays.cued)))
    way, gone = _way(displays), wrap(response.to(displays.report) - displays.cued_report)
    apart = way.abs() < math.pi - 2 * WINDOW
    found = {
        "nearest": float(behaviour.is_swap(displays, response).double().mean()),
        "swaps": fit.p_nontarget,
        "guesses": fit.p_uniform,
        "concentration": fit.concentration,
    }
    for name, share in (("other", 1.0), ("middle", 0.5)):
        here, mirrored = (distance(gone, side * share * way)[apart] < WINDOW for side in (1, -1))
        found[name] = float(here.double().mean() - mirrored.double().mean())
    return found


def _way(displays: Displays) -> Float[Tensor, " trials"]:
    """From the cued item's report feature to the other's, rad."""
    return wrap(displays.report.gather(1, 1 - displays.cued[:, None]).squeeze(1) - displays.cued_report)


def planted(plan: Plan) -> pd.DataFrame:
    """`readings` of responses whose sources are known, to the displays that networks answer.

    One row per kind, true_swaps, true_guesses, true_concentration and repeat. kind "choice" reports one of the items or guesses, kind
    "mean" reports the middle between the two, without swaps.
    """
    displays = held_out_displays(plan, _responses(plan))
    generator = torch.Generator().manual_seed(HELD_OUT_SEED + 5)
    cases = [("choice", *case) for case in product(SWAPS, GUESSES, CONCENTRATIONS)]
    cases += [("mean", 0.0, 0.0, concentration) for concentration in CONCENTRATIONS]
    rows = []
    for (kind, swaps, guesses, concentration), repeat in tqdm(list(product(cases, range(REPEATS))), desc="planted"):
        response = _known(displays, kind, swaps, guesses, concentration, generator)
        about = {"kind": kind, "true_swaps": swaps, "true_guesses": guesses, "true_concentration": concentration}
        rows.append(about | {"repeat": repeat} | readings(displays, response))
    return pd.DataFrame(rows)


def _known(
    displays: Displays, kind: str, swaps: float, guesses: float, concentration: float, generator: torch.Generator
) -> Tensor:
    """[M] responses (rad) of an observer that is known."""
    drawn = torch.rand(len(displays), dtype=torch.float64, generator=generator)
    way = _way(displays)
    share = torch.full_like(way, 0.5) if kind == "mean" else (drawn < swaps).double()
    spread = sample_von_mises(torch.full_like(way, concentration), generator=generator)
    uniform = 2 * math.pi * torch.rand(len(displays), dtype=torch.float64, generator=generator)
    return wrap(torch.where(drawn > 1 - guesses, uniform, displays.cued_report + share * way + spread))


def _changes(condition: str, plan: Plan) -> Iterator[tuple[str, float, Displays, float]]:
    """Name and value of each change, the displays, and the factor of the noise."""
    displays = held_out_displays(plan, _responses(plan))
    if condition not in OPTIMAL:
        yield "none", 1.0, displays, 1.0
        return
    if plan.taught.cueing == "probe":
        for degrees in DEGREES:
            yield "probes", degrees, _with_probes(displays, degrees), 1.0
    for factor in NOISE:
        yield "noise", factor, displays, factor


def _with_probes(displays: Displays, degrees: float) -> Displays:
    """The displays with the other item's probe so far from that of the cued one, on either side in turn."""
    side = torch.where(torch.arange(len(displays)) % 2 == 0, 1.0, -1.0).double()
    step = torch.deg2rad(degrees * side)[:, None].where(~displays.is_cued, 0.0)
    return replace(displays, probe=wrap(displays.cued_probe[:, None] + step))


def _answers(rnn: RNN, plan: Plan, displays: Displays, factor: float) -> Tensor:
    """[M] responses (rad) of a network whose noise is so many times what it was trained with."""
    noisier = deepcopy(rnn)
    noisier.report_noise.mul_(factor)
    generator = torch.Generator().manual_seed(HELD_OUT_SEED + 4)
    return to_angle(Noisy(noisier, plan.task).end_points(displays, generator))


def _responses(plan: Plan) -> int:
    return plan.scale.evaluated // 10


def _networks(scale: str) -> list[Network]:
    return [network for pair in TAUGHT.items() for name in pair for network in stored(name, scale)]


def _settings(networks: list[Network]) -> dict[str, str]:
    """Hashes of the weights that are read."""
    return {network.name: weights_hash(network.load().rnn) for network in networks}


def _path(name: str) -> Path:
    return results_folder() / "induced" / f"{name}.csv"


def _read(path: Path, scale: str) -> pd.DataFrame:
    command = f"run `python -m swapbook score changed --scale {scale}`"
    if not path.is_file():
        raise NotStored(f"{shown(path)}: not computed yet; {command}")
    if not has_settings(path, _settings(_networks(scale))):
        raise StoreError(f"{shown(path)}: comes from other networks, or was changed; {command}")
    return pd.read_csv(path)
