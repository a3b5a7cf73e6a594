"""Recordings that a network would give: neurons that read its state through random weights and fire Poisson spikes.

  rate = softplus(w . (z - centre) + baseline)          spikes/s

A share of the neurons follows the state, w = gain x a standard normal vector; the others fire at their baseline. Gain and share are such
that as many neurons are tuned to the colours as in a recording from cortex: a few units are no sample of neurons.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import softplus

from swaputils.geometry.harmonics import UnusableActivity

BIN_SECONDS = 0.05  # of a bin of spikes: a step of the networks
TUNING_BINS = 8  # of colour, in the published statistic
LEVEL, PERMUTATIONS = 0.05, 99  # a neuron is tuned at this level, against so many permutations
GAINS = 2.0 ** np.linspace(-2.0, 2.0, 13)  # that are tried: standard deviation of a neuron's drive, spikes/s
POOL = 1_000  # neurons with which a gain is tried


@dataclass(frozen=True)
class Neurons:
    """Neurons that read a state.

    Attributes:
        weights: [units, neurons] spikes/s for one unit of the state; 0 where a neuron does not follow it.
        centre: [units] the state at which all fire at their baseline.
        baseline: drive at the centre, spikes/s.
    """

    weights: Tensor
    centre: Tensor
    baseline: float

    def rates(self, states: Float[Tensor, "trials steps units"]) -> Float[Tensor, "trials steps neurons"]:
        """Expected spikes/s at each step."""
        return softplus((states - self.centre) @ self.weights + self.baseline)

    def counts(
        self, states: Float[Tensor, "trials steps units"], *, generator: torch.Generator
    ) -> Float[Tensor, "trials steps neurons"]:
        """Spikes in the bin of each step, Poisson."""
        return torch.poisson(self.rates(states) * BIN_SECONDS, generator=generator)


@dataclass(frozen=True)
class TunedCounts:
    """How many of so many neurons are tuned to the colour of the first item, of the second, and of both; None to leave that open."""

    first: int
    second: int
    both: int | None
    neurons: int


@dataclass(frozen=True)
class Readout:
    """How neurons read a state; `drawn` draws some.

    Attributes:
        gain: standard deviation over trials of the drive of a neuron that follows the state, spikes/s.
        share: of the neurons that follow it.
        baseline: drive of the others, spikes/s.
        scale: standard deviation of the projection of the state on a standard normal vector.
        centre: [units] mean state.
        both_at_least: number of neurons tuned to both where all follow the state, at as many tuned to one.
    """

    gain: float
    share: float
    baseline: float
    scale: float
    centre: Tensor
    both_at_least: float

    def drawn(self, neurons: int, *, generator: torch.Generator) -> Neurons:
        """So many neurons with random weights."""
        weights = torch.randn((len(self.centre), neurons), dtype=torch.float64, generator=generator)
        follows = torch.rand(neurons, generator=generator) < self.share
        return Neurons(self.gain / self.scale * weights * follows, self.centre, self.baseline)


def modulation_index(
    counts: Float[Tensor, "trials neurons"], groups: Float[Tensor, "any bins trials"]
) -> Float[Tensor, "any neurons"]:
    """How unevenly mean rates fall on bins of colour: Kullback-Leibler divergence from even, over its maximum.

    Tort, Komorowski, Eichenbaum & Kopell 2010, as Panichello & Buschman 2021 use it. NaN for a neuron without spikes.

    Args:
        groups: weights that average over the trials of each bin.
    """
    means = groups @ counts.to(groups)
    shares = means / means.sum(-2, keepdim=True)
    return 1 + torch.special.xlogy(shares, shares).sum(-2) / math.log(groups.shape[-2])


def tuned(
    counts: Float[Tensor, "trials neurons"], colour: Float[Tensor, " trials"], *, generator: torch.Generator
) -> Bool[Tensor, " neurons"]:
    """Which neurons are tuned to a colour (rad): their modulation index is among the largest 5 % of those with colours permuted.

    The statistic is the published one; its threshold is not in the public code. By exchange of trials the level is exact for neurons that
    do not follow this colour, whatever else they follow independently of it.

    Raises:
        UnusableActivity: where a bin of colour holds no trial.
    """
    index = ((colour + math.pi) / (2 * math.pi) * TUNING_BINS).long().clamp(0, TUNING_BINS - 1)
    member = torch.nn.functional.one_hot(index, TUNING_BINS).float()
    if (member.sum(0) == 0).any():
        raise UnusableActivity(f"{len(colour)} trials leave one of {TUNING_BINS} colour bins empty; give more trials")
    member = member / member.sum(0)
    orders = [torch.randperm(len(colour), generator=generator) for _ in range(PERMUTATIONS)]
    found = modulation_index(counts, torch.stack([member, *(member[order] for order in orders)]).mT)
    as_large = (~(found[1:] < found[0])).sum(0)  # NaN counts as large
    return as_large < LEVEL * (PERMUTATIONS + 1)


def tuned_counts(
    sessions: Sequence[Float[Tensor, "trials neurons"]],
    colours: Float[Tensor, "sessions trials 2"],
    *,
    generator: torch.Generator,
) -> TunedCounts:
    """How many neurons of all sessions are tuned to either colour and to both, given spikes in one window."""
    found = [
        torch.stack([tuned(counts, colour[:, item], generator=generator) for item in (0, 1)])
        for counts, colour in zip(sessions, colours)
    ]
    first, second = torch.cat(found, dim=1)
    return TunedCounts(int(first.sum()), int(second.sum()), int((first & second).sum()), len(first))


def matched(
    states: Float[Tensor, "sessions trials steps units"],
    colours: Float[Tensor, "sessions trials 2"],
    targets: TunedCounts,
    baseline: float,
    *,
    generator: torch.Generator,
) -> Readout:
    """The gain and the share at which as many neurons are tuned as in a recording.

    The gain is set by the mean of the numbers tuned to one colour; the share by the number tuned to both, where it is given: the fewer
    neurons follow the state, the more often one that is tuned to one colour is tuned to the other.

    Args:
        states: in the window in which tuning was counted.
        colours: of the two items, rad.
        targets: of the recording.
        baseline: spikes/s.
        generator: draws neurons, spikes and permutations.

    Raises:
        UnusableActivity: where no gain reaches the targets.
    """
    flat = states.flatten(0, 2)
    centre, scale = flat.mean(0), float(flat.var(0).sum().sqrt())
    all_follow = [Readout(gain, 1.0, baseline, scale, centre, math.nan) for gain in GAINS]
    single, double = np.array([_tuned_shares(states, colours, each, generator) for each in all_follow]).T
    wanted = (targets.first + targets.second) / (2 * targets.neurons)
    if not single.max() > wanted > LEVEL:
        raise UnusableActivity(
            f"at most {single.max():.2f} of neurons that follow these states are tuned to a colour; "
            f"allowed are targets between {LEVEL} and that, not {wanted:.2f}"
        )
    single, double = (_smooth(each) for each in (single, double))
    steps = np.linspace(math.log(GAINS[0]), math.log(GAINS[-1]), len(single))
    share = (wanted - LEVEL) / np.maximum(single - LEVEL, 1e-9)
    reached = share <= 1  # else too few are tuned even where all follow the state
    steps, share, double = steps[reached], share[reached], double[reached]
    both = share * double + (1 - share) * LEVEL**2
    place = 0
    if targets.both is not None:
        if not both[0] <= targets.both / targets.neurons <= both.max():
            least, most = (round(float(value) * targets.neurons, 1) for value in (both[0], both.max()))
            raise UnusableActivity(
                f"with {targets.neurons * wanted:.4g} of {targets.neurons} neurons tuned to a colour, {least} to {most} can be "
                f"tuned to both; {targets.both} were asked for"
            )
        place = int((both >= targets.both / targets.neurons).argmax())
    return Readout(
        float(np.exp(steps[place])), float(share[place]), baseline, scale, centre, float(both[0] * targets.neurons)
    )


def _tuned_shares(states: Tensor, colours: Tensor, readout: Readout, generator: torch.Generator) -> tuple[float, float]:
    """Share of the neurons of a readout that are tuned to a colour, mean over both, and to both."""
    neurons = -(-POOL // len(states))
    counts = [readout.drawn(neurons, generator=generator).counts(each, generator=generator).sum(1) for each in states]
    found = tuned_counts(counts, colours, generator=generator)
    return (found.first + found.second) / (2 * found.neurons), (found.both or 0) / found.neurons


def _smooth(shares: np.ndarray) -> np.ndarray:
    """[400] a polynomial through shares at the GAINS that are tried, evenly on their logarithm; smooths the noise of few neurons."""
    steps = np.linspace(-1, 1, len(GAINS))
    return np.polynomial.Polynomial.fit(steps, shares, 5)(np.linspace(-1, 1, 400))
