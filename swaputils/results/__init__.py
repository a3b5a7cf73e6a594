"""What the book stores in results/, and how each piece is read or recomputed."""

from swaputils.results.networks import (
    Trained, evaluate, held_out_displays, is_trained, load, network, network_folder, planned, recompute_network,
)
from swaputils.results.surrogates import largest_set_size, posterior, recompute_surrogate, surrogate_folder, surrogate_table, trials

__all__ = [
    "Trained", "evaluate", "held_out_displays", "is_trained", "largest_set_size", "load", "network", "network_folder", "planned", "posterior",
    "recompute_network", "recompute_surrogate", "surrogate_folder", "surrogate_table", "trials",
]
