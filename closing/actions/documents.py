"""Handing in the file of a deliverable: looked at, kept under its digest, and written down as a version."""

from __future__ import annotations

from django.core.files.base import File

from closing.actions.base import ActionRefused, acting
from closing.actions.stored_files import store
from closing.models import Deliverable, DocumentVersion
from closing.pdf.uploads import DEFAULT_LIMITS, CheckedFile, UploadRefused, check_upload
from closing.queries.deals import roles_in
from closing.queries.documents import FOLDER
from closing.rules.access import Verb, check_may
from closing.rules.words import number
from investors.models import User

__all__ = ["UploadRefused", "add_document_version", "name_of", "read_whole"]

LONGEST_NAME = 255


def add_document_version(
    deliverable: Deliverable,
    file: File[bytes],
    note: str,
    by: User | None,
    *,
    stage: DocumentVersion.Stage = DocumentVersion.Stage.DRAFT,
) -> DocumentVersion:
    """Keep `file` as the next version of `deliverable`, as it came: a signed PDF is never rewritten.

    Raises NotAllowed; UploadRefused with the reason where the file is empty, broken, protected, too big or not what
    its name says; ActionRefused where it is, byte for byte, the current version. Then nothing is kept.
    """
    # Looking at a file takes up to ten seconds: not under the deal's lock, and not for whoever may not hand it in.
    if by is not None:
        check_may(roles_in(by, deliverable.deal), Verb.UPLOAD_DOCUMENT)
    name = name_of(file)
    content = read_whole(file)
    return keep_version(deliverable, name, content, check_upload(name, content), note, by, stage=stage)


def keep_version(
    deliverable: Deliverable,
    name: str,
    content: bytes,
    checked: CheckedFile,
    note: str,
    by: User | None,
    *,
    stage: DocumentVersion.Stage = DocumentVersion.Stage.DRAFT,
) -> DocumentVersion:
    """As `add_document_version`, for a file that was looked at, or that the room itself made."""
    with acting(deliverable.deal, by, Verb.UPLOAD_DOCUMENT) as act:
        current = DocumentVersion.objects.filter(deliverable=deliverable).order_by("-number").first()
        if current is not None and current.sha256 == checked.sha256:
            raise ActionRefused(
                f"This is the same file as version {number(current.number)}, byte for byte. "
                "It is on file already; nothing was added."
            )
        store(content, FOLDER)
        version = DocumentVersion.objects.create(
            deliverable=deliverable,
            number=(current.number if current else 0) + 1,
            filename=name,
            sha256=checked.sha256,
            size=checked.size,
            content_type=checked.media_type,
            pages=checked.pages,
            uploaded_by=by,
            at=act.now,
            note=note.strip(),
            stage=stage,
        )
        act.record("document-version-added", version, _summary(version, checked), reason=version.note)
        return version


def _summary(version: DocumentVersion, checked: CheckedFile) -> str:
    repaired = "; its table of contents was damaged and could be rebuilt" if checked.was_repaired else ""
    return f"Version {number(version.number)} of {version.deliverable.title}: {version.filename}{repaired}"


def name_of(file: File[bytes]) -> str:
    """The file's own name without folders or control characters; its ending survives the shortening."""
    bare = (file.name or "").replace("\\", "/").rpartition("/")[2]
    clean = "".join(letter for letter in bare if letter.isprintable()).strip() or "file"
    if len(clean) <= LONGEST_NAME:
        return clean
    stem, dot, ending = clean.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}{dot}{ending}"[:LONGEST_NAME]


def read_whole(file: File[bytes]) -> bytes:
    """The content, and one byte past the limit at most: what is too big is never read whole."""
    file.seek(0)
    content: bytes = file.read(DEFAULT_LIMITS.max_bytes + 1)
    return content
