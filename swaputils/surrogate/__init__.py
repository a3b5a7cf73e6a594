"""Surrogate observers: response models fitted to people, and the target distributions made from them."""

from swaputils.surrogate.bns import BnsConfig, fit_bns
from swaputils.surrogate.distances import SurrogateError, cue_distances, response_errors
from swaputils.surrogate.emissions import EMISSIONS
from swaputils.surrogate.joint import SwapFit, cell, swap_logits, weight_draws
from swaputils.surrogate.mixture import MIXTURES, MixtureFit, fit_mixture, fit_mixture_table, mixture_log_density
from swaputils.surrogate.mixture_resamples import mixture_intervals
from swaputils.surrogate.network_targets import flat, response_density, response_mixture, similarity
from swaputils.surrogate.posterior import (
    OutsideSupport,
    SwapPosterior,
    averaged_probabilities,
    component_probabilities,
    drawn,
    inside_support,
    log_weights,
    report_function,
    swap_function,
    swap_function_draws,
    swap_surface,
)
from swaputils.surrogate.posterior_files import load, save
from swaputils.surrogate.predicted_responses import response_log_density, responsibilities, sample_responses
from swaputils.surrogate.swap_models import ACCOUNTS, LADDER, SwapModel, Term
from swaputils.surrogate.torus import Basis
