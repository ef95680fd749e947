"""Verification: whatever is changed in a sealed file, a book or a folder is found, with nothing but the file."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf
import pytest
from asn1crypto import keys, x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings, strategies as st
from pikepdf import Dictionary, Name
from pyhanko.pdf_utils.generic import NameObject, NumberObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko_certvalidator.registry import SimpleCertificateStore

from closing.pdf.book import BookEntry, BookSpec, make_book
from closing.pdf.sealing_keys import SealingKey, load_key, make_key
from closing.pdf.seals import seal, seal_data
from closing.pdf.verification import CannotVerify, SealFinding, verify_data, verify_seals
from closing.pdf.verification_report import Mark, report_book, report_sealed
from closing.runtime.paths import PROJECT
from tests.pdf.sealing import AT, OWN, ROOM, WHY, key_named, paper, room_key, sealed_paper, whole_folder, zipped


def found_in(pdf: bytes, *own: bytes) -> tuple[SealFinding, ...]:
    with TemporaryDirectory() as place:
        path = Path(place) / "file.pdf"
        path.write_bytes(pdf)
        return verify_seals(path, own)


def holds(pdf: bytes) -> bool:
    """Whether a reader of the report would take the file for the room's, whole."""
    try:
        found = found_in(pdf, OWN)
    except CannotVerify:
        return False
    return any(finding.covers_all for finding in found) and all(
        finding.holds and finding.is_own and not finding.problems for finding in found
    )


def test_a_sealed_paper_holds_and_names_its_maker() -> None:
    (found,) = found_in(sealed_paper(), OWN)
    assert found.holds
    assert found.is_own
    assert (found.signer, found.fingerprint) == (ROOM, room_key().fingerprint)
    assert (found.reason, found.at, found.problems) == (WHY, AT, ())
    (unknown,) = found_in(sealed_paper())
    assert unknown.holds
    assert not unknown.is_own
    assert found_in(paper()) == ()


def places(before_end: int) -> st.SearchStrategy[int]:
    """Any place in the file. Made within a test: the typesetter must not run while tests are collected."""
    return st.integers(min_value=0, max_value=len(sealed_paper()) - before_end)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_changed_byte_is_found(data: st.DataObject) -> None:
    changed = bytearray(sealed_paper())
    changed[data.draw(places(before_end=1))] ^= data.draw(st.integers(min_value=1, max_value=255))
    assert not holds(bytes(changed))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_changed_digit_of_the_signature_is_found(data: st.DataObject) -> None:
    """Much of a signature is not itself signed, so most of these are changes that mathematics do not see."""
    start = sealed_paper().index(b"/Contents <") + len(b"/Contents <")
    length = sealed_paper().index(b">", start) - start
    at = start + data.draw(st.integers(min_value=0, max_value=length - 1))
    digit = data.draw(st.sampled_from(b"0123456789ABCDEFabcdef"))
    changed = sealed_paper()[:at] + bytes([digit]) + sealed_paper()[at + 1 :]
    assert holds(changed) == (changed == sealed_paper())


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_file_cut_off_is_found(data: st.DataObject) -> None:
    assert not holds(sealed_paper()[: data.draw(places(before_end=1))])


@settings(max_examples=50, deadline=None)
@given(data=st.data(), more=st.binary(min_size=1, max_size=100))
def test_anything_put_in_is_found(data: st.DataObject, more: bytes) -> None:
    at = data.draw(places(before_end=0))
    assert not holds(sealed_paper()[:at] + more + sealed_paper()[at:])


def updated(pdf: bytes) -> bytes:
    """A proper incremental update that turns the first page, as an editor would save it."""
    stream = BytesIO(pdf)
    writer = IncrementalPdfFileWriter(stream)
    reference, _ = writer.find_page_for_modification(0)  # type: ignore[no-untyped-call]
    reference.get_object()[NameObject("/Rotate")] = NumberObject(90)  # type: ignore[no-untyped-call]
    writer.mark_update(reference)
    writer.write_in_place()  # type: ignore[no-untyped-call]
    return stream.getvalue()


def test_an_update_after_the_seal_is_found_and_counted() -> None:
    changed = updated(sealed_paper())
    (found,) = found_in(changed, OWN)
    assert found.is_whole
    assert not found.covers_all
    assert found.problems == (
        f"{len(changed) - len(sealed_paper()):,} bytes follow the sealed part: something was added to the file.",
    )


def test_a_page_taken_out_is_found() -> None:
    with pikepdf.open(BytesIO(sealed_paper())) as pdf:
        del pdf.pages[1]
        saved = BytesIO()
        pdf.save(saved)
    assert not holds(saved.getvalue())


def patched_range(first: int, second: int, length: int) -> bytes:
    start = sealed_paper().index(b"/ByteRange [") + len(b"/ByteRange ")
    end = sealed_paper().index(b"]", start) + 1
    wanted = f"[0 {first} {second} {length}]".encode()
    return sealed_paper()[:start] + wanted.ljust(end - start) + sealed_paper()[end:]


@pytest.mark.parametrize("kind", ["a wider gap", "beyond the end", "backwards", "all of it"])
def test_a_seal_that_says_it_covers_less_or_more_is_found(kind: str) -> None:
    size = len(sealed_paper())
    first = sealed_paper().index(b"/Contents <") + len(b"/Contents ")
    second = sealed_paper().index(b">", first) + 1
    first, second, length = {
        "a wider gap": (first - 10, second, size - second),
        "beyond the end": (first, second, size),
        "backwards": (second, first, size - first),
        "all of it": (size, size, 0),
    }[kind]
    assert not holds(patched_range(first, second, length))


def test_the_seal_of_somebody_else_is_another() -> None:
    """Taking the seal off and putting one's own on gives a whole file, of another certificate."""
    (found,) = found_in(seal(paper(), key_named("Another"), reason=WHY, at=AT, name=ROOM), OWN)
    assert found.holds
    assert not found.is_own
    assert found.fingerprint != room_key().fingerprint


def foreign(pdf: bytes, key: SealingKey, field: str) -> bytes:
    """Signed by another program, in the older form that most use."""
    der = key.certificate.public_bytes(serialization.Encoding.DER)
    private = key.private_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signer = SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(der),
        signing_key=keys.PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )
    made = sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), PdfSignatureMetadata(field_name=field), signer)
    assert isinstance(made, BytesIO)
    return made.getvalue()


def test_signatures_of_other_programs_are_checked_as_well() -> None:
    # The other program signs at the machine's time, whatever that is.
    made = make_key("A lawyer", not_before=datetime(2020, 1, 1, tzinfo=UTC), years=60)
    key = load_key(*made, at=AT)
    once = foreign(paper(), key, "First")
    (found,) = found_in(once)
    assert found.holds
    assert found.signer == "A lawyer"
    first, second = found_in(foreign(once, key, "Second"))
    assert first.is_whole
    assert not first.covers_all
    assert second.holds


def test_what_is_no_pdf_cannot_be_verified() -> None:
    with pytest.raises(CannotVerify):
        found_in(b"no PDF")


def detached() -> bytes:
    return seal_data(b"the list", room_key(), at=AT)


def test_every_byte_of_a_detached_seal_counts() -> None:
    signature = detached()
    assert verify_data(b"the list", signature, [OWN]).holds
    assert verify_data(b"the list", signature, [OWN]).at == AT
    assert not verify_data(b"the lisp", signature, [OWN]).holds
    for at in range(len(signature)):
        changed = bytearray(signature)
        changed[at] ^= 1 << at % 8
        assert not verify_data(b"the list", bytes(changed), [OWN]).holds, at


@cache
def book() -> bytes:
    with TemporaryDirectory() as place:
        path, out = Path(place) / "paper.pdf", Path(place) / "book.pdf"
        path.write_bytes(paper())
        entries = tuple(BookEntry(str(tab), f"Document {tab}", path=path) for tab in (1, 2))
        entries = (*entries, BookEntry("3", "Opinion", note="not in this book"))
        spec = BookSpec("Closing book", "The Cerplex Group, Inc.", entries, made_on="June 10, 1996")
        make_book(spec, out)
        return seal(out.read_bytes(), room_key(), reason="Closing book", at=AT, name=ROOM)


def reported(content: bytes, place: Path) -> list[str]:
    path = place / "book.pdf"
    path.write_bytes(content)
    return [str(line) for line in report_book(path, [OWN])]


def test_a_sealed_book_is_in_order(tmp_path: Path) -> None:
    lines = reported(book(), tmp_path)
    assert not [line for line in lines if line.startswith("WRONG")], lines
    assert any("the 2 documents are those that were bound" in line for line in lines)
    assert any("Listed, but not in this book: 1." in line for line in lines)


def test_a_book_without_a_page_is_found_though_sealed_anew(tmp_path: Path) -> None:
    with pikepdf.open(BytesIO(book())) as pdf:
        del pdf.pages[-2]
        del pdf.Root["/AcroForm"], pdf.Root["/Perms"], pdf.pages[0].obj["/Annots"]
        saved = BytesIO()
        pdf.save(saved)
    lines = reported(saved.getvalue(), tmp_path)
    assert "WRONG       There is no seal in the file." in lines
    forged = seal(saved.getvalue(), key_named("Another"), reason="Closing book", at=AT, name=ROOM)
    wrong = [line for line in reported(forged, tmp_path) if line.startswith("WRONG")]
    assert any("another than the known one" in line for line in wrong)
    assert any("sheets, and was made with" in line for line in wrong)


@pytest.mark.slow
def test_a_book_of_many_pages_is_sealed_and_checked_in_little_memory(tmp_path: Path) -> None:
    """25,000 pages, where an analysis of changes takes too long and recurses too deep."""
    big, sealed = tmp_path / "big.pdf", tmp_path / "sealed.pdf"
    with pikepdf.new() as pdf:
        pages = pdf.Root.Pages
        for number in range(250):
            node = pdf.make_indirect(Dictionary(Type=Name.Pages, Parent=pages, Count=100, Kids=pikepdf.Array()))
            for at in range(100):
                content = pdf.make_stream(f"% {number} {at} {'x' * 1000}".encode())
                leaf = Dictionary(Type=Name.Page, Parent=node, MediaBox=[0, 0, 612, 792], Contents=content)
                node.Kids.append(pdf.make_indirect(leaf))
            pages.Kids.append(node)
        pages.Count = 25_000
        pdf.save(big, object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=False)
    ran = subprocess.run(
        [sys.executable, "-c", SEALS_BIG, str(big), str(sealed)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        check=True,
    )
    more, seconds = json.loads(ran.stdout)
    assert more < 120 * 1024, f"{more} KB more than at rest"
    assert seconds < 30
    changed = sealed.read_bytes()
    at = len(changed) // 2
    sealed.write_bytes(changed[:at] + bytes([changed[at] ^ 1]) + changed[at + 1 :])
    assert not verify_seals(sealed)[0].holds


SEALS_BIG = """
import json, resource, sys, time
from pathlib import Path
from closing.pdf.seals import seal
from closing.pdf.verification import verify_seals
from tests.pdf.sealing import AT, room_key, sealed_paper
sealed_paper()
used = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before, start = used(), time.process_time()
out = seal(Path(sys.argv[1]), room_key(), reason="Book", at=AT, name="Room", out=Path(sys.argv[2]))
(found,) = verify_seals(out)
assert found.holds, found
print(json.dumps([used() - before, time.process_time() - start]))
"""


def manage(*arguments: str, state: Path) -> subprocess.CompletedProcess[str]:
    """The command as a person runs it: with no server named, and none started."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={**environment, "CLOSING_STATE": str(state)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not (state / "postgres").exists()
    return done


def test_the_commands_answer_from_the_file_alone(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    file, certificate = tmp_path / "sealed.pdf", tmp_path / "certificate.pem"
    certificate.write_bytes(OWN)
    file.write_bytes(sealed_paper())
    unknown = manage("verify_seal", str(file), state=state)
    assert unknown.returncode == 0, unknown.stderr
    assert f"by telephone with whoever sealed: {room_key().fingerprint}." in unknown.stdout
    assert "There is no time stamp: nobody else says so." in unknown.stdout
    known = manage("verify_seal", str(file), "--certificate", str(certificate), state=state)
    assert known.returncode == 0
    assert "The certificate is the known one" in known.stdout
    file.write_bytes(updated(sealed_paper()))
    changed = manage("verify_seal", str(file), state=state)
    assert changed.returncode == 1
    assert "something was added to the file" in changed.stdout
    missing = manage("verify_book", str(tmp_path / "none.pdf"), state=state)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "cannot be read" in missing.stderr


def test_the_book_command_answers_too(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    file = tmp_path / "book.pdf"
    file.write_bytes(book())
    done = manage("verify_book", str(file), state=state)
    assert done.returncode == 0, done.stdout + done.stderr
    zipped({**whole_folder(), "index.html": b""}, tmp_path / "book.zip")
    done = manage("verify_book", str(tmp_path / "book.zip"), state=state)
    assert done.returncode == 1
    assert "index.html is not the file that was put in." in done.stdout


def test_the_report_says_what_was_sealed_and_when(tmp_path: Path) -> None:
    (tmp_path / "sealed.pdf").write_bytes(sealed_paper())
    lines = report_sealed(tmp_path / "sealed.pdf", [OWN])
    assert [line.mark for line in lines] == [Mark.NOTE, Mark.RIGHT, Mark.RIGHT, Mark.NOTE, Mark.RIGHT]
    assert lines[3].text.startswith("Sealed on March 2, 2026, 17:30 UTC by the clock of whoever sealed.")
