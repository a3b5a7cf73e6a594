"""What a reader copies from the report of a recording: a methods text with all settings, and what to cite."""

from importlib.metadata import version

import torch

from swaputils.data.catalogue import known, recordings
from swaputils.recordings.mean_activity import RECORDED
from swaputils.recordings.measuring import Measured
from swaputils.report.methods import citation

ELSAYED = (
    "Elsayed, G. F., Lara, A. H., Kaufman, M. T., Churchland, M. M., & Cunningham, J. P. (2016). Reorganization between preparatory "
    "and movement population responses in motor cortex. Nature Communications, 7, 13239."
)
ALLEMAN = (
    "Alleman, M., Panichello, M., Buschman, T. J., & Johnston, W. J. (2024). The neural basis of swap errors in working memory. Proceedings of "
    "the National Academy of Sciences, 121(33), e2401032121."
)


def methods(measured: Measured) -> list[str]:
    """Paragraphs for the methods of a paper."""
    recording, config = measured.recording, measured.config
    end = f"All was computed with swaputils {version('swaputils')} and PyTorch {torch.__version__}; the seed was {config.seed}."
    if recording.means is not None:
        means = (
            f"Mean activity of {recording.neurons} neurons by item and colour was read from {recording.name}. Planes of the two leading "
            "components of either item were compared by principal angles and the alignment index (Elsayed et al., 2016), and within three "
            f"components (Panichello & Buschman, 2021), and the same measures were taken {10 * config.draws} times with colours permuted "
            "within each neuron."
        )
        return [means, end]
    windows = ""
    if recording.before is not None:
        spans = [f"{a:g} to {b:g}" for a, b in (recording.before, recording.after or recording.before)]
        windows = f" Activity was averaged from {' and from '.join(dict.fromkeys(spans))} (time of the file)."
    data = (
        f"{recording.trials} trials of {recording.neurons} neurons in {len(recording.sessions)} "
        f"{'session' if len(recording.sessions) == 1 else 'sessions'} were read from {recording.name}.{windows}"
    )
    planes = (
        "The activity of each neuron was regressed on cosine and sine of both colours and their second harmonics where colours and trials "
        "allowed; the first harmonics span an item's plane. Planes were compared by cross-products of coefficients between four disjoint "
        "parts of the trials, which noise does not bias, added over neurons and sessions: alignment is the mean squared cosine of the two "
        "principal angles. 95 % intervals are from a jackknife over 20 sets of trials. Before the cue planes came from all trials, after it "
        "each from the trials that cue its item. Chance: 95 % of pairs of random planes within the measured covariance (Elsayed et al., "
        f"2016); names of the items were exchanged in half of the trials {config.draws} times. The published angle is that of the planes "
        f"within three components of means of four colours, median and quartiles of {config.bootstraps} bootstraps of ten trials a condition, "
        "of the more accurate half of the trials where there were reports (Panichello & Buschman, 2021)."
    )
    accounts = (
        "Swaps were attributed to misbinding, misselection and misinterpretation by a mixture model of single trials before and after the cue "
        "(Alleman et al., 2024), with the probability of each trial to be a swap from its report, and intervals by bootstrap over trials."
    )
    return [data, planes, *([accounts] if len(measured.accounts) else []), end]


def citations(measured: Measured) -> list[str]:
    """The software, the methods that were used, and the data where they are public."""
    used = [ELSAYED, known(RECORDED)["citation"], *([ALLEMAN] if len(measured.accounts) else [])]
    own = [known(measured.recording.name)["citation"]] if measured.recording.name in recordings() else []
    return list(dict.fromkeys([citation(), *used, *own]))
