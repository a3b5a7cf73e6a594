"""Accounts of swaps: planted ones are found, what cannot be told is said, and bad input is a sentence."""

from dataclasses import replace

import pytest
import torch

from swaputils.geometry import SEPARATION, Plan, UnusableActivity
from swaputils.geometry.accounts import accounts_of, evidence, fit_accounts
from swaputils.geometry.colourstates import spline
from swaputils.geometry.plantedswaps import ACCOUNTS, PlantedSwaps, SwapPlan, plant_swaps
from tests.small import seeded

PLAN = SwapPlan(before=Plan(trials=800, alignment=0.3, separation=SEPARATION, noise=0.05))


def planted(plan: SwapPlan = PLAN, seed: int = 0, **shares: float) -> PlantedSwaps:
    wanted = tuple(shares.get(account, 0.0) for account in ACCOUNTS)
    return plant_swaps(replace(plan, shares=wanted), generator=seeded(seed))


@pytest.mark.parametrize("account", ACCOUNTS)
def test_each_planted_account_is_found(account):
    found = fit_accounts(*planted(**{account: 1.0}).session, generator=seeded())
    assert found.told == tuple((each,) for each in ACCOUNTS)
    share, low, high = found.of(account)
    assert share > 0.95 and low > 0.9 and high <= 1


def test_shares_of_a_mixture_are_found_and_add_up_to_one():
    found = fit_accounts(
        *planted(misbinding=0.4, misselection=0.3, misinterpretation=0.2, none=0.1).session, generator=seeded()
    )
    assert float(found.share.sum()) == pytest.approx(1, abs=1e-6)
    truth = torch.tensor([0.4, 0.3, 0.2, 0.1], dtype=torch.float64)
    assert (found.share - truth).abs().max() < 0.17  # 80 swaps: two standard errors and a half of a share of .4
    assert ((found.low <= found.share) & (found.share <= found.high)).all()


def test_shares_are_unbiased_where_noise_is_large_and_sessions_are_put_together():
    noisy = replace(PLAN, before=replace(PLAN.before, units=40, noise=0.5))
    sessions = [evidence(*planted(noisy, seed, misselection=1.0).session, generator=seeded(seed)) for seed in range(4)]
    found = accounts_of(sessions, generator=seeded())
    assert found.told == tuple((each,) for each in ACCOUNTS)
    assert found.of("misselection")[0] > 0.85 and found.of("misbinding")[0] < 0.1


def test_accounts_are_told_together_where_their_states_coincide():
    same_rings = replace(PLAN, before=replace(PLAN.before, alignment=1.0))  # the sum of two colours has no order
    assert ("misbinding", "misselection") in fit_accounts(
        *planted(same_rings, misbinding=1.0).session, generator=seeded()
    ).told
    merged = replace(PLAN, selected=1.0, unselected=0.0, trace=0.0)  # exchanged colours look like the other cue
    found = fit_accounts(*planted(merged, misinterpretation=1.0).session, generator=seeded())
    assert ("misselection", "misinterpretation") in found.told
    assert found.of("misinterpretation") is None
    assert found.share[found.told.index(("misselection", "misinterpretation"))] > 0.95


def test_a_row_of_the_spline_adds_up_to_one_and_bends_at_the_knots_only():
    colour = torch.linspace(-3.2, 3.2, 50, dtype=torch.float64)
    torch.testing.assert_close(spline(colour).sum(1), torch.ones(50).double())
    assert ((spline(colour) > 0).sum(1) <= 2).all()


def test_bad_input_is_one_sentence():
    trials = planted(misselection=1.0)
    with pytest.raises(UnusableActivity, match="swaps"):
        fit_accounts(*planted(replace(PLAN, swaps=0.0), misselection=1.0).session, generator=seeded())
    with pytest.raises(UnusableActivity, match="trials; a model with 9 parameters"):
        fit_accounts(*(part[:150] for part in trials.session), generator=seeded())
    with pytest.raises(UnusableActivity, match="NaN or infinite in unit 3"):
        bad = trials.before.clone()
        bad[5, 3] = torch.nan
        fit_accounts(bad, *trials.session[1:], generator=seeded())
    with pytest.raises(UnusableActivity, match="1 trials lack a report"):
        report = trials.report.clone()
        report[0] = torch.nan
        fit_accounts(*trials.session[:4], report, generator=seeded())
