"""The shape of one item's memory: planted codes in the networks' displays are told apart, and a regression finds the planted code."""

import math

import pandas as pd
import pytest
import torch

from swapbook import claims, collection
from swapbook.cortex import item_codes, on_the_way
from swapbook.networks import Network
from swaputils.geometry.holes import holes
from tests.small import seeded


def remembered(kind, noise=0.05, saturating=False):
    shown, generator = item_codes.pairs(8), seeded(3)
    code = item_codes.planted(kind, 8, 1.0, generator=generator)
    activity = item_codes.planted_activity(code, shown, noise, saturating, generator=generator)
    return code, item_codes.memories(activity, shown, 8)


def test_displays_are_all_those_of_the_task_on_the_grid():
    shown = item_codes.pairs(8)
    assert len(shown) == 8 * 24 * 7 * 19
    apart = 2 * math.pi * (shown[:, 1] - shown[:, 3]).double() / 24
    assert (apart.cos() <= math.cos(math.pi / 4) + 1e-9).all() and (shown[:, 0] != shown[:, 2]).all()
    assert len(item_codes.pairs(16)) == 16 * 24 * 13 * 19


@pytest.mark.parametrize("saturating", [False, True])
@pytest.mark.parametrize("kind", ["torus", "double ring", "slots", "ring"])
def test_planted_shapes_are_told_apart(kind, saturating):
    assert item_codes.shape(holes(remembered(kind, saturating=saturating)[1]), 8)[0] == kind


def test_the_regression_finds_the_code_that_means_would_mix_with_the_other_item():
    code, found = remembered("torus", noise=0.0)
    torch.testing.assert_close(found, code.flatten(0, 1), atol=1e-8, rtol=0)


def test_noise_alone_has_no_shape():
    noise = torch.randn((192, 14), dtype=torch.float64, generator=seeded(4))
    assert item_codes.shape(holes(noise), 8)[0] == "none of these"


def test_a_network_is_called_as_it_is_stored():
    stored = collection.memory_shapes().set_index(["condition", "seed"])["memory_shape"]
    found = item_codes.remembered(Network("probe_flat"))
    assert item_codes.shape(holes(found["memories"]), 8)[0] == stored["probe_flat", 0]
    assert found["of_place"] + found["of_colour"] + found["of_both"] == pytest.approx(1)
    attempts = claims.trainings("laptop", "vandenberg2012_color")
    assert set(claims.values(attempts, "torus", "probe_flat")) <= {0.0, 1.0}


def test_trees_are_held_beside_the_path_at_their_own_loss():
    rows = [
        ("a", "gated", seed, loss, 0.2 - 0.1 * math.log10(loss)) for seed in range(3) for loss in (1e-1, 1e-2, 1e-3)
    ]
    rows += [("a", "tree", 0, 10**-1.5, 0.45), ("a", "dendrites", 0, 1e-4, 0.5)]
    table = pd.DataFrame(rows, columns=["condition", "drive", "seed", "loss", "before"])
    found = on_the_way.beside_the_path(table, "before").set_index("drive")
    assert found["difference"].to_dict() == pytest.approx({"tree": 0.1, "dendrites": 0.0})
    assert found["inside"].to_dict() == {"tree": True, "dendrites": False}
