"""What is let in: files are looked at before they are kept, and refused in plain words.

A PDF is opened in a child process with little time and memory, without this process's
environment, because a file may have been made to break or to exploit the program that reads it.
"""

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from closing.pdf.children import ChildGaveUp, ask_child

Kind = Literal["pdf", "docx", "xlsx", "png", "jpeg", "tiff", "txt"]

MEDIA_TYPES: dict[Kind, str] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "tiff": "image/tiff",
    "txt": "text/plain; charset=utf-8",
}

_EXTENSIONS: dict[str, Kind] = {
    "pdf": "pdf",
    "docx": "docx",
    "xlsx": "xlsx",
    "png": "png",
    "jpg": "jpeg",
    "jpeg": "jpeg",
    "txt": "txt",
}
_SCANS: dict[str, Kind] = _EXTENSIONS | {"tif": "tiff", "tiff": "tiff"}
_NAMES: dict[Kind, str] = {
    "pdf": "a PDF file",
    "docx": "a Word document",
    "xlsx": "an Excel workbook",
    "png": "a PNG picture",
    "jpeg": "a JPEG picture",
    "tiff": "a TIFF picture",
    "txt": "a text file",
}
_MAIN_PARTS: dict[str, Kind] = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx"}
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_STARTS: dict[Kind, tuple[bytes, ...]] = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpeg": (b"\xff\xd8\xff",),
    "tiff": TIFF_STARTS,
}
TOO_HARD = (
    "The PDF takes more time or memory to check than is allowed. "
    "Print it to a new PDF, or scan it, and choose that copy."
)
_TIFF_TOO_HARD = (
    "The TIFF file takes more time or memory to look through than is allowed. Split it, or save it as a PDF."
)
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TEXT_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\f\r")


class UploadRefused(ValueError):
    """The file is not taken. `reason` says why, and what to do instead."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """Sizes in bytes; seconds both of processor and of wall time."""

    max_bytes: int = 50 * 1024 * 1024
    seconds: int = 10
    memory_bytes: int = 1536 * 1024 * 1024
    max_unpacked_bytes: int = 300 * 1024 * 1024
    max_parts: int = 5000


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that may be kept. `pages` is known for a PDF and a TIFF only.

    `was_repaired` says that a PDF's table of contents was damaged and could be rebuilt.
    """

    kind: Kind
    media_type: str
    size: int
    sha256: str
    pages: int | None = None
    was_repaired: bool = False


@dataclass(frozen=True, slots=True)
class CheckedPdf:
    """A PDF that may be kept."""

    pages: int
    size: int
    sha256: str
    was_repaired: bool


DEFAULT_LIMITS = UploadLimits()


def _check_size(data: bytes, limits: UploadLimits) -> None:
    if not data:
        raise UploadRefused("The file is empty. Choose the file again.")
    if len(data) > limits.max_bytes:
        most = limits.max_bytes // (1024 * 1024)
        raise UploadRefused(f"The file is larger than {most} MB. Scan it in black and white, or split it.")


def _zip_kind(data: bytes) -> Kind | None:
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            names = set(packed.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return None
    return next((kind for part, kind in _MAIN_PARTS.items() if part in names), None)


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return _TEXT_CONTROLS.isdisjoint(data)


def _kind_of(data: bytes) -> Kind | None:
    for kind, starts in _STARTS.items():
        if data.startswith(starts):
            return kind
    # Readers of PDF allow some lines before its first one.
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return _zip_kind(data)
    return "txt" if _is_text(data) else None


def sniff_kind(filename: str, data: bytes, extensions: Mapping[str, Kind] = _EXTENSIONS) -> Kind:
    """Tell what a file is, by its bytes; raise UploadRefused where its name says another thing."""
    stem, dot, extension = filename.rpartition(".")
    claimed = extensions.get(extension.lower()) if dot and stem else None
    if claimed is None:
        raise UploadRefused(
            "This kind of file is not taken. Choose a PDF, Word, Excel, PNG, JPEG or text file, with its usual ending."
        )
    if claimed in ("docx", "xlsx") and data.startswith(_OLD_OFFICE):
        raise UploadRefused(
            "The file is protected by a password, or in the format of Office before 2007. "
            "Save a copy without a password as .docx or .xlsx, and choose that."
        )
    found = _kind_of(data)
    if found is None:
        raise UploadRefused(
            f"The file is not what its name says: {_NAMES[claimed]}. It may be broken. "
            "Open it on your computer, save it again, and choose that copy."
        )
    if found != claimed:
        raise UploadRefused(
            f"The file's name says {_NAMES[claimed]}, but it is {_NAMES[found]}. "
            "Give it its right ending, or choose the right file."
        )
    return found


def _pages_and_repair(job: str, data: bytes, limits: UploadLimits, too_hard: str) -> tuple[int, bool]:
    """What a child says of a file: its pages, and whether it could only be read with repairs. Raises UploadRefused."""
    try:
        answer = ask_child(job, data, limits.seconds, limits.memory_bytes)
    except ChildGaveUp as gave_up:
        raise UploadRefused(too_hard) from gave_up
    if "refused" in answer:
        raise UploadRefused(str(answer["refused"]))
    pages = answer["pages"]
    if not isinstance(pages, int):
        raise RuntimeError(f"The check of a file counted no pages: {job}.")
    return pages, answer.get("was_repaired") is True


def check_pdf(data: bytes, limits: UploadLimits = DEFAULT_LIMITS) -> CheckedPdf:
    """Open a PDF in a child process with limits; raise UploadRefused with the reason.

    Refused are what is empty, too big, no PDF, broken, without pages or protected, and what
    carries scripts, programs to start, other files, or film and sound. Takes about 0.3 s.
    """
    _check_size(data, limits)
    if b"%PDF-" not in data[:1024]:
        raise UploadRefused("The file is not a PDF. Choose the PDF, or save it as one first.")
    pages, was_repaired = _pages_and_repair("check", data, limits, TOO_HARD)
    return CheckedPdf(pages, len(data), hashlib.sha256(data).hexdigest(), was_repaired)


def check_office(data: bytes, limits: UploadLimits = DEFAULT_LIMITS) -> Kind:
    """Look into a Word or Excel file without unpacking it; raise UploadRefused, or say which."""
    _check_size(data, limits)
    kind = _zip_kind(data)
    if kind is None:
        raise UploadRefused(
            "The file is no Word or Excel file, or it is broken. "
            "Open it, save it again as .docx or .xlsx, and choose that copy."
        )
    with zipfile.ZipFile(BytesIO(data)) as packed:
        parts = packed.infolist()
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > limits.max_parts or unpacked > limits.max_unpacked_bytes:
        raise UploadRefused("The file unpacks to more than is taken. Save it as a PDF instead.")
    if any(part.flag_bits & 0x1 for part in parts):
        raise UploadRefused("The file is protected by a password. Save a copy without one.")
    if any("vbaproject" in part.filename.lower() for part in parts):
        raise UploadRefused(
            "The file contains macros, which can start programs. "
            "Save a copy as .docx or .xlsx, without macros, and choose that."
        )
    return kind


def check_upload(filename: str, data: bytes, limits: UploadLimits = DEFAULT_LIMITS) -> CheckedFile:
    """Check any file that may be handed in, by its kind; raise UploadRefused with the reason."""
    _check_size(data, limits)
    kind = sniff_kind(filename, data)
    if kind == "pdf":
        pdf = check_pdf(data, limits)
        return CheckedFile(kind, MEDIA_TYPES[kind], pdf.size, pdf.sha256, pdf.pages, pdf.was_repaired)
    if kind in ("docx", "xlsx"):
        check_office(data, limits)
    return CheckedFile(kind, MEDIA_TYPES[kind], len(data), hashlib.sha256(data).hexdigest())


def check_scans(filename: str, data: bytes, limits: UploadLimits = DEFAULT_LIMITS) -> CheckedFile:
    """Check a file of scans: a PDF or a picture as any upload, and a TIFF, which only scanners and fax servers send.

    A TIFF is looked through in a child process with limits, and none of its pictures unpacked. Raises UploadRefused.
    """
    _check_size(data, limits)
    if sniff_kind(filename, data, _SCANS) != "tiff":
        return check_upload(filename, data, limits)
    pages, _ = _pages_and_repair("tiff", data, limits, _TIFF_TOO_HARD)
    return CheckedFile("tiff", MEDIA_TYPES["tiff"], len(data), hashlib.sha256(data).hexdigest(), pages)
