"""Small tasks, targets and networks that several test files share."""

import copy
import math
from dataclasses import replace

import torch
from torch import Tensor

from swaputils.angles import sample_von_mises, wrap
from swaputils.diffusion.schedule import Schedule, linear_schedule, report_noise
from swaputils.diffusion.targets import ResponseMixture
from swaputils.inputs import Periods, TrialInputs
from swaputils.network.rnn import RNN, RNNConfig
from swaputils.report import fitting, run_command
from swaputils.report.fitting import FitConfig
from swaputils.report.taught_network import Sizes
from swaputils.surrogate import Basis, BnsConfig, MixtureFit, SwapPosterior, flat, response_mixture, sample_responses
from swaputils.task import DelayedEstimation, TaskConfig
from swaputils.training.lessons import Batch
from swaputils.training.loop import TrainConfig
from swaputils.trials import Displays, Trials

SCHEDULE = linear_schedule()
PERIODS = Periods(stimulus=0.1, delay=0.15, cue=0.1, post_cue_delay=0.05, report=0.3)
INDEX_TASK = TaskConfig(periods=PERIODS)
SEPARATION = 0.3  # rad between any two items of the continuous displays
QUICK = BnsConfig(draws=64, steps=2)  # 64: the bound at the end takes 512 draws, these many at a time
PROBE_TASK = TaskConfig(cueing="probe", probes="locations", centres=6, periods=PERIODS)

GOOD = """\
subject,trial,set_size,response,target,cue_target,nontarget_1,nontarget_2,cue_nontarget_1,cue_nontarget_2,mode
1,1,1,0.5,0.6,-3.141593,,,,,wheel
1,2,3,-3.141593,1.0,0.0,2.0,3.141593,0.785398,1.570796,wheel
2,1,2,1.25,-1.0,2.356194,0.25,,-2.356194,,scrolling
"""


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def short_schedule() -> Schedule:
    """The schedule of a report period of PERIODS."""
    return linear_schedule(PERIODS.steps("report"))


def small_rnn(config: RNNConfig | None = None, task: TaskConfig = INDEX_TASK, seed: int = 0) -> RNN:
    """An untrained network for `task`, in float64."""
    config = config or RNNConfig(units=6, hidden=10)
    return RNN(config, task.input_size, report_noise(short_schedule()), generator=seeded(seed)).double()


def stepped(rnn: RNN, state: Tensor, context: tuple[Tensor, ...]) -> Tensor:
    """Deterministic part of one step, (1 - leak) z + leak f(z)."""
    drive, _ = rnn.drive.evaluate(rnn.drive.weights(), state, context)
    return (1 - rnn.config.leak) * state + rnn.config.leak * drive


def target_of(displays: Displays, swap_probability: float) -> ResponseMixture:
    return response_mixture(displays, flat(displays, swap_probability))


def target_mixture(trials: int, swap_probability: float, seed: int = 0) -> ResponseMixture:
    """Targets with swaps at every distance, for displays of the paper's task."""
    return target_of(TaskConfig().sample(trials, generator=seeded(seed)), swap_probability)


def small_inputs(trials: int, task: TaskConfig = INDEX_TASK, seed: int = 0) -> TrialInputs:
    return task.encode(task.sample(trials, generator=seeded(seed)))


def small_task(swap_probability: float, config: TaskConfig = INDEX_TASK) -> DelayedEstimation:
    """Delayed estimation with swaps at every distance."""
    return DelayedEstimation(config, lambda displays: target_of(displays, swap_probability))


def showing(inputs: TrialInputs, stimulus: Tensor | None = None, cue: Tensor | None = None) -> TrialInputs:
    """The inputs with another stimulus or another cue."""
    first, delay, second, wait = inputs.shown
    return replace(inputs, shown=(first if stimulus is None else stimulus, delay, second if cue is None else cue, wait))


def small_batch(trials: int, swap_probability: float = 0.1, seed: int = 0) -> Batch:
    displays = INDEX_TASK.sample(trials, generator=seeded(seed))
    return Batch(displays, INDEX_TASK.encode(displays), target_of(displays, swap_probability))


def swap_posterior(level: float) -> SwapPosterior:
    """A certain swap function that falls with cue distance, over the eight locations; `level` moves it up and down."""
    mean = torch.tensor([2 * level - 2, 0.8, 0.2], dtype=torch.float64)
    return certain(mean, Basis(cue=2), ("level", "cue"), torch.arange(1, 5, dtype=torch.float64) * (math.pi / 4))


def certain(
    mean: Tensor,
    basis: Basis,
    kinds: tuple[str, ...],
    distances: Tensor,
    concentration: float = 8.0,
    uniform_logit: float = -2.0,
) -> SwapPosterior:
    """A posterior that is certain of the coefficients `mean`; cue distances fill a range where there are two."""
    return SwapPosterior(
        kinds=kinds,
        basis=basis,
        mean=mean,
        cholesky=torch.zeros((len(mean), len(mean)), dtype=torch.float64),
        emission="von_mises",
        emission_parameters=torch.tensor([concentration], dtype=torch.float64),
        uniform_logit=uniform_logit,
        distances=distances,
        report_distances=distances[[0, -1]],
        continuous=len(distances) == 2,
        set_size=8,
        trials=100,
        elbo=-100.0,
        elbo_trace=torch.tensor([-120.0, -100.0], dtype=torch.float64),
    )


def observer(
    level: float, cosines: tuple[float, ...] = (), concentration: float = 10.0, uniform_logit: float = -3.0
) -> SwapPosterior:
    """A posterior that is certain of f = level + sum_j cosines[j] cos(j c), for displays at least SEPARATION apart."""
    kinds = ("level", "cue") if cosines else ("level",)
    mean = torch.tensor([level, *cosines], dtype=torch.float64)
    support = torch.tensor([SEPARATION, math.pi], dtype=torch.float64)
    return certain(mean, Basis(cue=max(len(cosines), 1)), kinds, support, concentration, uniform_logit)


def spaced_angles(displays: int, items: int, generator: torch.Generator) -> Tensor:
    """Random angles at least SEPARATION apart: spacings of uniform points, a random turn and a random order."""
    cuts = torch.rand(displays, items - 1, dtype=torch.float64, generator=generator).sort(1).values
    edges = torch.cat((torch.zeros(displays, 1), cuts, torch.ones(displays, 1)), dim=1)
    gaps = SEPARATION + edges.diff(dim=1) * (2 * math.pi - items * SEPARATION)
    turn = torch.rand(displays, 1, dtype=torch.float64, generator=generator) * 2 * math.pi
    order = torch.rand(displays, items, generator=generator).argsort(1)
    return wrap(gaps.cumsum(1) + turn).gather(1, order)


def continuous_displays(displays: int, items: int, seed: int) -> Displays:
    generator = seeded(seed)
    report, probe = (spaced_angles(displays, items, generator) for _ in range(2))
    return Displays(report, probe, torch.randint(items, (displays,), generator=generator))


def located_displays(displays: int, items: int, seed: int) -> Displays:
    """Displays on 8 locations, rounded to six decimals as files are, item 0 cued."""
    generator = seeded(seed)
    places = torch.rand(displays, 8, generator=generator).argsort(1)[:, :items]
    probe = (wrap(places.double() * math.pi / 4) * 1e6).round() / 1e6
    report = spaced_angles(displays, items, generator)
    return Displays(report, probe, torch.zeros(displays, dtype=torch.long))


def answered(truth: SwapPosterior, displays: Displays, seed: int, people: int = 1) -> Trials:
    response, _ = sample_responses(truth, displays, generator=seeded(seed))
    return Trials(displays, response, torch.arange(len(displays)) % people)


def simulated(fit: MixtureFit, set_size: int, trials: int, seed: int = 0) -> Trials:
    """Responses of the mixture to random displays, the cued item anywhere among the columns."""
    generator = torch.Generator().manual_seed(seed)
    features = torch.rand(trials, set_size, dtype=torch.float64, generator=generator) * 2 * math.pi - math.pi
    cued = torch.randint(set_size, (trials,), generator=generator)
    displays = Displays(features, torch.full_like(features, math.nan), cued)
    shares = features.new_full((trials, set_size), fit.p_nontarget / max(set_size - 1, 1))
    shares[displays.is_cued] = fit.p_target
    shares = torch.cat((shares, features.new_full((trials, 1), fit.p_uniform)), dim=1)
    component = torch.multinomial(shares, 1, generator=generator)
    guess = torch.rand(trials, 1, dtype=torch.float64, generator=generator) * 2 * math.pi
    centre = torch.cat((features, guess), dim=1).gather(1, component).squeeze(1)
    noise = sample_von_mises(torch.full_like(centre, fit.concentration), generator=generator)
    response = wrap(torch.where(component.squeeze(1) == set_size, centre, centre + noise))
    return Trials(displays, response, torch.ones(trials, dtype=torch.long))


def of_sizes(displays: Displays, sizes: tuple[int, ...]) -> Displays:
    """The displays with fewer items, in turn as many as `sizes` says, the cued one first."""
    order = displays.is_cued.to(torch.int8).argsort(dim=1, descending=True, stable=True)
    report, probe = displays.report.gather(1, order), displays.probe.gather(1, order)
    size = torch.tensor(sizes)[torch.arange(len(displays)) % len(sizes)]
    absent = torch.arange(report.shape[1]) >= size[:, None]
    zeros = torch.zeros_like(displays.cued)
    return Displays(report.masked_fill(absent, math.nan), probe.masked_fill(absent, math.nan), zeros)


def rotation(angle: float) -> Tensor:
    """Matrix that turns row vectors by `angle` (rad) when multiplied from the right."""
    turn = torch.tensor(angle, dtype=torch.float64)
    return torch.stack((torch.stack((turn.cos(), turn.sin())), torch.stack((-turn.sin(), turn.cos()))))


def hurried(**options) -> FitConfig:
    """Fits of a few steps: enough to see what is done with them."""
    return FitConfig(**{"swap": QUICK, "fold": QUICK, "resamples": 3, "replicates": 4} | options)


def hurry_run(monkeypatch) -> None:
    """Let `swaputils run` fit in two steps, teach tiny networks nothing, and measure little, within seconds."""
    train = TrainConfig(
        batch=16,
        selection_updates=30,
        distribution_updates=8,
        averaging=0.8,
        check_every=2,
        log_every=3,
        median_error=4.0,
        wrong_items=1.1,
    )
    tiny = Sizes(RNNConfig(units=6, hidden=10), train, selecting=6)
    monkeypatch.setattr(fitting, "FitConfig", hurried)
    monkeypatch.setattr(fitting, "QUICK", QUICK)
    monkeypatch.setattr(run_command, "SIZES", dict.fromkeys(run_command.SIZES, tiny))
    monkeypatch.setattr(run_command, "QUICK_ANSWERS", 200)
    monkeypatch.setattr(run_command, "QUICK_ACTIVITY", 400)


def unchecked(config, **fields):
    """A copy of a frozen config with other fields and unchecked, so that its own check and not that of types can be met."""
    changed = copy.copy(config)
    for name, value in fields.items():
        object.__setattr__(changed, name, value)
    return changed


def assert_unbiased(samples: Tensor, expected: Tensor | float = 0.0, limit: float = 4.5) -> None:
    """The mean over the first axis lies within `limit` standard errors of what is expected, everywhere."""
    standard_error = samples.std(dim=0) / len(samples) ** 0.5
    worst = ((samples.mean(dim=0) - expected).abs() / standard_error).max()
    assert worst < limit, f"off by {worst:.1f} standard errors"
