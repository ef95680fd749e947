"""Verification: whatever is changed in a sealed file, a book or a folder is found, with nothing but the file."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf
import pytest
from asn1crypto import keys, x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings, strategies as st
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko_certvalidator.registry import SimpleCertificateStore

from closing.pdf.sealing_keys import SealingKey, load_key, make_key
from closing.pdf.seals import seal, seal_data
from closing.pdf.verification import CannotVerify, SealFinding, verify_data, verify_seals
from tests.pdf.sealing import AT, OWN, ROOM, WHY, key_named, paper, room_key, sealed_paper, updated


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
