"""Word files converted by a real worker, also where it is killed in the middle."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile

from closing.actions.deals import load_deal
from closing.actions.documents import add_document_version
from closing.actions.pdf_copies import request_pdf_copy
from closing.models import Deliverable, Event, PdfCopy
from closing.tasks.pdf_copies import sweep_pdf_copies
from tests.pdf.office import program
from tests.pdf.test_comparison import typeset, word_file
from tests.pdf.test_conversion import wait_for, wait_for_end
from tests.rules.any_facts import CERPLEX
from tests.tasks.doorbell import empty, own_broker, ring_at
from tests.tasks.worker import Worker, running_worker

BROKER = own_broker(3)
State = PdfCopy.State


def wait_until(holds: Callable[[], bool], patience: float = 40.0) -> None:
    until = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < until, list(PdfCopy.objects.values("state", "attempts", "error"))
        ring_at(BROKER, sweep_pdf_copies.name)
        time.sleep(0.3)


def started(folder: Path, office: Path) -> AbstractContextManager[Worker]:
    about = {"REDIS_URL": BROKER, "CLOSING_PDF_COPY_LEASE": "2", "CLOSING_OFFICE_CONVERTER": str(office)}
    return running_worker(folder, about)


@pytest.fixture
def folder(transactional_db: None, tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    empty(BROKER)


def test_kill_9_in_the_middle_leaves_no_program_and_the_copy_is_made_once(folder: Path, settings: Any) -> None:
    told = folder / "pid"
    stuck = program(folder, f'sleep 600 & echo $! > "{told}"; wait', "stuck")
    answer = folder / "answer.pdf"
    answer.write_bytes(typeset("Words."))
    quick = program(folder, f'cp "{answer}" "$out/document.pdf"', "quick")
    settings.OFFICE_CONVERTER = str(quick)
    agreement = Deliverable.objects.get(deal=load_deal(CERPLEX), key="stock-purchase-agreement")
    version = add_document_version(agreement, ContentFile(word_file("Words."), name="a.docx"), "", None)
    request_pdf_copy(version, None)
    with started(folder, stuck) as worker:
        wait_until(PdfCopy.objects.filter(state=State.MAKING).exists)
        pid = int(wait_for(told))
        worker.kill()
    assert wait_for_end(pid)
    assert PdfCopy.objects.get().state == State.MAKING
    with started(folder, quick):
        wait_until(PdfCopy.objects.filter(state=State.MADE).exists)
    assert Event.objects.filter(verb="pdf-copy-made").count() == 1
