"""Pages signed in the browser, made and sealed by a real worker, once, also where it is killed."""

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from closing.actions.sealing import known_certificate
from closing.actions.signing import sign
from closing.models import Counterpart, ElectronicSignature, Event, SignatureBlock
from closing.pdf.reading import read_pages
from closing.pdf.verification import verify_seals
from closing.queries.counterparts import open_counterpart
from closing.tasks.signing import ring, sweep_signed_pages
from investors.models import User
from tests.tasks.doorbell import empty, own_broker, ring_at
from tests.tasks.worker import Worker, running_worker
from tests.web.papers import open_room
from tests.web.signing_room import freeze, read, signing

State = ElectronicSignature.State
BROKER = own_broker(2)


def wait_until(holds: Callable[[], bool], patience: float = 40.0) -> None:
    until = time.monotonic() + patience
    while not holds():
        told = list(ElectronicSignature.objects.values("state", "attempts", "error"))
        assert time.monotonic() < until, f"not in {patience} seconds: {told}"
        time.sleep(0.05)


def all_made() -> bool:
    return not ElectronicSignature.objects.exclude(state=State.MADE).exists()


@pytest.fixture
def signed(transactional_db: None) -> Iterator[list[ElectronicSignature]]:
    """Robert Finzi signed for both of his investors, the one typed and the other drawn as well."""
    with open_room() as room:
        version, finzi = freeze(room.deal), User.objects.get(name="Robert Finzi")
        read(room.deal, version, finzi)
        name = {"name": "Robert Finzi"}
        yield [
            *sign(room.deal, signing(version, "sprout", typed="Robert Finzi", **name), finzi),
            *sign(room.deal, signing(version, "dlj", **name), finzi),
        ]


def words_of(content: bytes) -> str:
    return " ".join(" ".join(read_pages(content)).split())


def content_of(row: ElectronicSignature) -> bytes:
    page = Counterpart.objects.get(signature=row.signature_id)
    with open_counterpart(page) as file:
        content = file.read()
    assert hashlib.sha256(content).hexdigest() == page.sha256
    return content


def check(rows: list[ElectronicSignature], folder: Path) -> None:
    """Every page made once, sealed whole, with the evidence at its foot."""
    certificate = known_certificate()
    assert certificate is not None
    for row in rows:
        fresh = ElectronicSignature.objects.get(pk=row.pk)
        assert (fresh.state, fresh.pages_made) == (State.MADE, 1)
        content = content_of(row)
        assert fresh.sha256 == hashlib.sha256(content).hexdigest()
        file = folder / f"{row.pk}.pdf"
        file.write_bytes(content)
        (seal,) = verify_seals(file, [certificate])
        assert (seal.is_whole, seal.covers_all, seal.is_own, seal.problems) == (True, True, True, ()), seal
        said = words_of(content)
        assert "Signed electronically by Robert Finzi" in said
        assert "198.51.100.7" in said
        assert row.document_sha256 in "".join(filter(str.isalnum, said))
        assert Event.objects.filter(verb="signed-page-made", subject_id=row.pk).count() == 1
        assert Counterpart.objects.filter(signature=row.signature_id, how="browser").count() == 1


def test_made_sealed_and_filed(worker: Worker, signed: list[ElectronicSignature], tmp_path: Path) -> None:
    ring(signed)
    ring(signed)
    wait_until(all_made)
    check(signed, tmp_path)
    assert "name typed" in words_of(content_of(signed[0]))
    assert "signature drawn" in words_of(content_of(signed[1]))


def test_a_lost_message_costs_a_sweep(worker: Worker, signed: list[ElectronicSignature], tmp_path: Path) -> None:
    sweep_signed_pages.delay()
    wait_until(all_made)
    check(signed, tmp_path)


def test_what_cannot_be_printed_fails_with_the_reason(worker: Worker, signed: list[ElectronicSignature]) -> None:
    SignatureBlock.objects.filter(key="sprout").update(party="\u65e5\u672c")
    ring(signed)
    wait_until(lambda: not ElectronicSignature.objects.filter(state__in=[State.QUEUED, State.MAKING]).exists())
    failed = ElectronicSignature.objects.get(state=State.FAILED)
    assert "cannot print" in failed.error
    assert Event.objects.filter(verb="signed-page-failed").count() == 1
    assert Counterpart.objects.count() == 1


def test_kill_9_of_the_worker_in_the_middle(signed: list[ElectronicSignature], tmp_path: Path) -> None:
    environment = {"REDIS_URL": BROKER, "CLOSING_PACKET_LEASE": "2"}
    try:
        with running_worker(tmp_path, environment) as first:
            ring_at(BROKER, sweep_signed_pages.name)
            wait_until(ElectronicSignature.objects.filter(state=State.MAKING).exists)
            first.kill()
        with running_worker(tmp_path, environment):
            until = time.monotonic() + 40
            while not all_made():
                assert time.monotonic() < until, list(ElectronicSignature.objects.values("state", "attempts", "error"))
                ring_at(BROKER, sweep_signed_pages.name)
                time.sleep(0.5)
    finally:
        empty(BROKER)
    check(signed, tmp_path)
