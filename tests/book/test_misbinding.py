"""Networks whose memory misbinds: stored, recomputed and refused; and what the stored ones show."""

import shutil

import pytest
import torch

from swapbook.misbinding import MISBINDING_RATES, flipped, has_misbinding, misbinding_swaps, recompute_misbinding
from swapbook.places import results_folder
from swapbook.theory.memory import twice_counted
from swaputils.files import StoreError
from swaputils.task import TaskConfig
from tests.small import seeded


def test_flipping_exchanges_the_cued_item_only_where_asked():
    displays = TaskConfig().sample(6, generator=seeded())
    which = torch.tensor([True, False] * 3)
    changed = flipped(displays, which)
    assert torch.equal(changed.cued != displays.cued, which)
    assert torch.equal(changed.report, displays.report)
    with pytest.raises(ValueError, match="two items"):
        flipped(TaskConfig(items=3).sample(6, generator=seeded()), which)


def test_training_again_gives_the_same_swaps(tmp_path, monkeypatch):
    source = results_folder() / "networks" / "smoke" / "index_swap_0"
    shutil.copytree(source, tmp_path / "networks" / "smoke" / "index_swap_0")
    monkeypatch.setenv("SWAPUTILS_RESULTS", str(tmp_path))
    found = []
    for _ in range(2):
        recompute_misbinding(0.2, "smoke", 0, "simulated")
        found.append(misbinding_swaps(0.2, "smoke", 0))
    assert found[0] == found[1] and found[0].total.count == 500
    with pytest.raises(StoreError, match="recompute=True"):
        misbinding_swaps(0.1, "smoke", 0)
    assert not has_misbinding("smoke", 0)
    with pytest.raises(StoreError, match="planned at scale 'paper'; allowed are smoke, laptop"):
        recompute_misbinding(0.1, "paper", 0, "simulated")


def test_stored_networks_count_errors_of_memory_more_than_once():
    """Far above once, and most of the way to twice, judged from the network whose memory does not misbind."""
    base = misbinding_swaps(0.0, "laptop", 0).total.value
    for rate in MISBINDING_RATES[1:]:
        net = misbinding_swaps(rate, "laptop", 0)
        once, twice = base + rate - 2 * base * rate, twice_counted(base, rate)
        assert net.total.low > 0.4 * once + 0.6 * twice
        assert net.total.value < twice + 0.01
        assert net.conditional.low > base + 0.6 * rate * (1 - 2 * base)
