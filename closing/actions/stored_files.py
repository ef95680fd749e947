"""Files kept under the SHA-256 of their content: storing one twice stores it once."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

_TRIES = 3


class NotStored(OSError):
    """The store did not keep the file whole; try again later."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Where a file lies. `size` in bytes."""

    name: str
    sha256: str
    size: int


def name_of(folder: str, sha256: str, suffix: str = "") -> str:
    """Where the file of that digest lies in the store."""
    return f"{folder}/{sha256[:2]}/{sha256}{suffix}"


def store(content: bytes, folder: str, suffix: str = "") -> StoredFile:
    """Keep `content`, unless it is kept already. Raises NotStored where the store does not keep it whole.

    A copy that a killed process left unfinished is replaced.
    """
    digest = hashlib.sha256(content).hexdigest()
    return _keep(ContentFile(content), name_of(folder, digest, suffix), digest, len(content))


def store_path(path: Path, folder: str, suffix: str = "") -> StoredFile:
    """As `store`, for a file too large to load. Raises NotStored."""
    with path.open("rb") as file:
        digest = _digest(file)
        return _keep(File(file), name_of(folder, digest, suffix), digest, path.stat().st_size)


def _keep(content: "File[bytes]", name: str, digest: str, size: int) -> StoredFile:
    """Save under the name, unless the whole of it is there. What was just saved is known by its size."""
    if _is_whole(name, digest, size):
        return StoredFile(name, digest, size)
    for _ in range(_TRIES):
        content.seek(0)
        saved = default_storage.save(name, content)
        if saved == name and default_storage.size(name) == size:
            return StoredFile(name, digest, size)
        if saved != name:  # left unfinished by somebody who was killed, or stored by another at the same moment
            default_storage.delete(saved)
            if _is_whole(name, digest, size):
                return StoredFile(name, digest, size)
        default_storage.delete(name)
    raise NotStored(f"The file store did not keep {name} whole. Check its free space and its address.")


def fetch(folder: str, sha256: str, suffix: str, to: Path) -> Path:
    """A stored file as a file on this machine, in the folder `to`. Raises OSError where the store does not give it."""
    path = to / f"{folder}-{sha256}{suffix}"
    if not path.exists():
        with default_storage.open(name_of(folder, sha256, suffix)) as kept, path.open("wb") as copy:
            shutil.copyfileobj(kept, copy, 1 << 20)
    return path


def _is_whole(name: str, digest: str, size: int) -> bool:
    try:
        if default_storage.size(name) != size:
            return False
        with default_storage.open(name) as kept:
            return _digest(kept) == digest
    except FileNotFoundError:
        return False


def _digest(kept: IO[bytes]) -> str:
    found = hashlib.sha256()
    for chunk in iter(lambda: kept.read(1 << 20), b""):
        found.update(chunk)
    return found.hexdigest()
