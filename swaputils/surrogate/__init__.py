"""Surrogate observers: response models fitted to people, and the target distributions made from them."""

from swaputils.surrogate.bns import BnsConfig, fit_bns
from swaputils.surrogate.bootstrap import mixture_intervals
from swaputils.surrogate.emissions import EMISSIONS
from swaputils.surrogate.geometry import SurrogateError, cue_distances, response_errors
from swaputils.surrogate.joint import SwapFit, cell, swap_logits, weight_draws
from swaputils.surrogate.mixture import MIXTURES, MixtureFit, fit_mixture, fit_mixture_table, mixture_log_density
from swaputils.surrogate.models import ACCOUNTS, LADDER, SwapModel, Term
from swaputils.surrogate.posterior import (
    OutsideSupport,
    SwapPosterior,
    averaged_probabilities,
    component_probabilities,
    drawn,
    inside_support,
    log_weights,
    report_function,
    response_log_density,
    responsibilities,
    sample_responses,
    swap_function,
    swap_function_draws,
    swap_surface,
)
from swaputils.surrogate.stored import load, save
from swaputils.surrogate.targets import flat, response_mixture, similarity
from swaputils.surrogate.torus import Basis

__all__ = [
    "ACCOUNTS",
    "EMISSIONS",
    "LADDER",
    "MIXTURES",
    "Basis",
    "BnsConfig",
    "MixtureFit",
    "OutsideSupport",
    "SurrogateError",
    "SwapFit",
    "SwapModel",
    "SwapPosterior",
    "Term",
    "averaged_probabilities",
    "cell",
    "component_probabilities",
    "cue_distances",
    "drawn",
    "fit_bns",
    "fit_mixture",
    "fit_mixture_table",
    "flat",
    "inside_support",
    "load",
    "log_weights",
    "mixture_intervals",
    "mixture_log_density",
    "report_function",
    "response_errors",
    "response_log_density",
    "response_mixture",
    "responsibilities",
    "sample_responses",
    "save",
    "similarity",
    "swap_function",
    "swap_function_draws",
    "swap_logits",
    "swap_surface",
    "weight_draws",
]
