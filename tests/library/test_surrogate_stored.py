"""Posteriors come back from disk as they were."""

import math
from dataclasses import replace

import pytest
import torch

from swaputils.files import StoreError
from swaputils.run_folder import Run, write_run
from swaputils.surrogate import Basis, load, save
from tests.small import certain, swap_posterior

POSTERIOR = swap_posterior(0.3)
STABLE = replace(
    POSTERIOR,
    emission="wrapped_stable",
    emission_parameters=torch.tensor([1.5, 0.3], dtype=torch.float64),
    uniform_logit=-math.inf,
    set_size=None,
)
NO_SWAPS = certain(torch.zeros(0, dtype=torch.float64), Basis(symmetry="point"), (), POSTERIOR.distances)


@pytest.mark.parametrize("posterior", [POSTERIOR, STABLE, NO_SWAPS], ids=["places", "stable", "no swaps"])
def test_saved_posterior_comes_back(tmp_path, posterior):
    save(posterior, tmp_path / "fit", data="made up", set_sizes=[2, 4])
    back = load(tmp_path / "fit")
    for name, value in vars(posterior).items():
        same = torch.equal(getattr(back, name), value) if torch.is_tensor(value) else getattr(back, name) == value
        assert same, name


def test_foreign_run_is_refused(tmp_path):
    write_run(tmp_path / "network", Run(config={"model": "network"}, weights={"mean": torch.zeros(3)}))
    with pytest.raises(StoreError, match="network.*does not hold a posterior of a swap function"):
        load(tmp_path / "network")


def test_absent_folder_is_refused(tmp_path):
    with pytest.raises(StoreError, match="nowhere"):
        load(tmp_path / "nowhere")
