"""Makes the project's own environment from the lock file, and continues inside it.

Needs only Python's standard library and pip (22.3 or newer), or uv. `venv --without-pip` works
where the distribution leaves ensurepip out, as Debian does.
"""

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from closing.runtime.paths import LOCK_FILE, VENV

STAMP = "installed-lock.sha256"
MARKER = "installing"
_ALREADY_TRIED = "CLOSING_BOOTSTRAPPED"


class _GiveUp(SystemExit):
    """Ends the program with a text that says what to do."""


def ensure_environment() -> None:
    """Return inside an environment that holds what the lock file names, making it if need be.

    Does not return where another interpreter takes over. Ends the program, saying what to do,
    where the environment cannot be made.
    """
    tried = os.environ.pop(_ALREADY_TRIED, "")
    inside = Path(sys.prefix).resolve() == VENV.resolve()
    if not LOCK_FILE.exists() or os.environ.get("CLOSING_NO_BOOTSTRAP"):
        return
    if inside and _is_current() and importlib.util.find_spec("django"):
        # Compiled files are worth two seconds to every process.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sys.dont_write_bytecode = False
        return
    if not inside and importlib.util.find_spec("django") and _satisfies_lock():
        return
    if tried:
        raise _GiveUp(f"The environment in {VENV} was made, and yet Django is not in it.")
    broken = inside and not importlib.util.find_spec("django")
    if broken or not (_is_current() and (VENV / "bin" / "python").exists()):
        _prepare(from_nothing=broken)
    _continue_inside()


def _continue_inside() -> None:
    python = str(VENV / "bin" / "python")
    environment = _clean_environment()
    environment[_ALREADY_TRIED] = "1"
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(python, [python, *sys.argv], environment)


def _clean_environment() -> dict[str, str]:
    """Our environment, less what would keep pip from installing here or Python from compiling."""
    unwanted = ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PIP_USER", "PIP_REQUIRE_VIRTUALENV")
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def _wanted_stamp() -> str:
    return hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()


def _is_current() -> bool:
    try:
        return (VENV / STAMP).read_text(encoding="ascii").strip() == _wanted_stamp()
    except OSError:
        return False


def _satisfies_lock() -> bool:
    """Whether the running interpreter has every pinned version (a container image, say)."""
    for line in LOCK_FILE.read_text(encoding="utf-8").splitlines():
        found = re.match(r"([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^ ;\\]+)\s*(;?)", line)
        if found is None or found.group(3):
            continue
        try:
            if importlib.metadata.version(found.group(1)) != found.group(2):
                return False
        except importlib.metadata.PackageNotFoundError:
            return False
    return True


def _prepare(*, from_nothing: bool) -> None:
    """Make or mend the environment, one process at a time."""
    try:
        VENV.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _GiveUp(
            f"The environment cannot be made in {VENV}: {error.strerror}.\n"
            "Run as a user who may write there, or set CLOSING_VENV to a folder of your own."
        ) from error
    with _alone(VENV):
        if not from_nothing and _is_current() and (VENV / "bin" / "python").exists():
            return  # another process has just done it
        # What an interrupted install left behind may look whole to pip, and is not.
        half_done = (VENV / MARKER).exists()
        if from_nothing or half_done or not (VENV / "bin" / "python").exists():
            _make()
        (VENV / STAMP).unlink(missing_ok=True)
        (VENV / MARKER).touch()
        _install()
        (VENV / STAMP).write_text(_wanted_stamp(), encoding="ascii")
        (VENV / MARKER).unlink()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    except PermissionError as error:
        raise _GiveUp(
            f"{error.filename or folder} cannot be written to.\n"
            "Run as the user who made it, or set CLOSING_VENV to a folder of your own."
        ) from error
    finally:
        os.close(descriptor)


def _make() -> None:
    _say(f"Making the environment in {VENV} (once; under a minute) ...")
    python = getattr(sys, "_base_executable", None) or sys.executable
    _run([python, "-m", "venv", "--clear", "--without-pip", str(VENV)])


def _install() -> None:
    target = str(VENV / "bin" / "python")
    wanted = ["--require-hashes", "-r", str(LOCK_FILE)]
    uv = shutil.which("uv")
    if uv is not None:
        only_wheels = ["--no-build", "--compile-bytecode", "--quiet"]
        _run([uv, "pip", "install", "--python", target, *only_wheels, *wanted])
        return
    python = _python_with_pip()
    only_wheels = ["--only-binary", ":all:", "-qq", "--no-input", "--disable-pip-version-check"]
    _run([python, "-m", "pip", "--python", target, "install", *only_wheels, *wanted])


def _python_with_pip() -> str:
    """An interpreter whose pip can install into another environment (`--python`, pip 22.3)."""
    too_old = ""
    base = getattr(sys, "_base_executable", None) or sys.executable
    for python in dict.fromkeys([base, sys.executable, shutil.which("python3") or base]):
        asked = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, text=True, check=False)
        version = re.match(r"pip (\d+)\.(\d+)", asked.stdout)
        if asked.returncode or version is None:
            continue
        if (int(version.group(1)), int(version.group(2))) >= (22, 3):
            return python
        too_old = f"{version.group(1)}.{version.group(2)} (of {python})"
    raise _GiveUp(
        f"pip is too old: {too_old}; it takes 22.3 or newer to install into .venv.\n"
        "Run: python3 -m pip install --upgrade pip    and then this command again."
        if too_old
        else "pip was not found, and neither was uv.\n"
        "Install one of them (on Debian or Ubuntu: apt-get install python3-pip) "
        "and run this command again."
    )


def _run(command: list[str]) -> None:
    done = subprocess.run(command, env=_clean_environment(), check=False)
    if done.returncode:
        raise _GiveUp(
            "The environment could not be made: this command failed, and says why above.\n"
            f"    {' '.join(command)}\n"
            "Mend that (is there a network? is the disk full?) and run the same command again: "
            "it goes on from there."
        )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
