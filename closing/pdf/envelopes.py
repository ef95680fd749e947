"""The signature proper (CMS, RFC 5652): who signed which digest, and whether the mathematics are right."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from asn1crypto import algos, cms, tsp, x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.sign.general import CMSExtractionError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    extract_self_reported_ts,
    extract_tst_data_iter,
    validate_sig_integrity,
)

from closing.pdf.sealing_keys import check_chain, fingerprint_of, name_of

_SAFE_DIGESTS = frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"})
_TIME_STAMPING = ExtendedKeyUsageOID.TIME_STAMPING
# What the readers of CMS raise for bytes that are none.
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, OverflowError)
_NOT_CHECKED = (
    *_UNREADABLE,
    SignatureValidationError,
    CMSExtractionError,
    UnsupportedAlgorithm,
    NotImplementedError,
)


class EnvelopeBroken(ValueError):
    """What stands in the place of the signature is none."""


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """A server's word for the time. `by` names it, with its certificate's fingerprint; `problem` says what is wrong."""

    at: datetime | None
    by: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An opened signature of one signer, not yet checked. `signed_at` is what the signer's clock said, if known."""

    certificate: x509.Certificate
    time_stamp: TimeStamp | None
    form_problem: str
    digest_algorithm: str
    signed_at: datetime | None
    _signer: cms.SignerInfo = field(repr=False)
    _signing_certificate: asn1_x509.Certificate = field(repr=False)

    def problems(self, digest: Callable[[str], bytes]) -> Iterator[str]:
        """Check it against the digest of what it covers, by the name of the algorithm."""
        if self.form_problem:
            yield self.form_problem
        algorithm = self.digest_algorithm
        if algorithm not in _SAFE_DIGESTS:
            yield f"The seal rests on {algorithm}, which is not safe any more."
            return
        try:
            is_intact, is_valid = validate_sig_integrity(
                self._signer, self._signing_certificate, "data", digest(algorithm)
            )
        except _NOT_CHECKED:
            yield "The signature cannot be checked: it was damaged."
            return
        if not is_intact:
            yield "The file was changed after it was sealed."
        if not is_valid:
            yield "The signature was not made with the key of its certificate."
        if self.time_stamp is not None and self.time_stamp.problem:
            yield self.time_stamp.problem


def open_envelope(held: bytes, *, is_ours: bool) -> Envelope:
    """Read a signature, filled up with zeros to its place; `is_ours` holds it to the very form that is made here.

    Raises EnvelopeBroken for what is no signature of one signer with a certificate.
    """
    try:
        outer = cms.ContentInfo.load(held)
        length = len(outer.dump())
        if outer["content_type"].native != "signed_data":
            raise EnvelopeBroken("What stands in the place of the signature is none.")
        signed = outer["content"]
        (signer,) = signed["signer_infos"]
        found = extract_certs_for_validation(signed)
        certificate = _certificate(found.signer_cert)
        stamp = _time_stamp(signer)
        said = extract_self_reported_ts(signer)
        algorithm = signer["digest_algorithm"]["algorithm"].native
        if is_ours:
            check_chain([certificate, *(_certificate(each) for each in found.other_certs)])
        form = _form_problem(outer.dump(), signed, signer, found.signer_cert) if is_ours else ""
    except EnvelopeBroken:
        raise
    except _NOT_CHECKED as error:
        raise EnvelopeBroken("The signature cannot be read: it was damaged.") from error
    if held[length:].strip(b"\0"):
        form = "Something stands behind the signature in its place."
    return Envelope(certificate, stamp, form, algorithm, said, signer, found.signer_cert)


def _certificate(found: asn1_x509.Certificate) -> x509.Certificate:
    return x509.load_der_x509_certificate(found.dump())


def _form_problem(
    actual: bytes, signed: cms.SignedData, signer: cms.SignerInfo, certificate: asn1_x509.Certificate
) -> str:
    """Much of a signature is not signed itself; of ours every byte is known, so a changed one is found."""
    own = cms.IssuerAndSerialNumber({"issuer": certificate.issuer, "serial_number": certificate.serial_number})
    unsigned = [attribute for attribute in signer["unsigned_attrs"] if _is_time_stamp(attribute)]
    info = {
        "version": "v1",
        "sid": cms.SignerIdentifier({"issuer_and_serial_number": own}),
        "digest_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
        "signature_algorithm": signer["signature_algorithm"],
        "signed_attrs": signer["signed_attrs"],
        "signature": signer["signature"],
    }
    if unsigned:
        info["unsigned_attrs"] = cms.CMSAttributes(unsigned)
    expected = cms.ContentInfo(
        {
            "content_type": "signed_data",
            "content": cms.SignedData(
                {
                    "version": "v1",
                    "digest_algorithms": cms.DigestAlgorithms((algos.DigestAlgorithm({"algorithm": "sha256"}),)),
                    "encap_content_info": {"content_type": "data"},
                    "certificates": signed["certificates"],
                    "signer_infos": [cms.SignerInfo(info)],
                }
            ),
        }
    )
    return "" if expected.dump() == actual else "The signature is not in the form in which it was made."


def _is_time_stamp(attribute: cms.CMSAttribute) -> bool:
    return bool(attribute["type"].native == "signature_time_stamp_token")


def _time_stamp(signer: cms.SignerInfo) -> TimeStamp | None:
    """The first time stamp of the signature."""
    signature = signer["signature"].native
    for token in extract_tst_data_iter(signer, signed=False):
        return check_stamp(token, lambda algorithm: hashlib.new(algorithm, signature).digest())
    return None


def check_stamp(token: cms.SignedData, digest: Callable[[str], bytes]) -> TimeStamp:
    """Check a time stamp of what has this digest, by the name of the algorithm; not whether to trust its server."""
    try:
        return _checked_stamp(token, digest)
    except _NOT_CHECKED:
        return TimeStamp(None, "", "The time stamp cannot be checked: it was damaged.")


def _checked_stamp(token: cms.SignedData, digest: Callable[[str], bytes]) -> TimeStamp:
    content = token["encap_content_info"]["content"]
    info = content.parsed
    if not isinstance(info, tsp.TSTInfo):
        return TimeStamp(None, "", "The time stamp is none.")
    (signer,) = token["signer_infos"]
    found = extract_certs_for_validation(token).signer_cert
    certificate = _certificate(found)
    by = f"{name_of(certificate)} (certificate {fingerprint_of(certificate)})"
    at = info["gen_time"].native
    algorithm = signer["digest_algorithm"]["algorithm"].native
    imprint = info["message_imprint"]
    imprint_algorithm = imprint["hash_algorithm"]["algorithm"].native
    if not {algorithm, imprint_algorithm} <= _SAFE_DIGESTS:
        return TimeStamp(at, by, "The time stamp rests on a digest that is not safe any more.")
    sound = validate_sig_integrity(signer, found, "tst_info", hashlib.new(algorithm, bytes(content)).digest())
    is_of_this = imprint["hashed_message"].native == digest(imprint_algorithm)
    if sound != (True, True) or not is_of_this:
        return TimeStamp(at, by, "The time stamp is not of this seal, or was changed.")
    if not _may_stamp(certificate, at):
        return TimeStamp(at, by, "The time stamp is not by a time stamp server with a certificate valid at its time.")
    return TimeStamp(at, by)


def _may_stamp(certificate: x509.Certificate, at: datetime) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return _TIME_STAMPING in usage and certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
