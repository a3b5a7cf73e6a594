"""Claims: verdicts from known numbers, files that ask for something that does not exist, and a page that agrees with the results."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.stats import t

from swapbook import claims, people
from swapbook.build.verdicts import CLAIMS, PAGE, page
from swapbook.claim_quantities import NOT_MEASURED
from swapbook.claims import (
    CANNOT_TELL,
    DOES_NOT,
    HOLDS,
    IN_PART,
    TOO_FEW,
    ClaimError,
    Finding,
    Part,
    find,
    overall,
    read_claims,
)
from swaputils.files import StoreError

SHARE = Part("converged", "index_swap", "share", "above", 0.6, 10)
RATE = Part("swap_rate", "index_swap", "mean", "above", 0.10, 4)
DIFFERENCE = Part("swap_rate", "index_swap", "difference", "above", 0.05, 4, versus="index_no_swap")


def attempts(**rates: list[float]) -> pd.DataFrame:
    """Networks that converged, by condition, with these swap rates; NaN stands for a training that stopped."""
    rows = [(name, rate, not math.isnan(rate)) for name, values in rates.items() for rate in values]
    return pd.DataFrame(rows, columns=["condition", "network_swap_rate", "converged"])


@pytest.mark.parametrize(
    ("side", "margin", "verdict"),
    [
        ("above", 0.10, HOLDS),
        ("above", 0.12, CANNOT_TELL),
        ("above", 0.20, DOES_NOT),
        ("below", 0.20, HOLDS),
        ("below", 0.12, CANNOT_TELL),
        ("below", 0.10, DOES_NOT),
    ],
)
def test_a_verdict_needs_the_whole_interval_on_one_side(side, margin, verdict):
    """Mean .12, standard error .02 / sqrt(4) = .00577: interval .12 +- 3.182 * .00577."""
    rates = attempts(index_swap=[0.11, 0.11, 0.13, 0.13])
    finding = find(Part("swap_rate", "index_swap", "mean", side, margin, 4), rates)
    assert finding.effect == pytest.approx(0.12) and finding.verdict == verdict
    assert (finding.low, finding.high) == (pytest.approx(0.10163, abs=1e-5), pytest.approx(0.13837, abs=1e-5))


def test_an_interval_can_come_from_resampled_networks():
    """The bootstrap's interval of a skewed sample is not symmetric, lies within the sample, and is the same at every call."""
    part = replace(RATE, test="bootstrap")
    rates = attempts(index_swap=[0.20, 0.21, 0.22, 0.23, 0.60])
    finding = find(part, rates)
    assert finding.effect == pytest.approx(0.292) and finding == find(part, rates)
    assert 0.20 < finding.low < 0.25 < finding.high < 0.60
    assert finding.high - finding.effect > 1.5 * (finding.effect - finding.low)
    assert find(part, attempts(index_swap=[0.3] * 4)).low == 0.3
    assert math.isnan(find(part, attempts(index_swap=[0.3])).low)


def test_too_few_networks_tell_nothing():
    few = find(RATE, attempts(index_swap=[0.3, 0.31, 0.32]))
    assert few.verdict == TOO_FEW and few.count == 3 and few.low > 0.10
    one = find(RATE, attempts(index_swap=[0.3]))
    assert one.effect == 0.3 and math.isnan(one.low) and one.verdict == TOO_FEW
    pair = find(DIFFERENCE, attempts(index_swap=[0.3, 0.4], index_no_swap=[0.1]))
    assert pair.effect == pytest.approx(0.25) and math.isnan(pair.low) and pair.verdict == TOO_FEW
    none = find(DIFFERENCE, attempts(index_swap=[0.3] * 9))
    assert none.count == 0 and math.isnan(none.effect) and none.verdict == TOO_FEW


def test_a_difference_has_welch_s_interval():
    first, second = [0.30, 0.32, 0.34, 0.36], [0.10, 0.11, 0.12, 0.19]
    finding = find(DIFFERENCE, attempts(index_swap=first, index_no_swap=second))
    variances = [np.var(sample, ddof=1) / 4 for sample in (first, second)]
    freedom = sum(variances) ** 2 / sum(variance**2 / 3 for variance in variances)
    reach = t.ppf(0.975, freedom) * math.sqrt(sum(variances))
    assert finding.effect == pytest.approx(0.20)
    assert (finding.low, finding.high) == (pytest.approx(0.20 - reach), pytest.approx(0.20 + reach))
    assert finding.verdict == HOLDS


def test_trainings_that_stopped_count_against_convergence_and_nowhere_else():
    nan = math.nan
    some = attempts(index_swap=[0.11, 0.11, 0.13, 0.13, 0.12, 0.12, nan, nan, nan, nan])
    finding = find(SHARE, some)
    assert (finding.effect, finding.count, finding.verdict) == (0.6, 10, CANNOT_TELL)
    assert find(RATE, some).count == 6
    every = find(SHARE, attempts(index_swap=[0.1] * 10))
    assert (every.effect, every.verdict) == (1.0, HOLDS) and 0.7 < every.low < 0.75


def test_equal_networks_have_an_interval_without_width():
    finding = find(Part("swap_rate", "index_swap", "mean", "below", 0.01, 4), attempts(index_swap=[0.0] * 4))
    assert (finding.low, finding.high, finding.verdict) == (0, 0, HOLDS)


def test_a_network_without_the_measure_is_not_counted():
    measured = attempts(index_swap=[0.1, 0.1]).assign(network_decision=[{"null_space": [0.5], "plane": [0.6]}, np.nan])
    assert claims.values(measured, "area_at_start", "index_swap").tolist() == [0.5]
    nowhere = measured.assign(network_far=[np.nan, 0.2])
    assert claims.values(nowhere, "far", "index_swap").tolist() == [0.2]


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        ([HOLDS, HOLDS], HOLDS),
        ([DOES_NOT, DOES_NOT], DOES_NOT),
        ([HOLDS, DOES_NOT, CANNOT_TELL], IN_PART),
        ([HOLDS, CANNOT_TELL], CANNOT_TELL),
        ([HOLDS, CANNOT_TELL, TOO_FEW], TOO_FEW),
        ([HOLDS, DOES_NOT, TOO_FEW], IN_PART),
        ([DOES_NOT, CANNOT_TELL], DOES_NOT),
        ([DOES_NOT, TOO_FEW], DOES_NOT),
        ([CANNOT_TELL, TOO_FEW], TOO_FEW),
        ([TOO_FEW], TOO_FEW),
    ],
)
def test_a_claim_holds_when_all_its_parts_do(verdicts, verdict):
    assert overall([Finding(0.0, 0.0, 0.0, 9, each) for each in verdicts]) == verdict


def written(tmp_path, **changes) -> list:
    """Claims read from a file with one claim and one part that is changed; None removes an entry."""
    part = {"quantity": "swap_rate", "condition": "index_swap", "test": "mean", "is": "above", "margin": 0, "seeds": 3}
    part = {name: value for name, value in (part | changes).items() if value is not None}
    path = tmp_path / "claims.yml"
    path.write_text(yaml.safe_dump([{"name": "One", "source": "book", "says": "So.", "chapter": 3, "parts": [part]}]))
    return read_claims(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"quantity": "swaps"}, "claim 'One': quantity 'swaps' is unknown; known are swap_rate, "),
        ({"condition": "swap"}, "condition 'swap' is unknown; known are index_untrained"),
        ({"test": "t"}, "test 't' is unknown; known are mean, bootstrap, difference, share, people"),
        (
            {"test": "people"},
            "quantity 'swap_rate' is unknown; known are gap_closed, gap_closed_six, gain_over_direct_200",
        ),
        ({"is": "over"}, "side 'over' is unknown; known are above, below"),
        ({"versus": "index_no_swap"}, "a difference, and nothing else, needs `versus`"),
        ({"test": "difference"}, "a difference, and nothing else, needs `versus`"),
        (
            {"seeds": None},
            "a part has quantity, condition, test, is, a margin in numbers, seeds and perhaps versus, not",
        ),
        ({"marge": 3}, "a part has quantity"),
        ({"margin": "some"}, "a margin in numbers"),
    ],
)
def test_what_does_not_exist_is_refused(tmp_path, changes, message):
    assert written(tmp_path)[0].parts == (Part("swap_rate", "index_swap", "mean", "above", 0.0, 3),)
    with pytest.raises(ClaimError, match=message):
        written(tmp_path, **changes)


GAP = Part("gap_closed", "human_n4", "people", "above", 0.5, 3)


def test_a_claim_on_people_is_judged_by_people_and_waits_for_its_networks(monkeypatch):
    """Every person is closer to chapter 1's model than to the network without swaps by 9 to 1."""
    subjects = range(6)
    scores = [
        {"seed": seed, "subject": subject, "model": model, "log_density": value}
        for subject, seed in zip(subjects, [0, 0, 1, 1, 2, 2])
        for model, value in (("no_swap", -2.0), ("network", -1.1), ("surrogate", -1.0))
    ]
    monkeypatch.setattr(people, "people_scores", lambda scale, name, condition: pd.DataFrame(scores))
    finding = claims.find_among_people(GAP, "laptop", "some")
    assert finding.effect == pytest.approx(0.9) and finding.count == 3 and finding.verdict == HOLDS
    assert claims.find_among_people(replace(GAP, margin=0.95), "laptop", "some").verdict == DOES_NOT
    assert claims.find_among_people(replace(GAP, seeds=4), "laptop", "some").verdict == TOO_FEW


def test_a_claim_on_people_that_nothing_was_computed_for_cannot_be_told(tmp_path, monkeypatch):
    monkeypatch.setenv("SWAPUTILS_RESULTS", str(tmp_path))
    finding = claims.find_among_people(GAP, "laptop", "vandenberg2012_color")
    assert math.isnan(finding.effect) and finding.count == 0 and finding.verdict == TOO_FEW


def test_scores_of_other_networks_are_an_error_and_not_too_few(monkeypatch):
    def outdated(scale, name, condition):
        raise StoreError("comes from other networks")

    monkeypatch.setattr(people, "people_scores", outdated)
    with pytest.raises(StoreError, match="other networks"):
        claims.find_among_people(GAP, "laptop", "some")


def test_claims_need_their_entries_and_names_of_their_own(tmp_path):
    path = tmp_path / "claims.yml"
    path.write_text("- {name: One, source: book, says: So., chapter: 3, parts: [], because: of}")
    with pytest.raises(
        ClaimError, match="a claim has name, source, says, chapter, parts and perhaps figures, forced and caveat"
    ):
        read_claims(path)
    path.write_text("- {name: One, source: book, says: So., chapter: 3, parts: []}\n" * 2)
    with pytest.raises(ClaimError, match="same name"):
        read_claims(path)


def test_every_quantity_of_a_claim_is_measured_on_the_stored_networks():
    """Of those conditions that are stored: a quantity that no network has would leave its claim open for ever."""
    stored = claims.trainings("laptop", "vandenberg2012_color")
    ended = set(stored.loc[stored["converged"], "condition"])
    for claim in read_claims(CLAIMS):
        for part in (part for part in claim.parts if part.test != "people"):
            if part.condition in ended:
                assert len(claims.values(stored, part.quantity, part.condition)) > 0, (claim.name, part)


def test_the_page_agrees_with_the_results():
    assert PAGE.read_text() == page()


def test_the_mean_of_a_quantity_is_over_networks_that_converged():
    some = attempts(index_swap=[0.10, 0.125, math.nan])
    assert claims.mean(some, "swap_rate", "index_swap") == 0.11
    assert claims.mean(some, "swap_rate", "index_swap", 4) == 0.1125
    assert math.isnan(claims.mean(some, "swap_rate", "index_no_swap"))


def test_agreement_between_seeds():
    nan = math.nan
    some = attempts(index_swap=[0.10, 0.12, 0.08, nan], index_no_swap=[0.0])
    some = some.assign(ideal_swap_rate=0.1, network_responses=10_000)
    curves = [{"rate": [0.1, 0.2]}, {"rate": [0.1, 0.4]}, {"rate": [0.1, 0.3]}, nan, nan]
    found = claims.agreement(some.assign(network_curve=curves), "index_swap")
    assert (found["trainings"], found["converged"]) == (4, 0.75) and found["low"] < 0.75 < found["high"]
    assert found["rate"] == pytest.approx(0.10) and found["rate_sd"] == pytest.approx(0.02)
    assert found["response_sd"] == pytest.approx(0.003) and found["curve_sd"] == pytest.approx(0.05)
    alone = claims.agreement(some, "index_no_swap")
    assert (alone["trainings"], alone["rate"]) == (1, 0.0)
    assert all(math.isnan(alone[name]) for name in ("rate_sd", "response_sd", "curve_sd"))


@pytest.mark.parametrize("absent", [None, math.nan])
def test_not_measured_is_a_value_and_any_other_fault_is_an_error(absent):
    row = pd.Series({"network_decision": {"null_space": [0.5], "plane": [0.6]}, "network_swap_rate": 0.1})
    area, error = claims.QUANTITIES["area_at_start"], claims.QUANTITIES["swap_rate_error"]
    assert area.of(row) == 0.5
    assert area.of(row.drop("network_decision")) is NOT_MEASURED
    assert area.of(pd.Series({"network_decision": absent})) is NOT_MEASURED
    assert error.of(row) is NOT_MEASURED  # the ideal sampler's is missing
    faulty = area.of(pd.Series({"network_decision": {"null_space": [math.nan], "plane": [0.6]}}))
    assert faulty is not NOT_MEASURED and math.isnan(faulty)
    with pytest.raises(KeyError, match="null_space"):
        area.of(pd.Series({"network_decision": {"plane": [0.6]}}))
    with pytest.raises(IndexError):
        area.of(pd.Series({"network_decision": {"null_space": [], "plane": []}}))
    with pytest.raises(TypeError):
        error.of(pd.Series({"network_swap_rate": 0.1, "ideal_swap_rate": {}}))


def test_a_measure_that_is_damaged_is_not_left_out_of_a_claim():
    damaged = attempts(index_swap=[0.1, 0.1]).assign(network_decision=[{"null_space": [0.5]}, {"plane": [0.6]}])
    with pytest.raises(KeyError, match="null_space"):
        find(Part("area_at_start", "index_swap", "mean", "above", 0.0, 2), damaged)
