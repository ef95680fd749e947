"""Seals: what another program says of them, and what a seal must leave alone."""

import asyncio
import subprocess
import sys
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from shutil import which

import pikepdf
import pypdf
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from pikepdf import Array, Dictionary, Name, String
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.status import SignatureCoverageLevel

from closing.pdf.sealing_keys import KeyNotUsable, load_key, make_key
from closing.pdf.seals import CannotSeal, NoTimeStamp, is_sealed, seal
from closing.pdf.verification import verify_seals
from tests.pdf.reading import page_count, page_text
from tests.pdf.sealing import (
    AT,
    MADE,
    ROOM,
    WHY,
    certificate_for,
    key_named,
    paper,
    pem,
    room_key,
    rsa_key,
    sealed_paper,
    time_stamp_server,
)
from tests.pdf.validating import elsewhere, judged, trusted, validated


def opened(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(pdf))


def test_another_validator_finds_the_seal_right() -> None:
    status = judged(sealed_paper(), room_key())
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert status.docmdp_ok
    assert status.signer_reported_dt == AT
    (signature,) = PdfFileReader(BytesIO(sealed_paper())).embedded_signatures
    assert signature.docmdp_level is MDPPerm.NO_CHANGES
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"


@pytest.mark.skipif(which("pdfsig") is None, reason="poppler is not installed")
def test_poppler_finds_the_seal_right(tmp_path: Path) -> None:
    (tmp_path / "sealed.pdf").write_bytes(sealed_paper())
    said = subprocess.run(
        ["pdfsig", "-nocert", "sealed.pdf"], cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=False
    ).stdout
    assert "Signature is Valid." in said
    assert "Total document signed" in said


def test_a_seal_is_added_and_changes_nothing_before_it() -> None:
    assert sealed_paper().startswith(paper())
    assert page_count(sealed_paper()) == page_count(paper()) == 3
    for at in range(3):
        assert page_text(sealed_paper(), at) == page_text(paper(), at)
    assert len(pypdf.PdfReader(BytesIO(sealed_paper())).pages) == 3


def test_the_file_stays_what_it_says_it_is() -> None:
    with opened(paper()) as before, opened(sealed_paper()) as after:
        assert after.pdf_version == before.pdf_version
        assert "/Version" not in after.Root
        assert "/Extensions" not in after.Root
        assert after.Root.Metadata.read_raw_bytes() == before.Root.Metadata.read_raw_bytes()
        assert after.docinfo.get("/Producer") == before.docinfo.get("/Producer")
        metadata = after.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")


def test_the_field_is_as_archives_and_readers_aloud_want_it() -> None:
    with opened(sealed_paper()) as pdf:
        (field,) = list(pdf.Root.AcroForm.Fields)
        printed, hidden_or_invisible = 4, 1 | 2 | 32
        assert int(field.F) & printed
        assert not int(field.F) & hidden_or_invisible
        assert max(int(side) for side in field.Rect) < 0
        assert str(field.TU) == f"Seal: {WHY}"
        assert pdf.pages[0].obj.Tabs == Name.S
        assert field.V.Name == ROOM
        assert field.V.Reason == WHY


def test_what_is_sealed_is_known() -> None:
    assert is_sealed(sealed_paper())
    assert not is_sealed(paper())


def form(*fields: Dictionary) -> bytes:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.Root.AcroForm = Dictionary(Fields=Array([pdf.make_indirect(field) for field in fields]))
    saved = BytesIO()
    pdf.save(saved)
    return saved.getvalue()


def test_anybodys_signature_counts_and_an_empty_field_does_not() -> None:
    by_others = Dictionary(Type=Name.Sig, Contents=String("x"))
    assert not is_sealed(form(Dictionary(FT=Name.Sig, T=String("Sign here"))))
    assert not is_sealed(form(Dictionary(FT=Name.Tx, T=String("Name"), V=String("Andrea Martin"))))
    assert is_sealed(form(Dictionary(FT=Name.Sig, T=String("Signed"), V=by_others)))
    kid = Dictionary(T=String("inner"), V=by_others)
    assert is_sealed(form(Dictionary(FT=Name.Sig, T=String("outer"), Kids=Array([kid]))))
    with opened(paper()) as pdf:
        pdf.Root.Perms = Dictionary(UR3=by_others)
        saved = BytesIO()
        pdf.save(saved)
    assert is_sealed(saved.getvalue())


def test_fields_that_hold_each_other_end() -> None:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    field = pdf.make_indirect(Dictionary(T=String("round")))
    field.Kids = Array([field] * 1000)
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]))
    saved = BytesIO()
    pdf.save(saved)
    assert not is_sealed(saved.getvalue())


def encrypted() -> bytes:
    saved = BytesIO()
    with opened(paper()) as pdf:
        pdf.save(saved, encryption=pikepdf.Encryption(owner="owner", user=""))
    return saved.getvalue()


@pytest.mark.parametrize(
    ("pdf", "words"),
    [(sealed_paper, "signed already"), (encrypted, "protected"), (lambda: b"no PDF", "cannot be sealed")],
)
def test_what_cannot_be_sealed_is_refused(pdf: object, words: str) -> None:
    assert callable(pdf)
    with pytest.raises(CannotSeal, match=words):
        seal(pdf(), room_key(), reason=WHY, at=AT, name=ROOM)


def test_a_file_is_sealed_into_another_or_not_at_all(tmp_path: Path) -> None:
    source, out = tmp_path / "paper.pdf", tmp_path / "sealed.pdf"
    source.write_bytes(paper())
    assert seal(source, room_key(), reason=WHY, at=AT, name=ROOM, out=out) == out
    assert source.read_bytes() == paper()
    assert judged(out.read_bytes(), room_key()).bottom_line
    source.write_bytes(b"no PDF")
    with pytest.raises(CannotSeal):
        seal(source, room_key(), reason=WHY, at=AT, name=ROOM, out=tmp_path / "other.pdf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["paper.pdf", "sealed.pdf"]


def test_no_seal_is_made_outside_the_years_of_its_certificate() -> None:
    for at in (MADE - timedelta(seconds=2), MADE + timedelta(days=3661)):
        with pytest.raises(KeyNotUsable, match="valid from March 1, 2026"):
            seal(paper(), room_key(), reason=WHY, at=at, name=ROOM)


def test_a_key_of_ones_own_seals_too(tmp_path: Path) -> None:
    issuer = key_named("Issuer of certificates")
    own = pem(rsa_key(2048), b"secret")
    chain = certificate_for(rsa_key(2048), "A firm", issuer=issuer) + issuer.certificate_pem
    key = load_key(own, chain, b"secret", at=AT)
    made = seal(paper(), key, reason=WHY, at=AT, name="A firm")
    (tmp_path / "sealed.pdf").write_bytes(made)
    (found,) = verify_seals(tmp_path / "sealed.pdf", [chain])
    assert found.holds
    assert found.is_own
    assert found.signer == "A firm"
    (signature,) = PdfFileReader(BytesIO(made)).embedded_signatures
    status = validated(signature, trusted(key))
    assert status.intact
    assert status.valid
    issuers = issuer.certificate.public_bytes(serialization.Encoding.DER).hex().upper().encode()
    start = made.index(issuers)
    for at in range(start, start + len(issuers), 7):
        digit = b"0" if made[at : at + 1] != b"0" else b"1"
        (tmp_path / "changed.pdf").write_bytes(made[:at] + digit + made[at + 1 :])
        assert not verify_seals(tmp_path / "changed.pdf")[0].holds, at - start


def edwards() -> bytes:
    return ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_a_key_that_cannot_seal_is_refused_with_what_to_mend() -> None:
    large, small, other = rsa_key(2048), rsa_key(1024), room_key()
    fits = certificate_for(large, "A firm")
    for key, certificate, password, words in [
        (pem(large), other.certificate_pem, None, "does not belong"),
        (pem(small), certificate_for(small, "A firm"), None, "1024 bits"),
        (pem(large, b"secret"), fits, None, "password, and none is given"),
        (pem(large, b"secret"), fits, b"wrong", "could not be read"),
        (pem(large), fits, b"secret", "no password"),
        (b"no key", fits, None, "could not be read"),
        (pem(large), b"no certificate", None, "No certificate"),
        (edwards(), fits, None, "ECDSA"),
        (pem(large), fits + other.certificate_pem, None, "no others"),
        (pem(large), certificate_for(large, "A firm", issuer=other) + fits, None, "do not make a chain"),
        (pem(large), certificate_for(large, "A firm", days=1), None, "it is March"),
    ]:
        with pytest.raises(KeyNotUsable, match=words):
            load_key(key, certificate, password, at=AT + timedelta(days=1))


def test_a_made_key_is_good_for_ten_years_and_its_secret_is_not_shown() -> None:
    key = room_key()
    assert key.certificate.not_valid_after_utc - key.certificate.not_valid_before_utc > timedelta(days=3652)
    assert "private" not in repr(key).lower()
    assert make_key(ROOM, not_before=MADE)[0] != make_key(ROOM, not_before=MADE)[0]


def test_a_time_stamp_comes_from_a_server(tmp_path: Path) -> None:
    later = AT + timedelta(minutes=2)
    with time_stamp_server(says=later) as url:
        made = seal(paper(), room_key(), reason=WHY, at=AT, name=ROOM, timestamp_url=url)
    (signature,) = PdfFileReader(BytesIO(made)).embedded_signatures
    stamp = validated(signature, trusted(room_key())).timestamp_validity
    assert stamp is not None
    assert stamp.intact
    (tmp_path / "sealed.pdf").write_bytes(made)
    (found,) = verify_seals(tmp_path / "sealed.pdf")
    assert found.holds
    assert found.is_time_stamped
    assert found.at == later
    assert found.time_stamped_by.startswith("Time stamps (certificate ")


def test_without_a_server_no_time_stamp_is_pretended(tmp_path: Path) -> None:
    (tmp_path / "sealed.pdf").write_bytes(sealed_paper())
    (found,) = verify_seals(tmp_path / "sealed.pdf")
    assert not found.is_time_stamped
    assert found.at == AT


def test_a_server_that_gives_no_stamp_leaves_no_seal(tmp_path: Path) -> None:
    source, out = tmp_path / "paper.pdf", tmp_path / "sealed.pdf"
    source.write_bytes(paper())
    with (
        time_stamp_server(answer=b"\x30\x05\x30\x03\x02\x01\x02") as url,
        pytest.raises(NoTimeStamp, match="Try again"),
    ):
        seal(source, room_key(), reason=WHY, at=AT, name=ROOM, out=out, timestamp_url=url)
    with pytest.raises(NoTimeStamp, match="Nothing was sealed"):
        seal(source, room_key(), reason=WHY, at=AT, name=ROOM, out=out, timestamp_url="http://127.0.0.1:9/")
    assert [path.name for path in tmp_path.iterdir()] == ["paper.pdf"]


@pytest.mark.parametrize("wrong", ["not for stamps", "out of date"])
def test_a_stamp_that_is_worth_nothing_goes_into_no_seal(wrong: str) -> None:
    says = AT + timedelta(days=400) if wrong == "out of date" else AT
    with (
        time_stamp_server(says=says, stamps=wrong != "not for stamps") as url,
        pytest.raises(NoTimeStamp, match="not by a time stamp server"),
    ):
        seal(paper(), room_key(), reason=WHY, at=AT, name=ROOM, timestamp_url=url)


def test_a_caller_in_the_middle_of_an_event_loop_gets_its_seal_too() -> None:
    async def within() -> bytes:
        return seal(paper(), room_key(), reason=WHY, at=AT, name=ROOM)

    assert is_sealed(elsewhere(lambda: asyncio.run(within())))


def test_asking_whether_a_file_is_sealed_loads_no_signing_library() -> None:
    asks = "import sys; import closing.pdf.seals; sys.exit('pyhanko' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asks], check=False).returncode == 0
