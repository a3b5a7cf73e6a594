"""What a reader copies from the report agrees with how the project is cited and with what was done."""

from pathlib import Path

import yaml

from swaputils.report import methods
from tests.library.test_fitting import quick_fit, some

ROOT = Path(__file__).resolve().parents[2]


def test_the_citation_is_that_of_the_project():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert cited["title"] in methods.citation() and f"version {cited['version']}" in methods.citation()
    assert cited["authors"][0]["name"] in methods.citation()
    titles = [each["title"] for each in cited["references"]]
    assert sum(title in methods.OF_SWAPS + methods.OF_NETWORKS for title in titles) == 2


def test_the_methods_name_data_options_models_and_settings():
    text = " ".join(methods.methods(quick_fit(some((2, 3), people=2), seed=4), "people.csv", "--units deg"))
    for part in ("160 trials of 2 people at set size 2 and 3", "with the options --units deg", "3 resamples", "2-fold"):
        assert part in text, part
    for part in ("5 models (none, cue, report, additive and full)", "in 2 steps", "the seed was 4", "PyTorch"):
        assert part in text, part
