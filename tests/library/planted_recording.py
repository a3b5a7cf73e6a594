"""A planted recording: planes at a known alignment before and after the cue, and what each kind of file holds of it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import torch

from swaputils.angles import to_xy, wrap
from swaputils.geometry import Plan, ring_pair, separated_colours
from tests.small import seeded

BEFORE, AFTER = 0.1, 0.8  # alignment of the planes
TIME = np.array([-0.3, -0.2, -0.1, 0.0, 0.1, 0.2])  # s; the cue comes at 0
SWAPS = 0.1
BASELINE = 5.0


@dataclass(frozen=True)
class Truth:
    """[trials, steps, neurons] activity, [trials, 2] colours (rad), [trials] cued item and report (rad)."""

    activity: np.ndarray
    colours: np.ndarray
    cued: np.ndarray
    report: np.ndarray

    def replace(self, **changed) -> "Truth":
        return replace(self, **changed)


def planted(seed: int = 0, trials: int = 400, neurons: int = 20, noise: float = 0.3, separation: float = 0.0) -> Truth:
    """Before the cue both rings at BEFORE; after it the cued item's at AFTER, the other one gone; one report in ten a swap."""
    generator = seeded(seed)
    colours = separated_colours(trials, separation, generator=generator)
    cued = torch.randint(2, (trials,), generator=generator)
    first, then = (ring_pair(Plan(units=neurons, alignment=a), generator=generator) for a in (BEFORE, AFTER))
    held = [to_xy(colours[:, item]) @ first[item] for item in (0, 1)]
    selected = [to_xy(colours[:, item]) @ then[item] for item in (0, 1)]
    before, after = held[0] + held[1], selected[0].where((cued == 0)[:, None], selected[1])
    steps = [before] * 3 + [after] * 3
    activity = torch.stack(steps, dim=1)
    activity = BASELINE + activity + noise * torch.randn(activity.shape, dtype=torch.float64, generator=generator)
    swapped = (torch.rand(trials, generator=generator) < SWAPS).long()
    reported = colours.gather(1, (cued ^ swapped)[:, None]).squeeze(1)
    report = wrap(reported + 0.15 * torch.randn(trials, dtype=torch.float64, generator=generator))
    return Truth(*(part.numpy() for part in (activity, colours, cued, report)))


def arrays(truth: Truth, **changed) -> dict[str, np.ndarray]:
    """The arrays of an NPZ file; None leaves one out."""
    held = {
        "activity": truth.activity,
        "time": TIME,
        "colours": truth.colours,
        "cued": truth.cued,
        "report": truth.report,
    }
    return {name: value for name, value in (held | changed).items() if value is not None}


def write_npz(path, truth: Truth, **changed):
    np.savez(path, **arrays(truth, **changed))
    return path


def write_netcdf(path, truth: Truth, engine: str):
    """As somebody else would name it: neurons first, degrees, cues by name."""
    import xarray

    held = {
        "rates": (("unit", "trial", "t"), truth.activity.transpose(2, 0, 1), {"units": "Hz"}),
        "color": (("trial", "location"), np.degrees(truth.colours) % 360),
        "cue": ("trial", np.array(["lower", "upper"])[1 - truth.cued]),
        "response": ("trial", np.degrees(truth.report) % 360),
    }
    coordinates = {"t": ("t", TIME, {"units": "s"}), "location": ["upper", "lower"]}
    xarray.Dataset(held, coords=coordinates).to_netcdf(path, engine=engine)
    return path


def write_nwb(path, truth: Truth):
    """Spikes whose counts in bins of .1 s around the cue follow the activity, and a table of trials."""
    from pynwb import NWBHDF5IO, NWBFile

    start = datetime(2020, 1, 1, tzinfo=UTC)
    file = NWBFile(session_description="planted", identifier="planted", session_start_time=start)
    for name in ("cue_onset", "colour_upper", "colour_lower", "cue", "report"):
        file.add_trial_column(name=name, description=name)
    at = 2.0 * np.arange(len(truth.cued)) + 1
    for trial, cue in enumerate(at):
        row = {
            "colour_upper": truth.colours[trial, 0],
            "colour_lower": truth.colours[trial, 1],
            "report": truth.report[trial],
        }
        names = {"cue_onset": cue, "cue": ("upper", "lower")[truth.cued[trial]]}
        file.add_trial(start_time=cue - 0.5, stop_time=cue + 0.5, **row, **names)
    counts = np.random.default_rng(0).poisson((10 + 12 * (truth.activity - BASELINE)).clip(0))
    places = np.random.default_rng(1)
    for neuron in range(truth.activity.shape[2]):
        spikes = []
        for step, time in enumerate(TIME):
            starts = np.repeat(at + time, counts[:, step, neuron])
            spikes.append(starts + 0.1 * places.uniform(0.01, 0.99, len(starts)))
        file.add_unit(spike_times=np.sort(np.concatenate(spikes)))
    with NWBHDF5IO(path, "w") as store:
        store.write(file)
    return path
