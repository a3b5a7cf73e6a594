"""Accounts of swaps of networks: injected errors are found, a patch with nothing injected changes nothing, and figures show the tables."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import torch

from swapbook.cortex import error_accounts
from swapbook.figures import of_accounts
from swapbook.networks import Network
from tests.small import seeded

NETWORK = Network("index_task_optimal")
ROWS = [
    {"account": "misbinding", "found": "misbinding", "share": 0.9},
    {"account": "misbinding", "found": "none", "share": 0.1},
    {"account": "misselection", "found": "misbinding", "share": 0.25},
    {"account": "misselection", "found": "misselection + misinterpretation", "share": 0.75},
]
TABLE = pd.DataFrame(
    [row | {"source": "planted", "seed": seed, "moment": row["account"]} for row in ROWS for seed in (0, 1)]
)


@pytest.mark.parametrize("account", ["misbinding", "misselection", "misinterpretation"])
def test_an_injected_error_is_found(account):
    rows = {row["found"]: row for row in error_accounts.injected(NETWORK, account)}
    assert rows[account]["share"] > 0.9
    assert rows[account]["injected"] > 0.9


def test_only_patched_trials_change_and_only_from_the_patch_on():
    displays = NETWORK.plan.task.sample(20, generator=seeded())
    some, nobody = torch.arange(20) < 5, torch.zeros(20, dtype=torch.bool)
    own, _ = error_accounts.patched(NETWORK, displays, nobody, "misselection", seeded(1))
    found, _ = error_accounts.patched(NETWORK, displays, some, "misselection", seeded(1))
    cue_end = 25
    torch.testing.assert_close(found[5:], own[5:])
    torch.testing.assert_close(found[:, : cue_end - 1], own[:, : cue_end - 1])
    assert (found[:5, cue_end - 1] - own[:5, cue_end - 1]).norm(dim=1).min() > 1
    assert (found[:5, -1] - own[:5, -1]).norm(dim=1).min() > 1


def test_what_is_told_together_has_a_column_of_its_own():
    wide = of_accounts.by_account(TABLE, ["account", "seed"])
    assert wide.loc[("misselection", 0), of_accounts.TOGETHER] == 0.75
    assert wide.loc[("misselection", 0), "misselection"] == 0
    assert wide.sum(axis=1).tolist() == pytest.approx([1.0] * 4)


def test_figures_show_the_shares():
    matrix = of_accounts.recovered(plt.figure().add_subplot(), TABLE)
    texts = [text.get_text() for text in matrix.texts]
    assert texts[10:] == [""] * 10  # two accounts that were not planted
    assert texts[0] == "0.90" and texts[5] == "0.25"
    bars = of_accounts.in_time(plt.figure().add_subplot(), TABLE)
    assert bars.patches[0].get_height() == pytest.approx(0.9)
    assert [tick.get_text() for tick in bars.get_xticklabels()] == ["misbinding", "misselection"]
