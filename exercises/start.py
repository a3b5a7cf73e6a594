"""Install what the exercises need into a folder beside this file, and open them in a browser: `python start.py`."""

import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
DONE = VENV / ".complete"

if sys.version_info < (3, 11):  # noqa: UP036 (this file is run by any Python)
    sys.exit(
        "Python 3.11, 3.12 or 3.13 is needed; run this file with it, for instance `python3.11 start.py`"
    )
if not DONE.exists():
    print("Installing into .venv; this takes minutes, and only once.", flush=True)
    venv.create(VENV, with_pip=True, clear=True)
    pins = ["--constraint", HERE / "constraints.txt"]
    subprocess.run(
        [PYTHON, "-m", "pip", "install", *pins, "--editable", f"{HERE}[workshop]"],
        check=True,
    )
    DONE.touch()
sys.exit(
    subprocess.run(
        [PYTHON, "-m", "jupyterlab", HERE / "exercises"], check=False
    ).returncode
)
