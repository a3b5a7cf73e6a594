"""The posterior of a swap model by Hamiltonian Monte Carlo, to check the variational one."""

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.surrogate.emissions import EMISSIONS, log_density_table
from swaputils.surrogate.joint import LEVEL, SwapFit, prior_scale
from swaputils.surrogate.likelihood import log_likelihood
from swaputils.surrogate.prepared import prepare
from swaputils.trials import Trials


def sample_weights(
    fit: SwapFit, trials: Trials, draws: int = 1000, warmup: int = 500, *, seed: int
) -> Float[Tensor, "draws weights"]:
    """Whitened weights of all terms from p(w | responses) at the fitted variances, decays, emission and guess rate.

    By the No-U-Turn sampler of Pyro (Hoffman & Gelman 2014; Bingham et al. 2019) from the variational mean.
    """
    from pyro.infer import MCMC, NUTS

    data = prepare(trials, fit.model)
    scale = prior_scale(fit.model, fit.layout, fit.variances, fit.decays)
    tables = log_density_table(EMISSIONS[fit.model.emission], fit.emission_parameters)

    def energy(state: dict[str, Tensor]) -> Tensor:
        logits = LEVEL + data.design @ (scale * state["w"])[:, None]
        return state["w"].square().sum() / 2 - log_likelihood(logits, fit.uniform_logits, tables, data.responses)

    sampler = MCMC(
        NUTS(potential_fn=energy),
        num_samples=draws,
        warmup_steps=warmup,
        initial_params={"w": fit.mean.clone()},
    )
    with torch.random.fork_rng():  # the sampler takes no generator
        torch.manual_seed(seed)
        sampler.run()
    return sampler.get_samples()["w"]
