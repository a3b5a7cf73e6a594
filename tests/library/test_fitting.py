"""A fit from trials to a page: whole on good data, and a named, well-defined result on odd data."""

import math
import re
from dataclasses import replace

import pytest
import torch
from tqdm import tqdm

from swaputils import report, surrogate
from swaputils.data.simulated import simulated_trials
from swaputils.data.table import DataError
from swaputils.files import write_files
from swaputils.report import findings, fitting, prediction
from swaputils.report.fitting import FitConfig, Fitted
from swaputils.trials import Displays, Trials
from tests.small import certain, hurried, seeded


def quick_fit(trials: Trials, **options) -> Fitted:
    return fitting.fit(trials, hurried(**{"folds": 2} | options))


def some(sizes: tuple[int, ...], people: int = 1, trials: int = 40) -> Trials:
    everything = simulated_trials(2, people=people, trials_per_set_size=trials)
    return everything[torch.isin(everything.displays.set_size, torch.tensor(sizes))]


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    return quick_fit(some((1, 3, 4), people=2))


def test_everything_is_fitted_and_fits_together(fitted):
    assert fitted.ladder["model"].tolist() == list(surrogate.LADDER)
    assert len(fitted.people) == 2 * 2 * 3 and len(fitted.group) == 2 * 3
    assert {"cue", "report", fitted.best} == set(fitted.posteriors)
    for model, posteriors in fitted.posteriors.items():
        assert list(posteriors) == [3, 4]
        listed = fitted.ladder.set_index("model").loc[model, "elbo"]
        assert posteriors[3].elbo == pytest.approx(listed, abs=1e-9)
    means = fitted.people.groupby(["mixture", "set_size"])["p_target"].mean()
    for row in fitted.group.to_dict("records"):
        assert row["p_target"] == pytest.approx(means[row["mixture"], row["set_size"]])
    width = 2 * math.pi / prediction.ERROR_BINS
    for _, part in fitted.errors.groupby(["set_size", "around"]):
        assert part["human"].sum() * width == pytest.approx(1) and part["surrogate"].sum() * width == pytest.approx(1)
    assert (fitted.functions["low"] < fitted.functions["f"]).all()
    cue = fitted.functions.query("model == 'cue' and set_size == 3")["distance"]
    assert cue.tolist() == pytest.approx([math.pi / 4 * k for k in range(1, 5)], abs=1e-6)


def test_the_page_needs_no_other_file_and_shows_every_table(fitted):
    page = report.page(fitted, "people <b>.csv")
    assert not re.findall(r'(?:src|href)="(?!data:)', page) and "<script" not in page
    assert "people &lt;b&gt;.csv" in page
    assert (
        page.count("<img") == page.count("data:image/png;base64,") == page.count('alt="') == 7 + len(fitted.posteriors)
    )
    lead = page.split('<p class="lead">')[1].split("</p>")[0]
    assert lead.count(". ") == 2, "three sentences"
    for sentence in (*findings.findings(fitted), *findings.limits(fitted)):
        assert sentence.split("“")[0][:40].replace("'", "&#x27;") in page
    assert page.count("<table") == 3


def test_the_files_hold_posteriors_that_answer_displays(fitted, tmp_path):
    write_files(report.contents(fitted, "people.csv", tmp_path / "fit"))
    loaded = surrogate.load(tmp_path / "fit/posterior/cue/set_size_4")
    displays = some((4,)).displays
    expected = surrogate.log_weights(fitted.posteriors["cue"][4], displays)
    torch.testing.assert_close(surrogate.log_weights(loaded, displays), expected)
    assert not list(tmp_path.rglob("*.part"))


def test_the_seed_decides_the_result():
    trials = some((2,))
    first, again, other = (quick_fit(trials, seed=seed) for seed in (1, 1, 2))
    assert first.ladder.equals(again.ladder) and first.people.equals(again.people) and first.errors.equals(again.errors)
    assert not first.ladder.equals(other.ladder)


def test_the_number_of_processes_does_not(monkeypatch):
    monkeypatch.setattr(fitting, "WORTH", 1e-9)
    trials = some((2, 3))
    one, two = (quick_fit(trials, processes=n) for n in (1, 2))
    assert all(
        getattr(one, name).equals(getattr(two, name)) for name in ("people", "group", "ladder", "functions", "errors")
    )


def test_without_resamples_and_folds_the_rest_is_the_same_and_says_so(fitted):
    quick = quick_fit(some((1, 3, 4), people=2), resamples=0, folds=0)
    assert quick.ladder.equals(fitted.ladder[["model", "elbo"]])
    assert not [name for name in quick.people if name.endswith(("_low", "_high"))]
    estimates = quick.people.columns
    assert quick.people.equals(fitted.people[estimates])
    limits = " ".join(findings.limits(quick))
    assert (
        "have no intervals" in limits
        and "evidence bound alone" in limits
        and "2 steps only" in limits
        and "resampling trials" not in limits
    )
    page = report.page(quick, "people.csv")
    assert "held out" not in page.split("<h3>Swap models</h3>")[1].split("<table")[1].split("</table>")[0]
    assert "evidence bound alone" in page and page.count("<table") == 3


def test_there_is_one_bar(capsys):
    for bar in list(getattr(tqdm, "_instances", ())):
        bar.close()  # one that an error in another test left open would push this one down a line
    capsys.readouterr()
    quick_fit(some((1, 2)))
    shown = capsys.readouterr().err
    assert "fit: 100 %" in shown and "left" in shown and "\n" not in shown.strip()


def test_the_check_sees_a_model_that_fits_and_one_that_does_not():
    displays = some((4,), trials=600).displays
    truth = certain(torch.tensor([-1.0], dtype=torch.float64), surrogate.Basis(), ("level",), torch.tensor([0.7, 3.14]))
    response, _ = surrogate.sample_responses(truth, displays, generator=seeded(5))
    trials = Trials(displays, response, torch.ones(len(displays), dtype=torch.long))

    def around_the_target(posterior):
        return fitting.predictive_check(trials, posterior, 30, generator=seeded()).query("around == 'target'")

    check = around_the_target(truth)
    assert ((check["human"] >= check["low"]) & (check["human"] <= check["high"])).mean() > 0.85
    wide = around_the_target(replace(truth, emission_parameters=truth.emission_parameters / 4))
    for found, missed in ((check, False), (wide, True)):
        peak = found[found["error"].abs() < 0.1]
        assert len(peak) == 2 and ((peak["human"] > peak["high"]) == missed).all()


def without_cues(trials: Trials) -> Trials:
    displays = trials.displays
    return replace(trials, displays=Displays(displays.report, torch.full_like(displays.probe, math.nan), displays.cued))


def test_without_cues_there_is_no_model_of_them():
    fitted = quick_fit(without_cues(some((3,))))
    assert fitted.ladder["model"].tolist() == ["none", "report"]
    assert any("no cue columns" in sentence for sentence in fitted.left_out)
    assert set(fitted.errors["around"]) == {"target", "non-targets"}
    assert "cue distance" not in " ".join(findings.findings(fitted))
    assert "<figure>" in report.page(fitted, "people.csv")


def test_set_size_1_only():
    fitted = quick_fit(some((1,)))
    assert fitted.ladder.empty and not fitted.posteriors
    assert (fitted.people["p_nontarget"] == 0).all()
    assert any("nothing to swap with" in sentence for sentence in findings.limits(fitted))
    assert "Swap models</h3>" not in report.page(fitted, "people.csv")


def test_a_quick_fit_is_called_a_first_look_before_anything_else_and_in_its_methods(fitted):
    looked_at = replace(fitted, config=fitting.quicker(fitted.config))
    page = report.page(looked_at, "people.csv")
    assert page.index("A first look (--quick)") < page.index('<p class="lead"')
    assert "a first look" in page[page.index("lead") :]  # the methods
    assert "first look" not in report.page(fitted, "people.csv")


def test_a_set_size_with_20_trials_is_fitted_and_one_with_19_is_named():
    trials = some((2, 3))
    third = (trials.displays.set_size == 3).nonzero().squeeze(1)
    twenty = trials[torch.cat(((trials.displays.set_size == 2).nonzero().squeeze(1), third[:20]))]
    fitted = quick_fit(twenty)
    assert list(fitted.posteriors["cue"]) == [2, 3]
    assert any("Set sizes 2, 3 have fewer than 100 trials" in sentence for sentence in findings.limits(fitted))
    fewer = quick_fit(twenty[:-1])
    assert list(fewer.posteriors["cue"]) == [2] and set(fewer.people["set_size"]) == {2}
    assert any("Set size 3 was left out of the swap models: 19 trials" in sentence for sentence in fewer.left_out)


def test_a_person_with_one_trial_counts_in_swap_models_and_not_in_mixtures():
    trials = some((3,))
    subject = trials.subject.clone()
    subject[0] = 9
    fitted = quick_fit(replace(trials, subject=subject))
    assert set(fitted.people["subject"]) == {1} and fitted.ladder["of"].tolist() == [2] * 5
    assert any("1 of 2 combinations of person and set size" in sentence for sentence in fitted.left_out)


def test_too_few_trials_for_anything():
    fitted = quick_fit(some((3,))[:5])
    assert fitted.ladder.empty and not len(fitted.people)
    assert any("No person has 20 trials" in sentence for sentence in findings.limits(fitted))
    assert "<table" in report.page(fitted, "people.csv")


def test_all_responses_equal():
    trials = some((3,))
    fitted = quick_fit(replace(trials, response=torch.full_like(trials.response, 0.5)))
    assert fitted.ladder["elbo"].map(math.isfinite).all() and fitted.ladder["held_out"].map(math.isfinite).all()
    assert "<figure>" in report.page(fitted, "people.csv")


def test_a_non_target_at_the_cued_place_is_left_out_and_one_of_the_targets_colour_is_not():
    trials = some((3,))
    displays = trials.displays
    probe, colour = displays.probe.clone(), displays.report.clone()
    other = (displays.cued[:4] + 1) % 3
    probe[torch.arange(4), other] = displays.cued_probe[:4]
    fitted = quick_fit(replace(trials, displays=Displays(displays.report, probe, displays.cued)))
    assert any(
        sentence.startswith("4 trials in which a non-target has the cued feature") for sentence in fitted.left_out
    )
    assert fitted.posteriors["cue"][3].trials == 36 and set(fitted.people["trials"]) == {40}
    colour[torch.arange(4), other] = displays.cued_report[:4]
    alike = quick_fit(replace(trials, displays=Displays(colour, displays.probe, displays.cued)))
    assert alike.posteriors["report"][3].trials == 40 and alike.ladder["elbo"].map(math.isfinite).all()
    assert alike.posteriors["report"][3].report_distances[0] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"emission": "gauss"}, "emission is 'gauss'; allowed are von_mises, wrapped_stable, variable_precision"),
        ({"folds": 1}, "folds is 1"),
        ({"resamples": 1}, "resamples is 1"),
        ({"folds": -1}, "folds is -1"),
        ({"processes": 0}, "processes is 0"),
    ],
)
def test_a_config_that_is_none(options, message):
    with pytest.raises(ValueError, match=message):
        FitConfig(**options)


def test_a_set_size_that_is_not_there():
    with pytest.raises(DataError, match=r"no trials of set size 5; the data have \[3\]"):
        quick_fit(some((3,)), set_size=5)


def test_heavy_tails_stand_for_guesses():
    fitted = quick_fit(some((3,)), emission="wrapped_stable")
    assert fitted.posteriors["cue"][3].uniform_logit == -math.inf
    assert "believe one only where" not in " ".join(findings.limits(fitted))
    assert "believe one only where" in " ".join(findings.limits(quick_fit(some((3,)), emission="von_mises")))
