"""The analysis that the README shows runs as it stands there, on a file of anybody's responses."""

import ast
import math
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

from swaputils.data.simulated import simulated_trials
from swaputils.data.table import write_trials

ROOT = Path(__file__).resolve().parents[2]
TITLE = "## A whole analysis by library calls"
MOST_SECONDS = 60  # of processor time, as the README says


def shown_code() -> str:
    section = (ROOT / "README.md").read_text().split(TITLE)[1].split("\n## ")[0]
    (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    return code


def seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_it_is_a_dozen_lines_of_library_calls():
    lines = [line for line in shown_code().splitlines() if line and not line.startswith(("import ", "from "))]
    assert len(lines) <= 12
    imported = {node.module for node in ast.walk(ast.parse(shown_code())) if isinstance(node, ast.ImportFrom)}
    assert all(module.startswith("swaputils.") for module in imported)


def test_it_ends_with_a_network_that_answers_as_people_do(tmp_path):
    trials = simulated_trials(seed=0, people=4, trials_per_set_size=200)
    write_trials(tmp_path / "people.csv", trials[trials.displays.set_size == 2])
    before = seconds_of_children()
    ended = subprocess.run(
        [sys.executable, "-c", shown_code()],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert seconds_of_children() - before < MOST_SECONDS
    found = {who: float(value) for who, value in (line.rsplit(" ", 1) for line in ended.stdout.splitlines())}
    uniform = -math.log(2 * math.pi)
    assert found["network"] > uniform + 1
    assert abs(found["network"] - found["ideal sampler"]) < 0.2
    assert os.listdir(tmp_path) == ["people.csv"]
