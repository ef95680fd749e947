"""What the signing library itself says of a seal, with the analysis of changes that a small file can afford."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TypeVar

from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import EmbeddedPdfSignature, validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from closing.pdf.sealing_keys import SealingKey
from tests.pdf.sealing import AT

Answer = TypeVar("Answer")


def elsewhere(ask: Callable[..., Answer], *about: object) -> Answer:
    """In a thread of its own: the library begins an event loop, and a browser's may be running in this one."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(ask, *about).result()


def validated(signature: EmbeddedPdfSignature, context: ValidationContext) -> PdfSignatureStatus:
    return elsewhere(validate_pdf_signature, signature, context)


def trusted(key: SealingKey) -> ValidationContext:
    root = asn1_x509.Certificate.load(key.certificates[-1].public_bytes(serialization.Encoding.DER))
    return ValidationContext(trust_roots=[root], moment=AT)


def judged(pdf: bytes, key: SealingKey) -> PdfSignatureStatus:
    """The library's word on the one seal of a file, read as strictly as it can."""
    (signature,) = PdfFileReader(BytesIO(pdf)).embedded_signatures
    return validated(signature, trusted(key))
