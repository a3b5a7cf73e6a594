"""The examples in docstrings give what they say."""

import doctest
import importlib

import pytest

EXAMPLES = {
    "swaputils.angles": {"wrap", "distance"},
    "swaputils.behaviour": {"swap_curve"},
    "swaputils.data.table": {"read_trials"},
    "swaputils.diffusion.schedule": {"linear_schedule"},
    "swaputils.diffusion.targets": {"ResponseMixture"},
    "swaputils.geometry.alignment": {"colour_alignment"},
    "swaputils.responders": {"Noisy"},
    "swaputils.surrogate.bns": {"fit_bns"},
    "swaputils.surrogate.mixture_resamples": {"mixture_intervals"},
    "swaputils.surrogate.mixture": {"fit_mixture"},
    "swaputils.surrogate.posterior": {"swap_function"},
    "swaputils.task": {"TaskConfig"},
    "swaputils.training.lessons": {"make_batch"},
}


def examples(module: str) -> dict[str, doctest.DocTest]:
    found = doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(module))
    return {test.name.removeprefix(f"{module}."): test for test in found if test.examples}


@pytest.mark.parametrize("module", EXAMPLES)
def test_examples_give_what_they_say(module):
    found = examples(module)
    assert set(found) == EXAMPLES[module]
    runner = doctest.DocTestRunner(optionflags=doctest.REPORT_ONLY_FIRST_FAILURE)
    said: list[str] = []
    for test in found.values():
        runner.run(test, out=said.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(said)
