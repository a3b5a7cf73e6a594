"""Displays and the responses to them, as frozen records whose shapes are checked."""

from dataclasses import dataclass

import torch
from torch import Tensor

from swaputils.shapes import Moves, check_shape


@dataclass(frozen=True)
class Displays(Moves):
    """What was shown: M displays of up to N items, angles in rad in [-pi, pi).

    Attributes:
        report: [M, N] report feature of each item; NaN where a display has fewer items.
        probe: [M, N] probe (cue) feature of each item; NaN where absent or not recorded.
        cued: [M] index of the item to report.
        shown: [M] number of items shown, where not all are on record; None where the items in `report` are all.
        announcement: [M] number that is shown besides, see `task.DelayedEstimation`; None for none.
    """

    report: Tensor
    probe: Tensor
    cued: Tensor
    shown: Tensor | None = None
    announcement: Tensor | None = None

    def __post_init__(self):
        check_shape(self, "report", (None, None))
        check_shape(self, "probe", tuple(self.report.shape))
        check_shape(self, "cued", (self.report.shape[0],))
        for name in ("shown", "announcement"):
            if getattr(self, name) is not None:
                check_shape(self, name, (self.report.shape[0],))

    def __len__(self) -> int:
        return self.report.shape[0]

    def __getitem__(self, index) -> "Displays":
        """The displays picked by a slice, a mask or indices."""
        more = (part if part is None else part[index] for part in (self.shown, self.announcement))
        return Displays(self.report[index], self.probe[index], self.cued[index], *more)

    @property
    def present(self) -> Tensor:
        """[M, N] which items exist."""
        return ~torch.isnan(self.report)

    @property
    def set_size(self) -> Tensor:
        """[M] number of items shown."""
        return self.present.sum(-1) if self.shown is None else self.shown

    @property
    def recorded(self) -> Tensor:
        """[M] whether every item shown is on record."""
        return self.present.sum(-1) == self.set_size

    @property
    def is_cued(self) -> Tensor:
        """[M, N] true at the item to report."""
        items = torch.arange(self.report.shape[1], device=self.report.device)
        return items == self.cued[:, None]

    def only_cued(self) -> "Displays":
        """The same displays as if nothing but the cued item had been shown."""
        report, probe = (feature.where(self.is_cued, torch.nan) for feature in (self.report, self.probe))
        return Displays(report, probe, self.cued, announcement=self.announcement)

    @property
    def cued_report(self) -> Tensor:
        """[M] report feature of the cued item."""
        return self.report.gather(1, self.cued[:, None]).squeeze(1)

    @property
    def cued_probe(self) -> Tensor:
        """[M] probe feature of the cued item."""
        return self.probe.gather(1, self.cued[:, None]).squeeze(1)


@dataclass(frozen=True)
class Trials(Moves):
    """M trials of delayed estimation.

    Attributes:
        displays: what was shown.
        response: [M] reported angle, rad in [-pi, pi).
        subject: [M] whole numbers that tell people apart.
        condition: [M] whole numbers that tell experimental conditions apart; None where there is one only.
    """

    displays: Displays
    response: Tensor
    subject: Tensor
    condition: Tensor | None = None

    def __post_init__(self):
        check_shape(self, "response", (len(self.displays),))
        check_shape(self, "subject", (len(self.displays),))
        if self.condition is not None:
            check_shape(self, "condition", (len(self.displays),))

    def __len__(self) -> int:
        return len(self.displays)

    def __getitem__(self, index) -> "Trials":
        """The trials picked by a slice, a mask or indices."""
        condition = None if self.condition is None else self.condition[index]
        return Trials(self.displays[index], self.response[index], self.subject[index], condition)
