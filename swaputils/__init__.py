"""Recurrent networks trained on the distribution of human responses, swap errors included."""

from swaputils.behaviour import is_swap, summarise, swap_curve
from swaputils.circular import distance, to_angle, to_xy, wrap
from swaputils.conditions import CONDITIONS, SCALES
from swaputils.data import load as load_trials
from swaputils.data import read_trials, write_trials
from swaputils.diffusion import expected_endpoint, forward_trajectory, kernel_target, linear_schedule
from swaputils.download import fetch
from swaputils.experiment import experiment
from swaputils.lessons import Lesson
from swaputils.objectives import diffusion_closed_form, diffusion_sampled, task_optimal
from swaputils.records import Batch, Displays, Periods, ResponseMixture, Rollout, TrialInputs, TrialNoise, Trials
from swaputils.results import evaluate, load, network, posterior, recompute_network
from swaputils.rnn import RNN, RNNConfig, draw_noise, rollout, silent_noise
from swaputils.simulated import simulated_trials
from swaputils.surrogate import fit_bns, fit_mixture, fit_mixture_table, sample_responses, swap_function
from swaputils.task import TaskConfig, encode, sample_displays
from swaputils.train import TrainConfig

__all__ = [
    "CONDITIONS",
    "RNN",
    "SCALES",
    "Batch",
    "Displays",
    "Lesson",
    "Periods",
    "RNNConfig",
    "ResponseMixture",
    "Rollout",
    "TaskConfig",
    "TrainConfig",
    "TrialInputs",
    "TrialNoise",
    "Trials",
    "diffusion_closed_form",
    "diffusion_sampled",
    "distance",
    "draw_noise",
    "encode",
    "evaluate",
    "expected_endpoint",
    "experiment",
    "fetch",
    "fit_bns",
    "fit_mixture",
    "fit_mixture_table",
    "forward_trajectory",
    "is_swap",
    "kernel_target",
    "linear_schedule",
    "load",
    "load_trials",
    "network",
    "posterior",
    "read_trials",
    "recompute_network",
    "rollout",
    "sample_displays",
    "sample_responses",
    "silent_noise",
    "simulated_trials",
    "summarise",
    "swap_curve",
    "swap_function",
    "task_optimal",
    "to_angle",
    "to_xy",
    "wrap",
    "write_trials",
]
