"""The demo, as a person meets it: started, refused, killed, started again, begun afresh."""

import http.cookiejar
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from closing.runtime.paths import PROJECT
from tests.runtime.project import announced, clean_environment, manage, processes_of, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    """One state folder for the whole module: the demo's life from its first start on."""
    folder = Path(tempfile.mkdtemp(prefix="closing-demo-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def first_start(state: Path) -> subprocess.CompletedProcess[str]:
    done = manage("demo", "--once", state=state)
    logs = "\n".join(f"{log.name}:\n{log.read_text()[-3000:]}" for log in state.glob("*.log"))
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{logs}"
    return done


class Demo:
    """A demo that serves, in another process."""

    def __init__(self, state: Path, *options: str) -> None:
        self.state = state
        self.output = state.with_name(f"{state.name}.out")
        with self.output.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo", *options],
                cwd=PROJECT,
                env=clean_environment(CLOSING_STATE=str(state)),
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_for(self._is_up, "demo that serves", 120)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        self.address = str(announced(state)["address"])

    def _is_up(self) -> bool:
        assert self.process.poll() is None, self.output.read_text()
        return "Serving until Ctrl-C" in self.output.read_text()

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        try:
            return self.process.wait(timeout=40)
        finally:
            self.output.unlink(missing_ok=True)


def sign_in(address: str, email: str, password: str) -> str:
    """Sign in over HTTP with a cookie jar, and return the page that follows."""
    opener = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
        urllib.request.ProxyHandler({}),
    )
    with opener.open(address, timeout=20) as page:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())
        form_address = page.geturl()
    assert token is not None
    fields = {"csrfmiddlewaretoken": token.group(1), "username": email, "password": password}
    data = urllib.parse.urlencode(fields).encode()
    request = urllib.request.Request(form_address, data, headers={"Referer": form_address})
    with opener.open(request, timeout=20) as page:
        assert page.status == 200
        return str(page.read().decode())


def test_once_does_the_main_job_and_leaves_no_process(
    state: Path, first_start: subprocess.CompletedProcess[str]
) -> None:
    said = first_start.stdout
    assert re.search(r"Signature packets: (\d+) of \1 made by the worker", said)
    assert "stand between you and the closing" in said
    assert re.search(r"Open http://127\.0\.0\.1:\d+/ and sign in", said)
    for role in ("company counsel", "investors' counsel", "investor:", "admin"):
        assert role in said
    assert processes_of(state) == []
    assert announced(state) == {}


def test_serving_refusing_a_second_and_dying_without_a_trace(
    state: Path, first_start: subprocess.CompletedProcess[str]
) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # somebody else may have it, which does as well
            taken.bind(("127.0.0.1", 8000))
            taken.listen()
        demo = Demo(state)
    assert not demo.address.endswith(":8000/")

    email, password = re.search(r"^  (\S+@\S+) +(\S+) .*company counsel$", first_start.stdout, re.M).groups()  # type: ignore[union-attr]
    page = sign_in(demo.address, email, password)
    assert "Sprout Growth II, L.P." in page
    assert "June 3, 1996" in page

    second = manage("demo", state=state)
    assert second.returncode == 1
    assert demo.address in second.stderr

    status = manage("deal_status", "cerplex-1996", "--format", "json", state=state)
    assert json.loads(status.stdout)["deal"] == "cerplex-1996", status.stderr
    with psycopg.connect(str(announced(state)["database_url"]), autocommit=True) as database:
        database.execute("UPDATE investors_user SET name = 'Kept' WHERE email = %s", [email])

    demo.end(signal.SIGKILL)
    wait_for(lambda: not processes_of(state), "end of every process", 20)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_start_keeps_the_data_and_a_signal_ends_it_well(
    state: Path, first_start: subprocess.CompletedProcess[str], number: signal.Signals
) -> None:
    demo = Demo(state)
    with psycopg.connect(str(announced(state)["database_url"])) as database:
        found = database.execute("SELECT count(*) FROM investors_user WHERE name = 'Kept'").fetchone()
    assert found == (1,)
    assert demo.end(number) == 0
    assert processes_of(state) == []
    # The clock of 1996 stood still with the demo, and other commands read it too.
    asked = "from investors.clock import now; print(now().isoformat())"
    shown = manage("shell", "-v", "0", "-c", asked, state=state).stdout
    assert shown.startswith("1996-06-03T1")


def test_a_worker_that_dies_is_started_again(state: Path, first_start: object) -> None:
    demo = Demo(state)
    try:
        (worker,) = _pids(state, "worker", demo.process.pid)
        os.kill(worker, signal.SIGKILL)
        wait_for(
            lambda: [pid for pid in _pids(state, "worker", demo.process.pid) if pid != worker],
            "new worker",
            20,
        )
    finally:
        assert demo.end(signal.SIGINT) == 0
    assert processes_of(state) == []


def _pids(state: Path, word: str, parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().split(b"\0")
            of = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        if of == parent and word.encode() in line:
            found.append(int(folder.name))
    return found


def test_a_port_that_was_asked_for_and_is_taken_is_refused(state: Path, first_start: object) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = manage("demo", "--once", "--port", str(port), state=state)
    assert refused.returncode == 1
    assert f"Port {port} of 127.0.0.1 is taken" in refused.stderr
    assert processes_of(state) == []


def test_fresh_does_not_touch_a_database_that_is_somebody_elses(state: Path) -> None:
    refused = manage(
        "demo",
        "--fresh",
        state=state,
        DATABASE_URL="postgresql://a:b@127.0.0.1:1/c",
        REDIS_URL="redis://127.0.0.1:1/0",
    )
    assert refused.returncode == 1
    assert "DATABASE_URL names another" in refused.stderr


def test_fresh_starts_over_and_spares_what_is_not_ours(
    state: Path, first_start: subprocess.CompletedProcess[str]
) -> None:
    (state / "letter.txt").write_text("not ours")
    again = manage("demo", "--once", "--fresh", state=state)
    assert again.returncode == 0, again.stderr
    assert (state / "letter.txt").read_text() == "not ours"
    code = "from investors.models import User; print(User.objects.filter(name='Kept').count())"
    assert manage("shell", "-v", "0", "-c", code, state=state).stdout == "0\n"
