"""What it takes to execute each chapter: `python -m swapbook.benchmarks.chapter_costs` measures it, and writes the table of book/rerun.md.

Papermill executes each chapter as `make book` does, with its kernel in a process of its own, on a copy of results/. Processor time says
more than the clock where other work goes on; memory is that of the largest process. All runs together take ten minutes on an idle machine.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from swapbook.places import ROOT
from swaputils.files import write_text

PAGE = ROOT / "book" / "rerun.md"
WAYS = {
    "`smoke`": {"scale": "smoke"},
    "`laptop`": {"scale": "laptop"},
    "`smoke`, recomputed": {"scale": "smoke", "recompute": True},
}
HEAD = f"| chapter | {' | '.join(WAYS)} |\n|---{len(WAYS) * '|---'}|\n"
TABLE = re.compile(r"(?<=with `recompute=True` at the scale `smoke`\.\n\n)((\|.*\n)+\n)?")


@dataclass(frozen=True)
class Cost:
    """What a process and all that it started took.

    Attributes:
        seconds: of processor time.
        gigabytes: of memory that the largest of the processes held at once, or that this process held when it started them, if that is more.
    """

    seconds: float
    gigabytes: float

    def __str__(self) -> str:
        time = f"{self.seconds:.0f} s" if self.seconds < 100 else f"{self.seconds / 60:.0f} min"
        return f"{time}, {self.gigabytes:.1f} GB"


def cost(command: list[str | Path], **how) -> Cost:
    """Run a command, with the options of Popen, and measure it; CalledProcessError where it fails."""
    process = subprocess.Popen(command, **how)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    unit = 1 if sys.platform == "darwin" else 1024  # bytes in one of ru_maxrss
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 1e9)


def execution(chapter: Path, parameters: dict[str, object]) -> Cost:
    """What executing a chapter with these parameters takes."""
    given = [text for name, value in parameters.items() for text in ("-p", name, str(value))]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "results", Path(folder) / "results")
        command = [sys.executable, "-m", "papermill", chapter, Path(folder) / chapter.name, "--no-progress-bar", *given]
        own = os.environ | {"SWAPUTILS_RESULTS": f"{folder}/results", "TQDM_DISABLE": "1"}
        return cost(command, cwd=chapter.parent, env=own, stderr=subprocess.DEVNULL)


def main() -> None:
    """Measure every chapter in every way, and put the table in its page."""
    rows = ""
    for chapter in sorted((ROOT / "notebooks").glob("0*.ipynb")):
        found = [str(execution(chapter, parameters)) for parameters in WAYS.values()]
        rows += f"| {' | '.join([str(int(chapter.stem[:2])), *found])} |\n"
        print(rows.splitlines()[-1], flush=True)
    write_text(PAGE, TABLE.sub(f"{HEAD}{rows}\n", PAGE.read_text()))


if __name__ == "__main__":
    main()
