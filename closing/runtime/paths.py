"""Where the project lies and where it keeps what it writes."""

import hashlib
import os
import pwd
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
VENV = Path(os.environ.get("CLOSING_VENV") or PROJECT / ".venv")
LOCK_FILE = PROJECT / "requirements.lock"


class RuntimeProblem(Exception):
    """Something about this machine that the reader has to mend; the text says what."""


def is_root() -> bool:
    return os.geteuid() == 0


def server_user() -> pwd.struct_passwd | None:
    """The user PostgreSQL runs as where we are root (it refuses to run as root); else None."""
    if not is_root():
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise RuntimeProblem(
            "PostgreSQL does not run as root, and there is no user `nobody` to run it as.\n"
            "Run the command as an ordinary user, or set DATABASE_URL to a server of your own."
        ) from None


def is_reachable(folder: Path, user: pwd.struct_passwd | None) -> bool:
    """Whether the user may pass through every folder on the way to this one, and into it."""
    if user is None:
        return True
    return all(_may_pass(step, user) for step in [folder, *folder.parents] if step.exists())


def _may_pass(folder: Path, user: pwd.struct_passwd) -> bool:
    found = folder.stat()
    if found.st_uid == user.pw_uid:
        return bool(found.st_mode & 0o100)
    if found.st_gid == user.pw_gid:
        return bool(found.st_mode & 0o010)
    return bool(found.st_mode & 0o001)


def state_folder() -> Path:
    """The folder for data, secrets, files and logs: CLOSING_STATE, else `.state` of the project.

    Where `.state` cannot be used (the project is read-only, or lies where the database's user
    cannot reach it) a folder of the machine is used, named after the project's path.
    """
    chosen = os.environ.get("CLOSING_STATE")
    if chosen:
        return Path(chosen).expanduser().resolve()
    for folder in _candidates():
        if _is_usable(folder):
            return folder
    raise RuntimeProblem("No folder was found to keep the data in. Set CLOSING_STATE to one that you may write to.")


def _candidates() -> list[Path]:
    name = "closing-room-" + hashlib.sha256(str(PROJECT).encode()).hexdigest()[:8]
    if is_root():
        return [PROJECT / ".state", Path("/var/lib") / name, Path("/var/tmp") / name]
    home_state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    temporary = Path(tempfile.gettempdir()) / f"{name}-{os.getuid()}"
    return [PROJECT / ".state", home_state / name, temporary]


def _is_usable(folder: Path) -> bool:
    if folder.exists():
        # Owned by us: a folder that somebody else made in a shared place is not trusted.
        owned = folder.stat().st_uid == os.geteuid() and not folder.is_symlink()
        return owned and os.access(folder, os.W_OK) and is_reachable(folder.parent, server_user())
    above = next(step for step in folder.parents if step.exists())
    return os.access(above, os.W_OK) and is_reachable(above, server_user())


def make_state_folder(folder: Path) -> None:
    """Make the folder, private but for passing through where PostgreSQL runs as another user."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711 if is_root() else 0o700)
    except OSError as error:
        raise RuntimeProblem(
            f"The folder {folder} cannot be used to keep the data in: {error.strerror}.\n"
            "Set CLOSING_STATE to a folder that you may write to."
        ) from error
    user = server_user()
    if not is_reachable(folder, user):
        raise RuntimeProblem(
            f"PostgreSQL runs as the user `nobody` here, who cannot reach {folder}.\n"
            "Set CLOSING_STATE to a folder below one that everybody may pass through, "
            "for example /var/lib/closing-room."
        )
