"""Distributions of responses that a network can be taught: `Target` says what one must offer, two kinds of it stand here.

A target has one distribution of the two-dimensional end point x_0 for each display. As everywhere, tensors over report steps are in
network time.
"""

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.angles import to_angle, to_xy
from swaputils.diffusion.schedule import Schedule, in_network_time, normal_log_density
from swaputils.errors import SwaputilsError
from swaputils.shapes import Moves, check_shape

RADIUS = 2.5  # of responses in the readout plane


@runtime_checkable
class Target(Protocol):
    """A distribution of end points for each of M displays."""

    @property
    def radius(self) -> float:
        """Distance from the origin at which answers lie (R)."""

    def __len__(self) -> int: ...

    @property
    def like(self) -> Tensor:
        """A tensor with the type and on the device of its numbers."""

    def to(self, device: torch.device | str | Tensor) -> "Target":
        """The same target on a device, or in the type and on the device of a tensor."""

    def sample(self, *, generator: torch.Generator) -> Float[Tensor, "trials 2"]:
        """One end point x_0 for each display."""

    def expected_endpoint(
        self, schedule: Schedule, noised: Float[Tensor, "trials steps 2"]
    ) -> Float[Tensor, "trials steps 2"]:
        """E[x_0 | x_t, display] at the start of each report step."""

    def log_density(self, end_point: Float[Tensor, "trials 2"]) -> Float[Tensor, " trials"]:
        """Log density of one end point for each display: nats per unit of area, or per rad where answers lie on a circle."""

    def moments(self) -> tuple[Float[Tensor, "trials 2"], Float[Tensor, "trials 2 2"]]:
        """Mean and covariance of the end point."""

    def practised(self) -> "Target":
        """Where the noised responses are drawn from on which a network practises a target in closed form."""


EVEN_SHARE = 0.2  # of the noised responses of the closed-form objective that ignore how rare a swap is


@dataclass(frozen=True)
class ResponseMixture(Moves):
    """Target distribution of the two-dimensional end point x_0, a planar Gaussian cluster per item.

    x_0 = radius * (unit vector at angles[n] + spread * standard normal), n ~ softmax(log_weights).

    Attributes:
        angles: [M, N] rad. Absent items have log weight -inf and any finite angle.
        log_weights: [M, N] normalised over the last axis.
        spread: standard deviation of a cluster in units of the radius.
        radius: distance of the clusters' centres from the origin (R).

    >>> angles, shares = torch.tensor([[0.0, 2.0]]), torch.tensor([[0.9, 0.1]])
    >>> target = ResponseMixture(angles, shares.log(), spread=0.05, radius=2.5)
    >>> mean, _ = target.moments()
    >>> mean
    tensor([[2.1460, 0.2273]])
    """

    angles: Tensor
    log_weights: Tensor
    spread: float
    radius: float

    def __post_init__(self):
        check_shape(self, "angles", (None, None))
        check_shape(self, "log_weights", tuple(self.angles.shape))
        if not (self.spread > 0 and self.radius > 0):
            raise SwaputilsError(
                f"ResponseMixture needs spread > 0 and radius > 0, not {self.spread} and {self.radius}"
            )

    def __len__(self) -> int:
        return self.angles.shape[0]

    @property
    def like(self) -> Tensor:
        """A tensor with the type and on the device of its numbers."""
        return self.angles

    def sample(self, *, generator: torch.Generator) -> Float[Tensor, "trials 2"]:
        """One end point x_0 for each display."""
        item = torch.multinomial(self.log_weights.exp(), 1, generator=generator)
        centre = to_xy(self.angles.gather(1, item).squeeze(1))
        noise = torch.randn(centre.shape, dtype=centre.dtype, device=centre.device, generator=generator)
        return self.radius * (centre + self.spread * noise)

    def expected_endpoint(
        self, schedule: Schedule, noised: Float[Tensor, "trials steps 2"]
    ) -> Float[Tensor, "trials steps 2"]:
        """E[x_0 | x_t, display] in closed form.

        Within item n with centre m_n and cluster variance s^2 it is
        m_n + sqrt(alpha_bar_t) s^2 / (alpha_bar_t s^2 + 1 - alpha_bar_t) (x_t - sqrt(alpha_bar_t) m_n).
        """
        alpha_bar = in_network_time(schedule.alpha_bar, noised)
        probability = self._log_joint(alpha_bar, noised).softmax(-1)
        variance = (self.radius * self.spread) ** 2
        gain = alpha_bar.sqrt() * variance / (alpha_bar * variance + 1 - alpha_bar)
        mean_centre = torch.einsum("mtn,mnd->mtd", probability, self.radius * to_xy(self.angles))
        return mean_centre + gain[:, None] * (noised - alpha_bar.sqrt()[:, None] * mean_centre)

    def log_density(self, end_point: Float[Tensor, "trials 2"]) -> Float[Tensor, " trials"]:
        """Log density of one end point for each display, nats per unit of area."""
        return self._log_joint(end_point.new_ones(1), end_point[:, None]).logsumexp(-1).squeeze(1)

    def moments(self) -> tuple[Float[Tensor, "trials 2"], Float[Tensor, "trials 2 2"]]:
        """Mean and covariance of the end point: m = sum pi_n c_n and sum pi_n c_n c_n^T + s^2 I - m m^T."""
        centres, weight = self.radius * to_xy(self.angles), self.log_weights.exp()
        mean = torch.einsum("mn,mnd->md", weight, centres)
        second = torch.einsum("mn,mnd,mne->mde", weight, centres, centres)
        within = (self.radius * self.spread) ** 2 * torch.eye(2).to(mean)
        return mean, second + within - mean[:, :, None] * mean[:, None]

    def practised(self) -> "ResponseMixture":
        """The mixture with a fifth of its weight spread evenly over the items that it can report.

        A target in closed form is right wherever the noised responses come from, so they can be drawn such that rare swaps are
        practised more often than they occur.
        """
        possible = self.log_weights > -torch.inf
        even = possible.to(self.log_weights) / possible.sum(dim=1, keepdim=True)
        log_weights = self.log_weights.exp().lerp(even, EVEN_SHARE).log()
        return ResponseMixture(self.angles, log_weights, self.spread, self.radius)

    def marginal_log_density(
        self, schedule: Schedule, noised: Float[Tensor, "trials steps 2"]
    ) -> Float[Tensor, "trials steps"]:
        """log q(x_t | display) of the noised mixture."""
        return self._log_joint(in_network_time(schedule.alpha_bar, noised), noised).logsumexp(-1)

    def responsibilities(
        self, schedule: Schedule, noised: Float[Tensor, "trials steps 2"]
    ) -> Float[Tensor, "trials steps items"]:
        """Probability that x_t came from each item, given the display."""
        return self._log_joint(in_network_time(schedule.alpha_bar, noised), noised).softmax(-1)

    def _log_joint(self, alpha_bar: Tensor, noised: Tensor) -> Tensor:
        """[M, T, N] log pi_n N(x_t; sqrt(alpha_bar) m_n, (alpha_bar s^2 + 1 - alpha_bar) I)."""
        centres = self.radius * to_xy(self.angles)[:, None]
        variance = alpha_bar * (self.radius * self.spread) ** 2 + 1 - alpha_bar
        offsets = noised[:, :, None] - alpha_bar.sqrt()[:, None, None] * centres
        return self.log_weights[:, None] + normal_log_density(offsets, variance[:, None])


@dataclass(frozen=True)
class ResponseDensity(Moves):
    """Target distribution of an end point x_0 on a circle, by its density at equally spaced angles from -pi on.

    x_0 = radius * (cos y, sin y), with the density of y given at the nodes.

    Attributes:
        log_nodes: [M, K] log density at the nodes, up to a constant for each display.
        radius: distance of the end points from the origin (R).
    """

    log_nodes: Tensor
    radius: float

    def __post_init__(self):
        check_shape(self, "log_nodes", (None, None))
        if not self.radius > 0:
            raise SwaputilsError(f"ResponseDensity needs radius > 0, not {self.radius}")

    def __len__(self) -> int:
        return self.log_nodes.shape[0]

    @property
    def like(self) -> Tensor:
        """A tensor with the type and on the device of its numbers."""
        return self.log_nodes

    def sample(self, *, generator: torch.Generator) -> Float[Tensor, "trials 2"]:
        """One end point for each display, as if the density were even within half a node's distance."""
        node = torch.multinomial(self.log_nodes.softmax(-1), 1, generator=generator).squeeze(1)
        jitter = torch.rand(node.shape, dtype=torch.float64, device=node.device, generator=generator) - 0.5
        angle = 2 * torch.pi * (node + jitter) / self.log_nodes.shape[1] - torch.pi
        return self.radius * to_xy(angle).to(self.log_nodes)

    def expected_endpoint(
        self, schedule: Schedule, noised: Float[Tensor, "trials steps 2"]
    ) -> Float[Tensor, "trials steps 2"]:
        """E[x_0 | x_t, display] by quadrature over the nodes.

        p(y | x_t) ~ p(y) exp(R sqrt(alpha_bar_t) / (1 - alpha_bar_t) x_t . u(y)), with u(y) the unit vector at y; the error of the
        quadrature falls exponentially in the number of nodes, and 128 do for spreads of 0.05 rad or more.
        """
        alpha_bar = in_network_time(schedule.alpha_bar, noised)
        directions = to_xy(circle_nodes(self.log_nodes.shape[1]).to(noised))
        pull = (self.radius * alpha_bar.sqrt() / (1 - alpha_bar))[:, None] * noised
        posterior = (self.log_nodes[:, None] + pull @ directions.T).softmax(-1)
        return self.radius * posterior @ directions

    def log_density(self, end_point: Float[Tensor, "trials 2"]) -> Float[Tensor, " trials"]:
        """Log density of the direction of each end point, interpolated between nodes; nats per rad."""
        nodes = self.log_nodes.shape[1]
        normalised = self.log_nodes.log_softmax(1) - math.log(2 * math.pi / nodes)
        angle = to_angle(end_point)
        place = (angle.to(normalised) + math.pi) / (2 * math.pi) * nodes
        below = place.floor().long()
        pair = torch.stack((below % nodes, (below + 1) % nodes), dim=1)
        first, second = normalised.gather(1, pair).unbind(1)
        return torch.lerp(first, second, place - below)

    def moments(self) -> tuple[Float[Tensor, "trials 2"], Float[Tensor, "trials 2 2"]]:
        """Mean and covariance of the end point, by quadrature over the nodes."""
        points = self.radius * to_xy(circle_nodes(self.log_nodes.shape[1]).to(self.log_nodes))
        probability = self.log_nodes.softmax(-1)
        mean = probability @ points
        second = torch.einsum("mk,kd,ke->mde", probability, points, points)
        return mean, second - mean[:, :, None] * mean[:, None]

    def practised(self) -> "ResponseDensity":
        """Itself: people's responses are broad, so that no part of them is rare."""
        return self


def circle_nodes(count: int) -> Float[Tensor, " nodes"]:
    """Equally spaced angles from -pi on (float64)."""
    return 2 * torch.pi * torch.arange(count, dtype=torch.float64) / count - torch.pi
