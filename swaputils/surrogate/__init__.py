"""Surrogate observers: mixtures fitted to human responses, and the target distributions made from them."""

from swaputils.surrogate.bns import BnsConfig, fit_bns
from swaputils.surrogate.geometry import SurrogateError, cue_distances, response_errors
from swaputils.surrogate.mixture import MixtureFit, fit_mixture, fit_mixture_table, mixture_log_density
from swaputils.surrogate.posterior import (
    OutsideSupport,
    SwapPosterior,
    load,
    log_weights,
    response_log_density,
    sample_responses,
    save,
    swap_function,
    swap_function_draws,
    two_item_swap_probability,
)
from swaputils.surrogate.targets import flat, response_mixture, similarity

__all__ = [
    "BnsConfig",
    "MixtureFit",
    "OutsideSupport",
    "SurrogateError",
    "SwapPosterior",
    "cue_distances",
    "fit_bns",
    "fit_mixture",
    "fit_mixture_table",
    "flat",
    "load",
    "log_weights",
    "mixture_log_density",
    "response_errors",
    "response_log_density",
    "response_mixture",
    "sample_responses",
    "save",
    "similarity",
    "swap_function",
    "swap_function_draws",
    "two_item_swap_probability",
]
