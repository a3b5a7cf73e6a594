"""What changes of the code make a measure outdated, and what changes do not."""

import ast

import pytest

from swapbook import hash_of_code
from swapbook.conditions import CONDITIONS
from swapbook.evaluation import evaluate
from swapbook.hash_of_code import _definitions, code_hash, definition_of, reached, source
from swapbook.measures import measure_hash
from swapbook.plan import Plan

HUMAN, INDEX = (CONDITIONS[name].answers.target for name in ("human_n4", "index_swap"))
STARTS = (evaluate, Plan.new_rnn, HUMAN, INDEX)


def reached_now() -> set[tuple[str, str]]:
    return reached(map(definition_of, STARTS))


def forget() -> None:
    for cached in ("_hash", "_attributes", "_methods", "_named", "_tree", "_names", "_definitions"):
        getattr(hash_of_code, cached).cache_clear()


@pytest.fixture(scope="module")
def now() -> str:
    return code_hash(*STARTS)


@pytest.fixture
def changed(monkeypatch):
    """Hash of the code that functions reach after changes: module, a piece of its text, and what stands there instead."""

    def hash_with(*changes: tuple[str, str, str], functions=STARTS) -> str:
        texts = {}
        for module, old, new in changes:
            text = texts.get(module, source(module))
            assert old in text, f"the code that this test changes is gone: {old}"
            texts[module] = text.replace(old, new)
        monkeypatch.setattr(hash_of_code, "source", lambda module: texts.get(module) or source(module))
        forget()
        return code_hash(*functions)

    yield hash_with
    monkeypatch.undo()
    forget()


COUNTED = {
    "a constant": ("swapbook.evaluation", "MOMENT_DISPLAYS = 20", "MOMENT_DISPLAYS = 21"),
    "a function that is called": ("swaputils.behaviour", "def is_swap(", "def is_swap(ignored, "),
    "a method": ("swaputils.responders", "run.report[:, -1]", "run.report[:, -2]"),
    "a property": ("swaputils.trials", "def cued_report(self", "def cued_report(self, ignored"),
    "what torch calls": ("swaputils.network.recurrence", "def forward(", "def forward(ignored, "),
    "a default value": ("swaputils.inputs", "delay: float = 0.75", "delay: float = 0.8"),
    "the noise of the report": (
        "swaputils.diffusion.schedule",
        "def linear_schedule(",
        "def linear_schedule(ignored, ",
    ),
    "how a network is built": ("swaputils.network.rnn", "def _initialise(", "def _initialise(ignored, "),
    "a table's function": (
        "swaputils.surrogate.emissions",
        "def _von_mises_log_density(",
        "def _von_mises_log_density(ignored, ",
    ),
}


@pytest.mark.parametrize("change", COUNTED)
def test_code_that_is_reached_counts(change, changed, now):
    assert changed(COUNTED[change]) != now


IGNORED = {
    "a docstring": ("swapbook.evaluation", '"""Displays for evaluation, ', '"""Displays, '),
    "a comment": ("swapbook.evaluation", "  # displays whose moments are estimated", ""),
    "layout": ("swaputils.angles", "return wrap(torch.atan2(", "return wrap(\n        torch.atan2("),
    "an annotation": ("swaputils.behaviour", "def is_swap(displays: Displays, ", "def is_swap(displays, "),
    "the text of an error": ("swaputils.task", "rad apart on a circle", "rad apart"),
    "a new function": ("swapbook.evaluation", "def evaluate(", "def unrelated():\n    return 1\n\n\ndef evaluate("),
    "a new method": (
        "swaputils.trials",
        "    @property\n    def present(",
        "    def unrelated_(self):\n        return 1\n\n    @property\n    def present(",
    ),
    "another function of the module": ("swaputils.behaviour", "def mean_interval(", "def mean_interval(ignored, "),
    "a method that is not called": ("swaputils.diffusion.targets", "def practised(self", "def practised(self, ignored"),
    "training": ("swaputils.training.objectives", "def energy_score(", "def energy_score(ignored, "),
    "the lists of conditions": (
        "swapbook.basic_conditions",
        '"index_swap_05": _index(',
        '"another": None, "index_swap_05": _index(',
    ),
    "the sizes": (
        "swapbook.scales",
        "TrainConfig(distribution_updates=6_000)",
        "TrainConfig(distribution_updates=6_001)",
    ),
}


def test_other_code_does_not(changed, now):
    if changed(*IGNORED.values()) != now:
        assert [name for name, change in IGNORED.items() if changed(change) != now] == []
        pytest.fail("some changes together")


def test_answers_that_a_condition_is_taught_are_reached_through_its_plan():
    people, index = (set(reached(map(definition_of, (evaluate, Plan.new_rnn, each)))) for each in (HUMAN, INDEX))
    for method in ("sample", "expected_endpoint", "log_density", "moments"):
        assert ("swaputils.diffusion.targets", f"ResponseMixture.{method}") in index & people
        assert ("swaputils.diffusion.targets", f"ResponseDensity.{method}") in people - index
    assert ("swaputils.surrogate.network_targets", "flat") in index - people
    assert ("swaputils.surrogate.network_targets", "response_density") in people - index


def test_answers_count_for_the_conditions_that_are_taught_them(changed):
    density = "swaputils.diffusion.targets", "class ResponseDensity(", "class ResponseDensity(object, "
    people, index = (code_hash(evaluate, each) for each in (HUMAN, INDEX))
    assert changed(density, functions=(evaluate, INDEX)) == index
    assert changed(density, functions=(evaluate, HUMAN)) != people


def test_every_condition_has_a_hash_that_its_answers_decide():
    hashes = {name: measure_hash("evaluation", taught) for name, taught in CONDITIONS.items()}
    answers = {name: taught.answers.name for name, taught in CONDITIONS.items()}
    assert len(set(hashes.values())) == len(set(answers.values())) == len(set(zip(hashes.values(), answers.values())))


def test_every_statement_at_the_top_of_the_modules_that_are_reached_is_understood():
    known = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign | ast.ImportFrom | ast.Import
    for module in sorted({module for module, _ in reached_now()}):
        own = [name for name in _definitions(module) if "." not in name]
        defined = []
        for node in ast.parse(source(module)).body:
            text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            assert text or isinstance(node, known), f"{module} line {node.lineno}: its code is not part of the hash"
            if isinstance(node, ast.Import):
                assert not any(alias.name.split(".")[0] in hash_of_code.PACKAGES for alias in node.names)
            if hasattr(node, "name"):
                defined.append(node.name)
            for target in getattr(node, "targets", [node.target] if isinstance(node, ast.AnnAssign) else []):
                assert not isinstance(target, ast.Subscript | ast.Attribute), (
                    f"{module} line {node.lineno}: changes a table"
                )
                defined += [each.id for each in ast.walk(target) if isinstance(each, ast.Name)]
        assert sorted(own) == sorted(defined), f"{module} defines a name twice"
