"""The responses that a fitted swap function predicts for new displays: their density, where they come from, and draws of them."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swaputils.angles import wrap
from swaputils.surrogate.distances import response_errors
from swaputils.surrogate.emissions import EMISSIONS
from swaputils.surrogate.posterior import SwapPosterior, component_probabilities
from swaputils.trials import Displays


def response_log_density(
    posterior: SwapPosterior,
    displays: Displays,
    response: Float[Tensor, " trials"],
    probabilities: Float[Tensor, "trials components"] | None = None,
) -> Float[Tensor, " trials"]:
    """Log density of each response, guesses included; nats per rad, float64.

    Args:
        probabilities: of the components; those at the posterior mean unless given.
    """
    if probabilities is None:
        probabilities = component_probabilities(posterior, displays)
    return torch.logsumexp(_log_joint(posterior, displays, response, probabilities), dim=1)


def responsibilities(
    posterior: SwapPosterior, displays: Displays, response: Float[Tensor, " trials"]
) -> Float[Tensor, "trials components"]:
    """Probability that a response came from each item and, last, from a guess, at the posterior mean of f; float64."""
    return _log_joint(posterior, displays, response, component_probabilities(posterior, displays)).softmax(dim=1)


def sample_responses(
    posterior: SwapPosterior,
    displays: Displays,
    probabilities: Float[Tensor, "trials components"] | None = None,
    *,
    generator: torch.Generator,
) -> tuple[Float[Tensor, " trials"], Int[Tensor, " trials"]]:
    """One response per display and the component it came from: the index of an item, or the number of columns for a guess.

    Responses are in rad in [-pi, pi), in the dtype of the displays.

    Args:
        probabilities: of the components; those at the posterior mean unless given.
    """
    if probabilities is None:
        probabilities = component_probabilities(posterior, displays)
    component = torch.multinomial(probabilities, 1, generator=generator).squeeze(1)
    guess = torch.rand(component.shape, dtype=torch.float64, device=component.device, generator=generator)
    parameters = posterior.emission_parameters.to(guess).expand(len(displays), -1)
    error = EMISSIONS[posterior.emission].sample(parameters, generator=generator)
    centres = torch.cat((displays.report.double(), torch.zeros_like(guess)[:, None]), dim=1)
    around_item = centres.gather(1, component[:, None]).squeeze(1) + error
    is_guess = component == displays.report.shape[1]
    response = wrap(torch.where(is_guess, 2 * math.pi * guess, around_item))
    return response.to(displays.report.dtype), component


def _log_joint(posterior: SwapPosterior, displays: Displays, response: Tensor, probabilities: Tensor) -> Tensor:
    """[M, N + 1] log density of each response together with each component; -inf for absent items."""
    errors = response_errors(displays, response).double().where(displays.present, 0)
    emission = EMISSIONS[posterior.emission].log_density(errors, posterior.emission_parameters.to(errors))
    guess = torch.full_like(emission[:, :1], -math.log(2 * math.pi))
    return probabilities.log() + torch.cat((emission, guess), dim=1)
