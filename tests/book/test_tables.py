"""What is stored about a data set reads back as it was fitted."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import vonmises

from swapbook import tables
from swapbook.conditions import UnknownName
from swaputils import surrogate
from swaputils.data.simulated import simulated_trials
from swaputils.files import StoreError
from swaputils.surrogate import BnsConfig, SurrogateError
from swaputils.trials import Displays, Trials

WIDTH = 2 * math.pi / tables.ERROR_BINS


def few_trials() -> Trials:
    """Two simulated people, up to three items."""
    everything = simulated_trials(0, people=2, trials_per_set_size=40)
    return everything[everything.displays.set_size <= 3]


def recompute_few(folder, trials: Trials) -> None:
    """Fit the trials in few steps and store them in a results folder under the name "simulated"."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SWAPUTILS_RESULTS", str(folder))
        patch.setattr(tables, "trials", lambda name: trials)
        patch.setattr(tables, "BnsConfig", lambda: BnsConfig(steps=40))
        tables.recompute_surrogate("simulated")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A results folder with what was fitted to few trials under the name "simulated"."""
    folder = tmp_path_factory.mktemp("results")
    recompute_few(folder, few_trials())
    return folder


@pytest.fixture
def stored(folder, monkeypatch):
    monkeypatch.setenv("SWAPUTILS_RESULTS", str(folder))
    return folder / "surrogate" / "simulated"


@pytest.fixture
def errors(stored) -> pd.DataFrame:
    return tables.surrogate_table("simulated", "errors")


def test_what_is_stored_is_small_and_complete(stored):
    found = sorted(path.name for path in stored.iterdir())
    files = ["errors.csv", "errors.provenance.json", "mixture.csv", "mixture.provenance.json"]
    assert found == [*files, "set_size_2", "set_size_3"]
    assert sum(path.stat().st_size for path in stored.rglob("*.*")) < 200_000
    assert tables.largest_set_size("simulated") == 3


def test_the_mixture_table_is_that_of_the_trials(stored):
    pd.testing.assert_frame_equal(
        tables.surrogate_table("simulated", "mixture"), surrogate.fit_mixture_table(few_trials())
    )


def test_every_response_is_counted_around_every_item(errors):
    displays = few_trials().displays
    shown = (displays.present & ~displays.is_cued).sum().item()
    counts = errors.groupby(errors["distance"] > 0)["count"].sum()
    assert counts.to_dict() == {False: len(displays), True: shown}


def test_people_and_surrogate_have_densities(errors):
    groups = errors.groupby(["set_size", "distance"])
    np.testing.assert_allclose(groups["human"].sum() * WIDTH, 1, rtol=1e-4)
    with_surrogate = errors[errors["set_size"] > 1].groupby(["set_size", "distance"])
    np.testing.assert_allclose(with_surrogate["surrogate"].sum() * WIDTH, 1, rtol=1e-4)
    assert errors.loc[errors["set_size"] == 1, "surrogate"].isna().all()


@pytest.mark.parametrize("place", [0.0, math.pi / 2])
def test_the_surrogate_density_is_the_mean_mixture_over_displays(place, errors):
    fitted, trials = tables.posterior("simulated", 2), few_trials()
    displays = trials.displays[trials.displays.set_size == 2]
    apart = surrogate.cue_distances(displays)[:, :2]
    weight = torch.where(displays.is_cued[:, :2], 0, surrogate.swap_function(fitted, apart.amax(1))[0][:, None]).exp()
    row = errors[(errors["set_size"] == 2) & ((errors["distance"] - place).abs() < 1e-3)].iloc[20]
    trial, item = ((apart - place).abs() < 1e-3).nonzero(as_tuple=True)
    error = displays.report[trial, item][:, None] + row["error"] - displays.report[trial, :2]
    guess = math.exp(fitted.uniform_logit)
    joint = (weight[trial].numpy() * vonmises.pdf(error.numpy(), fitted.concentration)).sum(1) + guess / (2 * math.pi)
    assert row["surrogate"] == pytest.approx((joint / (weight[trial].sum(1) + guess).numpy()).mean(), rel=1e-4)


def test_bins_lie_around_the_colours_that_were_recorded():
    degrees = torch.tensor([-2.0, 0.0, 2.0, 178.0, -180.0, -178.0], dtype=torch.float64)
    nothing = torch.zeros(6, 1, dtype=torch.float64)
    displays = Displays(nothing, nothing, torch.zeros(6, dtype=torch.long))
    around = tables._around_items(Trials(displays, degrees.deg2rad(), torch.ones(6, dtype=torch.long)), None)
    counted = around[around["count"] > 0]
    assert counted["count"].tolist() == [3, 3]
    np.testing.assert_allclose(np.rad2deg(counted["error"]), [-180, 0], atol=1e-9)


def test_folds_are_fitted_without_their_people(tmp_path, monkeypatch):
    everything = simulated_trials(0, people=7, trials_per_set_size=20)
    four = everything[everything.displays.set_size == 4]
    monkeypatch.setenv("SWAPUTILS_RESULTS", str(tmp_path))
    recompute_few(tmp_path, four)
    fold = tables.fold_of(four)
    assert fold.bincount().tolist() == [40, 40, 20, 20, 20]  # seven people dealt out to five folds
    assert all(len(set(fold[four.subject == person].tolist())) == 1 for person in four.subject.unique())
    fitted = [tables.posterior_without("simulated", held_out, 4) for held_out in range(5)]
    assert [each.trials for each in fitted] == [100, 100, 120, 120, 120]
    assert len({each.concentration for each in fitted}) == 5


def test_the_same_trials_give_the_same_files(stored, tmp_path):
    recompute_few(tmp_path, few_trials())
    for path in stored.rglob("*.*"):
        if not path.name.endswith("provenance.json"):
            assert (tmp_path / "surrogate" / "simulated" / path.relative_to(stored)).read_bytes() == path.read_bytes()


def test_nothing_is_written_where_the_swap_function_cannot_be_fitted(tmp_path):
    trials = few_trials()
    unknown = Displays(trials.displays.report, torch.full_like(trials.displays.probe, math.nan), trials.displays.cued)
    with pytest.raises(SurrogateError, match="without probe feature"):
        recompute_few(tmp_path, Trials(unknown, trials.response, trials.subject))
    assert list(tmp_path.iterdir()) == []


def test_what_was_not_computed_is_named(stored):
    with pytest.raises(StoreError, match="bays2009/mixture.csv.*recompute=True"):
        tables.surrogate_table("bays2009", "mixture")
    with pytest.raises(StoreError, match="set_size_7.*there are: set_size_2, set_size_3"):
        tables.posterior("simulated", 7)
    with pytest.raises(UnknownName, match="unknown data set 'nobody'.*vandenberg2012_color"):
        tables.surrogate_folder("nobody")
