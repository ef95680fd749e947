"""From a bare Python to a running command: the environment is made, kept, and mended."""

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from closing.runtime.paths import PROJECT
from tests.runtime.project import clean_environment

BASE = getattr(sys, "_base_executable", sys.executable)
NEEDED = ("django", "asgiref", "sqlparse")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project's start, with a lock of Django alone: the same way, a tenth of the time."""
    folder = tmp_path / "project"
    shutil.copytree(
        PROJECT / "closing" / "runtime",
        folder / "closing" / "runtime",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copy(PROJECT / "manage.py", folder)
    (folder / "closing" / "__init__.py").touch()
    (folder / "closing" / "settings.py").touch()
    lock = (PROJECT / "requirements.lock").read_text()
    pins = re.findall(rf"^(?:{'|'.join(NEEDED)})==.*?(?=^\S|\Z)", lock, re.DOTALL | re.MULTILINE)
    assert len(pins) == len(NEEDED)
    (folder / "requirements.lock").write_text("".join(pins))
    return folder


def run(project: Path, python: str = BASE, **more: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment(PYTHONDONTWRITEBYTECODE="1", **more)
    environment.pop("CLOSING_VENV", None)
    environment["CLOSING_STATE"] = str(project / ".state")
    return subprocess.run(
        [python, "manage.py", "version"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def packages(project: Path) -> Path:
    return next((project / ".venv" / "lib").glob("python*")) / "site-packages"


@pytest.mark.slow
def test_the_environment_is_made_once_mended_when_broken_and_renewed_with_the_lock(
    project: Path,
) -> None:
    first = run(project)
    assert (first.returncode, first.stdout.startswith("5.2")) == (0, True), first.stderr
    assert "Making the environment" in first.stderr
    # Compiled, though this environment forbids it: every later start is seconds quicker.
    assert list((packages(project) / "django" / "__pycache__").glob("*.pyc"))

    second = run(project)
    assert (second.returncode, second.stderr) == (0, "")

    # An install that was cut off: the marker stands, the stamp does not, a package is half there.
    (project / ".venv" / "installing").touch()
    (project / ".venv" / "installed-lock.sha256").unlink()
    shutil.rmtree(packages(project) / "django" / "core")
    mended = run(project)
    assert (mended.returncode, mended.stdout) == (0, first.stdout), mended.stderr
    assert not (project / ".venv" / "installing").exists()

    # A new lock is installed over the old environment.
    lock = project / "requirements.lock"
    lock.write_text(lock.read_text() + "# changed\n")
    assert run(project).returncode == 0
    stamp = (project / ".venv" / "installed-lock.sha256").read_text()
    assert stamp == hashlib.sha256(lock.read_bytes()).hexdigest()


def _fake_pip(folder: Path, code: str) -> str:
    (folder / "pip").mkdir(parents=True)
    (folder / "pip" / "__init__.py").touch()
    (folder / "pip" / "__main__.py").write_text(code)
    return str(folder)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("raise SystemExit('no pip here')", r"pip was not found.*apt-get install python3-pip"),
        ("print('pip 20.3.4 from here')", r"pip is too old: 20\.3.*install --upgrade pip"),
    ],
)
def test_without_a_usable_pip_the_reader_is_told_what_to_do(
    project: Path, tmp_path: Path, code: str, told: str
) -> None:
    fake = _fake_pip(tmp_path / "fake", code)
    path = os.pathsep.join(part for part in os.environ["PATH"].split(os.pathsep) if not (Path(part) / "uv").exists())
    done = run(project, PYTHONPATH=fake, PATH=path)
    assert done.returncode == 1
    assert re.search(told, done.stderr, re.DOTALL)
    assert "Traceback" not in done.stderr


def test_a_failing_install_names_the_command_and_leaves_no_stamp(project: Path) -> None:
    lock = project / "requirements.lock"
    lock.write_text(lock.read_text().replace("sha256:", "sha256:0000")[:-10] + "\n")
    done = run(project)
    assert done.returncode == 1
    assert "requirements.lock" in done.stderr
    assert "run the same command again" in done.stderr
    assert not (project / ".venv" / "installed-lock.sha256").exists()


def test_an_old_python_is_told_so_and_not_shown_a_syntax_error() -> None:
    source = (PROJECT / "manage.py").read_text()
    ast.parse(source, feature_version=(3, 5))
    pretend = (
        "import runpy, sys; sys.version_info = (3, 9, 2, 'final', 0); runpy.run_path('manage.py', run_name='__main__')"
    )
    done = subprocess.run([BASE, "-c", pretend], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer; this is Python 3.9" in done.stderr
