"""What the book stores in results/, and how each piece is read or recomputed."""

from swaputils.results.collection import collection, learning_curves, stopped
from swaputils.results.evaluation import evaluate, held_out_displays, refitted
from swaputils.results.limited import gain, is_scored, limited_scores, limited_stopped, recompute_limited
from swaputils.results.misbinding import MISBINDING_RATES, Misbinding, flipped, misbinding_swaps, recompute_misbinding
from swaputils.results.networks import (
    Trained,
    load,
    network,
    network_folder,
    planned,
    recompute_network,
    remeasure,
)
from swaputils.results.people import gap_closed, model_means, people_scores, recompute_people, worth_of_swaps
from swaputils.results.surrogates import (
    fold_of,
    is_stored,
    largest_set_size,
    posterior,
    posterior_without,
    recompute_surrogate,
    recompute_table,
    surrogate_folder,
    surrogate_table,
    trials,
)

__all__ = [
    "MISBINDING_RATES",
    "Misbinding",
    "Trained",
    "collection",
    "evaluate",
    "flipped",
    "fold_of",
    "gain",
    "gap_closed",
    "held_out_displays",
    "is_scored",
    "is_stored",
    "largest_set_size",
    "learning_curves",
    "limited_scores",
    "limited_stopped",
    "load",
    "misbinding_swaps",
    "model_means",
    "network",
    "network_folder",
    "people_scores",
    "planned",
    "posterior",
    "posterior_without",
    "recompute_limited",
    "recompute_misbinding",
    "recompute_network",
    "recompute_people",
    "recompute_surrogate",
    "recompute_table",
    "refitted",
    "remeasure",
    "stopped",
    "surrogate_folder",
    "surrogate_table",
    "trials",
    "worth_of_swaps",
]
