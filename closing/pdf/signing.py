"""The signing session of a seal: what pyHanko is told, and what it is kept from."""

import asyncio
import hashlib
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any, TypeVar

from asn1crypto import cms, keys, x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.generic import NameObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import InvisSigSettings, MDPPerm, SigFieldSpec, SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_byterange import BuildProps
from pyhanko.sign.signers.pdf_cms import CMSSignedAttributes, PdfCMSSignedAttributes
from pyhanko.sign.timestamps import HTTPTimeStamper, TimestampRequestError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from closing.pdf.envelopes import check_stamp
from closing.pdf.sealing_keys import SealingKey
from closing.pdf.seals import CannotSeal, NoTimeStamp, SealWords

FIELD = "Seal"
# The mark by which a verifier knows that a seal must have exactly the form that is made here.
MAKER = "ClosingRoom"
DIGEST = "sha256"
_TIME_STAMP_SECONDS = 15
_ROOM_FOR_ATTRIBUTES = 2048
_ROOM_FOR_TIME_STAMP = 16384

Signed = TypeVar("Signed")


class _Update(IncrementalPdfFileWriter):
    """An update that leaves the file's own metadata alone: its producer and dates are not the seal's."""

    def _update_meta(self) -> None:
        pass


class _Sealer(PdfSigner):
    """A signer that names no extensions of PDF: they would raise the version above what PDF/A-2 allows."""

    def register_extensions(self, pdf_out: BasePdfFileWriter, *, md_algorithm: str) -> None:
        pass


class _Stamper(HTTPTimeStamper):
    """A server whose answer is checked before it goes into a seal."""

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        try:
            given = await super().async_timestamp(message_digest, md_algorithm)
            token = given["content"]
        except (ValueError, TypeError, KeyError) as nonsense:
            raise TimestampRequestError("its answer cannot be read") from nonsense
        found = check_stamp(token, lambda algorithm: message_digest if algorithm == md_algorithm else b"")
        if found.problem:
            raise TimestampRequestError(found.problem)
        return given


def sign_in_place(stream: IO[bytes], key: SealingKey, words: SealWords, timestamp_url: str) -> None:
    """Add the seal to the end of the stream. Raises CannotSeal and NoTimeStamp, as `closing.pdf.seals.seal` does."""
    with _refusals(timestamp_url):
        writer = _Update(stream, strict=False)
        if writer.prev.encrypted:
            raise CannotSeal("The PDF is protected against changes. Save a copy without protection, and seal that.")
        if any(True for _ in enumerate_sig_fields(writer.prev, filled_status=True)):
            raise CannotSeal("The PDF is signed already, and a signed file is not changed. It is kept as it came.")
        _set_tab_order(writer)
        _finish(_sign(_sealer(key, words, timestamp_url), writer, words, _room(key, timestamp_url)))


def sign_data(data: bytes, key: SealingKey, at: datetime, timestamp_url: str) -> bytes:
    """A detached signature (CAdES, DER) of any bytes. Raises NoTimeStamp, as `closing.pdf.seals.seal_data` does."""
    said = CMSSignedAttributes(signing_time=at)
    digest = hashlib.sha256(data).digest()
    signing = _signer(key).async_sign(
        digest,
        DIGEST,
        use_pades=True,
        is_pdf_sig=False,
        timestamper=_stamper(timestamp_url),
        signed_attr_settings=said,  # type: ignore[arg-type]
    )
    with _refusals(timestamp_url):
        made: bytes = _finish(signing).dump()
    return made


def _finish(signing: Coroutine[Any, Any, Signed]) -> Signed:
    """What the library's coroutine gives, also where this thread is in the middle of an event loop of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(signing)
    with ThreadPoolExecutor(max_workers=1) as elsewhere:
        return elsewhere.submit(asyncio.run, signing).result()


@contextmanager
def _refusals(timestamp_url: str) -> Iterator[None]:
    try:
        yield
    except TimestampRequestError as failed:
        raise NoTimeStamp(
            f"The time stamp server {timestamp_url} gave no time stamp ({failed}). Nothing was sealed. Try again, or "
            "take the server out of the settings."
        ) from failed
    except (SigningError, PdfError) as failed:
        raise CannotSeal(f"The PDF cannot be sealed ({failed}). Print it to a new PDF, and seal that.") from failed


def _stamper(timestamp_url: str) -> _Stamper | None:
    return _Stamper(timestamp_url, timeout=_TIME_STAMP_SECONDS) if timestamp_url else None


def _signer(key: SealingKey) -> SimpleSigner:
    own, *issuers = [x509.Certificate.load(each.public_bytes(serialization.Encoding.DER)) for each in key.certificates]
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple(issuers)
    private = key.private_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SimpleSigner(
        signing_cert=own,
        signing_key=keys.PrivateKeyInfo.load(private),
        cert_registry=store,
    )


def _sealer(key: SealingKey, words: SealWords, timestamp_url: str) -> _Sealer:
    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm=DIGEST,
        reason=words.reason,
        name=words.name,
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        app_build_props=BuildProps(name=MAKER),
    )
    field = SigFieldSpec(
        FIELD,
        on_page=0,
        readable_field_name=f"Seal: {words.reason}",
        # PDF/A wants it printable, PDF/UA off the page.
        invis_sig_settings=InvisSigSettings(box_out_of_bounds=True),
    )
    return _Sealer(metadata, _signer(key), timestamper=_stamper(timestamp_url), new_field_spec=field)


def _room(key: SealingKey, timestamp_url: str) -> int:
    """How many hexadecimal digits to keep free for the signature."""
    certificates = sum(len(each.public_bytes(serialization.Encoding.DER)) for each in key.certificates)
    stamp = _ROOM_FOR_TIME_STAMP if timestamp_url else 0
    return 2 * (certificates + _ROOM_FOR_ATTRIBUTES + stamp)


def _set_tab_order(writer: IncrementalPdfFileWriter) -> None:
    """PDF/UA-1 wants the order of the structure on every page that has a field, if only an unseen one."""
    reference, _ = writer.find_page_for_modification(0)  # type: ignore[no-untyped-call]
    page = reference.get_object()
    if "/Tabs" not in page:
        page["/Tabs"] = NameObject("/S")
        writer.mark_update(reference)


async def _sign(signer: PdfSigner, writer: IncrementalPdfFileWriter, words: SealWords, room: int) -> None:
    """What `PdfSigner.async_sign_pdf` does, but at a time that is given."""
    session = signer.init_signing_session(writer)
    session.system_time = words.at
    document = session.prepare_tbs_document(validation_info=None, bytes_reserved=room)
    prepared, _ = document.digest_tbs_document(in_place=True)
    await document.perform_signature(prepared.document_digest, PdfCMSSignedAttributes(signing_time=words.at))
