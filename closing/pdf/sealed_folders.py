"""A folder of files under one seal: `manifest.json` lists each with its SHA-256, `manifest.json.p7s` seals the list.

The folder may be a zip or lie unpacked. Every file must be in the list and every listed one there, byte for byte.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO

from closing.pdf.verification import CannotVerify, SealFinding, verify_data

MANIFEST = "manifest.json"
SIGNATURE = "manifest.json.p7s"
_FORMAT = 1
_CHUNK = 1 << 20
_LARGEST_LIST = 64 << 20
# What reading a damaged zip raises.
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file of the folder: its path with slashes, SHA-256 in hexadecimal, and size in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class FolderFinding:
    """What checking a folder showed: the seal of its list, if it has one, and what is wrong with the files."""

    seal: SealFinding | None
    files: tuple[ListedFile, ...]
    problems: tuple[str, ...]
    manifest: Mapping[str, object] = field(default_factory=dict)


def folder_manifest(files: Iterable[ListedFile], more: Mapping[str, object]) -> bytes:
    """The list to write as `manifest.json` and to seal with `closing.pdf.seals.seal_data`; `more` is kept in it.

    Raises ValueError for a path twice.
    """
    listed = sorted(files, key=lambda file: file.path)
    if len({file.path for file in listed}) != len(listed):
        raise ValueError("A path is in the folder twice.")
    rows = [{"path": file.path, "sha256": file.sha256, "size": file.size} for file in listed]
    content = {**more, "format": _FORMAT, "files": rows}
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode()


def write_folder(
    out: Path, files: Mapping[str, bytes | Path], more: Mapping[str, object], seal_list: Callable[[bytes], bytes]
) -> None:
    """Pack files (path in the zip to content, or to where it lies) with their list and its seal; PDFs do not deflate.

    The zip carries no times. Memory does not grow with the files. Raises ValueError for a path that leaves the folder.
    """
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        listing = folder_manifest([_pack(packed, name, content) for name, content in files.items()], more)
        _pack(packed, MANIFEST, listing)
        _pack(packed, SIGNATURE, seal_list(listing))


def _pack(packed: zipfile.ZipFile, name: str, content: bytes | Path) -> ListedFile:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        raise ValueError(f"{name} is no path inside the folder.")
    running, size = hashlib.sha256(), 0
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o644 << 16
    with _source(content) as source, packed.open(entry, "w", force_zip64=True) as packing:
        while chunk := source.read(_CHUNK):
            running.update(chunk)
            size += packing.write(chunk)
    return ListedFile(name, running.hexdigest(), size)


def _source(content: bytes | Path) -> IO[bytes]:
    return BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def verify_folder(path: Path, own_certificates: Sequence[bytes] = ()) -> FolderFinding:
    """Check a folder, zipped or not. Raises CannotVerify where there is no list to check it against."""
    with open_folder(path) as folder:
        listing = folder.read(MANIFEST)
        if listing is None:
            raise CannotVerify(f"There is no {MANIFEST} in it: it is no closing book as a folder, or not all of it.")
        manifest, files = _listed(listing)
        signature = folder.read(SIGNATURE)
        seal = None if signature is None else verify_data(listing, signature, own_certificates)
        return FolderFinding(seal, files, tuple(_problems(folder, files)), manifest)


@dataclass(frozen=True, slots=True)
class Folder:
    """The files below the folder of the list, by their paths with slashes."""

    opened: Mapping[str, Callable[[], IO[bytes]]]
    problems: tuple[str, ...] = ()

    def read(self, name: str) -> bytes | None:
        """A small file, or None where there is none."""
        if name not in self.opened:
            return None
        try:
            with self.opened[name]() as file:
                return file.read(_LARGEST_LIST)
        except BROKEN_ZIP as broken:
            raise CannotVerify(f"{name} cannot be read ({broken}).") from broken


@contextmanager
def open_folder(path: Path) -> Iterator[Folder]:
    """Open a zip or a folder of the disk. Raises CannotVerify for what is neither."""
    if path.is_dir():
        found = {file.relative_to(path).as_posix(): file for file in sorted(path.rglob("*")) if file.is_file()}
        yield Folder({name: partial(_open, file) for name, file in found.items()})
        return
    try:
        packed = zipfile.ZipFile(path)
    except BROKEN_ZIP as broken:
        raise CannotVerify(f"It is no PDF, and cannot be read as a zip ({broken}).") from broken
    with packed:
        yield _zipped(packed)


def _open(path: Path) -> IO[bytes]:
    return path.open("rb")


def _zipped(packed: zipfile.ZipFile) -> Folder:
    entries = [entry for entry in packed.infolist() if not entry.is_dir()]
    top = _top([entry.filename for entry in entries])
    opened: dict[str, Callable[[], IO[bytes]]] = {}
    problems: list[str] = []
    for entry in entries:
        name = entry.filename.removeprefix(top)
        if not entry.filename.startswith(top) or ".." in PurePosixPath(name).parts:
            problems.append(f"{entry.filename} is not in the list.")
        elif name in opened:
            problems.append(f"{name} is in the zip twice.")
        else:
            opened[name] = partial(packed.open, entry)
    return Folder(opened, tuple(problems))


def _top(names: Sequence[str]) -> str:
    """The folder that everything is packed in ("Closing book/"), or "" where the list lies at the top."""
    lists = sorted((name for name in names if PurePosixPath(name).name == MANIFEST), key=lambda name: name.count("/"))
    return lists[0].removesuffix(MANIFEST) if lists else ""


def _listed(listing: bytes) -> tuple[dict[str, object], tuple[ListedFile, ...]]:
    try:
        manifest = json.loads(listing)
        files = tuple(ListedFile(str(row["path"]), str(row["sha256"]), int(row["size"])) for row in manifest["files"])
    except (ValueError, TypeError, KeyError) as error:
        raise CannotVerify(f"{MANIFEST} is damaged: it is no list of files.") from error
    return manifest, files


def _problems(folder: Folder, files: Sequence[ListedFile]) -> Iterator[str]:
    yield from folder.problems
    listed = {file.path for file in files}
    if len(listed) != len(files):
        yield f"{MANIFEST} names a file twice."
    for name in sorted(folder.opened.keys() - listed - {MANIFEST, SIGNATURE}):
        yield f"{name} is not in the list: it was put in later."
    for file in files:
        if file.path not in folder.opened:
            yield f"{file.path} is missing."
        elif not _is_as_listed(folder, file):
            yield f"{file.path} is not the file that was put in."


def _is_as_listed(folder: Folder, file: ListedFile) -> bool:
    running, size = hashlib.sha256(), 0
    try:
        with folder.opened[file.path]() as opened:
            while size <= file.size and (chunk := opened.read(_CHUNK)):
                running.update(chunk)
                size += len(chunk)
    except BROKEN_ZIP:
        return False
    return size == file.size and running.hexdigest() == file.sha256
