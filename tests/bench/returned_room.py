"""A deal whose packets hold the pages of the scans, and a file of scans for each round, waiting to be read."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf
from django.conf import settings
from django.db import transaction
from django.test import override_settings

from closing.actions.deals import load_deal
from closing.actions.return_reading import read
from closing.actions.stored_files import store
from closing.models import Deal, Deliverable, Packet, PacketPage, ReturnedFile, SignatureBlock, SignaturePage
from closing.queries.counterparts import FOLDER as COUNTERPARTS
from closing.queries.packets import FOLDER as PACKETS, SUFFIX
from closing.queries.returned_files import FOLDER, PICTURES
from tests.rules.any_facts import CERPLEX
from tests.web.world import MONDAY

PAGES_IN_PACKET = 8


@dataclass
class ReturnedRoom:
    """`files` wait to be read, one a round; all have the same pages."""

    files: Iterator[int]
    folder: Path

    def read_and_file(self) -> None:
        """One file as a worker reads it: from its claim to the rows of its pages, with what is kept of each."""
        file = next(self.files)
        for kept in (COUNTERPARTS, PICTURES):
            # The same pages again would be in the store already, which would be too easy.
            with suppress(FileNotFoundError):
                (self.folder / kept).rename(self.folder / f"{kept} before {file}")
        if not read(file):
            raise RuntimeError("The file was not read.")


@contextmanager
def returned_room(scans: bytes, blanks: Mapping[str, bytes], rounds: int) -> Iterator[ReturnedRoom]:
    """The room, taken back at the end. `blanks` are the pages as they were sent out, by their codes."""
    with TemporaryDirectory() as folder, transaction.atomic(), _stored_in(folder):
        deal = load_deal(CERPLEX)
        _send(deal, list(blanks.items()))
        files = [_hand_in(deal, scans + f"\n% round {number}\n".encode(), number) for number in range(rounds)]
        yield ReturnedRoom(iter(files), Path(folder))
        transaction.set_rollback(True)


def _stored_in(folder: str) -> override_settings:
    here = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder}}
    return override_settings(STORAGES={**settings.STORAGES, "default": here})


def _send(deal: Deal, blanks: Sequence[tuple[str, bytes]]) -> None:
    """Each page for another block and document, a few in each packet."""
    documents, blocks = Deliverable.objects.filter(deal=deal), SignatureBlock.objects.filter(deal=deal)
    places = [(document, block) for document in documents for block in blocks]
    for start in range(0, len(blanks), PAGES_IN_PACKET):
        part = blanks[start : start + PAGES_IN_PACKET]
        kept = store(_joined([pdf for _, pdf in part]), PACKETS, SUFFIX)
        packet = Packet.objects.create(
            deal=deal,
            person=f"Signatory {start}",
            content_key=str(start),
            requested_at=MONDAY,
            made_at=MONDAY,
            state=Packet.State.MADE,
            sha256=kept.sha256,
            size=kept.size,
            pages_total=len(part),
            pages_made=len(part),
        )
        for position, (token, _) in enumerate(part, start=1):
            document, block = places[start + position]
            page = SignaturePage.objects.create(deal=deal, deliverable=document, block=block, token=token)
            PacketPage.objects.create(packet=packet, page=page, position=position)


def _joined(pages: Sequence[bytes]) -> bytes:
    with pikepdf.new() as whole:
        whole.add_blank_page()  # the cover
        for page in pages:
            with pikepdf.open(BytesIO(page)) as one:
                whole.pages.extend(one.pages)
        kept = BytesIO()
        whole.save(kept)
    return kept.getvalue()


def _hand_in(deal: Deal, content: bytes, number: int) -> int:
    kept = store(content, FOLDER)
    row = ReturnedFile.objects.create(
        deal=deal, filename=f"round {number}.pdf", sha256=kept.sha256, size=kept.size, requested_at=MONDAY
    )
    return row.pk
