"""Handing in the scans of signed pages that came back. A worker reads them (`return_reading`); counsel then files each
page (`return_filing`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.files.base import File

from closing.actions.base import Act, ActionRefused, acting
from closing.actions.documents import UploadRefused, name_of, read_whole
from closing.actions.stored_files import store
from closing.models import Deal, ReturnedFile
from closing.pdf.uploads import CheckedFile, check_scans
from closing.queries.deals import roles_in
from closing.queries.returned_files import FOLDER
from closing.rules.access import Verb, check_may
from closing.rules.words import number
from investors.models import User

ENDINGS = (".pdf", ".tif", ".tiff", ".png", ".jpg", ".jpeg")
WRONG_KIND = "Signed pages are taken as PDF, TIFF, PNG or JPEG files. Scan or save them as one of these."


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What became of the files handed in: taken, known already (with what each was called), refused (with why)."""

    taken: tuple[ReturnedFile, ...]
    again: tuple[tuple[str, ReturnedFile], ...]
    refused: tuple[tuple[str, str], ...]


def hand_in(deal: Deal, files: Iterable[File[bytes]], by: User | None) -> HandedIn:
    """Keep scans of signed pages, PDF, TIFF, PNG or JPEG, and queue them for reading. Each whole or not at all.

    A file that was handed in before is not read again, unless reading it had failed. Ring for what is taken with
    `closing.tasks.returns.ring`. Raises NotAllowed.
    """
    # Looking at a file takes up to ten seconds: not under the deal's lock, and not for whoever may not hand it in.
    if by is not None:
        check_may(roles_in(by, deal), Verb.RETURN_PAGES)
    taken: dict[int, ReturnedFile] = {}
    again: list[tuple[str, ReturnedFile]] = []
    refused: list[tuple[str, str]] = []
    for file in files:
        name = name_of(file)
        try:
            content = read_whole(file)
            checked = _checked(name, content)
        except UploadRefused as why:
            refused.append((name, str(why)))
            continue
        row, is_new = _take(deal, name, content, checked, by)
        if is_new:
            taken[row.pk] = row
        else:
            again.append((name, row))
    return HandedIn(tuple(taken.values()), tuple(again), tuple(refused))


def _checked(name: str, content: bytes) -> CheckedFile:
    if not name.lower().endswith(ENDINGS):
        raise UploadRefused(WRONG_KIND)
    return check_scans(name, content)


def _take(deal: Deal, name: str, content: bytes, checked: CheckedFile, by: User | None) -> tuple[ReturnedFile, bool]:
    with acting(deal, by, Verb.RETURN_PAGES) as act:
        known = ReturnedFile.objects.filter(deal=act.deal, sha256=checked.sha256).select_related("deal").first()
        if known is not None and known.state != ReturnedFile.State.FAILED:
            return known, False
        store(content, FOLDER)
        if known is not None:
            return _queue_again(act, known), True
        row = ReturnedFile.objects.create(
            deal=act.deal,
            filename=name,
            sha256=checked.sha256,
            size=checked.size,
            pages_total=checked.pages or 1,
            requested_by=by,
            requested_at=act.now,
        )
        summary = f"{name} was handed in: signed pages, {number(row.pages_total)}"
        act.record("pages-handed-in", row, summary, data={"sha256": row.sha256})
        return row, True


def read_again(file: ReturnedFile, by: User | None) -> ReturnedFile:
    """Put a file that could not be read back in the queue; what was read of it stays. Raises NotAllowed, and
    ActionRefused in any other state.
    """
    with acting(file.deal, by, Verb.RETURN_PAGES) as act:
        row = ReturnedFile.objects.select_related("deal").get(pk=file.pk)
        if row.state != ReturnedFile.State.FAILED:
            raise ActionRefused("Only a file that could not be read is read again.")
        return _queue_again(act, row)


def _queue_again(act: Act, row: ReturnedFile) -> ReturnedFile:
    row.state, row.attempts, row.error = ReturnedFile.State.QUEUED, 0, ""
    row.save(update_fields=["state", "attempts", "error"])
    act.record("pages-handed-in", row, f"{row.filename} is to be read again")
    return row
