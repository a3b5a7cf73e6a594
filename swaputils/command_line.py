"""How commands are run: what a user can mend is said in a sentence, anything else is a bug and shows where it is."""

import sys
import traceback
from collections.abc import Callable, Mapping, Sequence

import tyro

from swaputils.errors import SwaputilsError
from swaputils.files import shown

INTERRUPTED = 130  # the shell's convention: 128 + signal 2


def run(program: str, commands: Mapping[str, Callable[..., None]], arguments: Sequence[str] | None) -> int:
    """Run one of the commands with the arguments, those of the process when None; returns the exit status."""
    try:
        tyro.extras.subcommand_cli_from_dict(dict(commands), prog=program, args=arguments)
    except KeyboardInterrupt:
        return _fail(program, "interrupted; files are whole or untouched, and the same command goes on", INTERRUPTED)
    except SwaputilsError as error:
        return _fail(program, str(error), 1)
    except OSError as error:
        place = f"{shown(error.filename)}: " if error.filename else ""
        return _fail(program, f"{place}{error.strerror or error}", 1)
    except Exception:  # noqa: BLE001 (shown whole, and never taken for a user's mistake)
        traceback.print_exc()
        return _fail(program, "this is a bug of the program, not a mistake of yours; the lines above say where", 2)
    return 0


def _fail(program: str, message: str, status: int) -> int:
    """Say on stderr what is wrong."""
    print(f"{program}: {message}", file=sys.stderr)
    return status
