"""The key that seals papers, and the certificate that says whose it is.

A key made here is ECDSA on P-256 with a certificate that it signs itself: it shows that papers come from the same
room and were not changed, and whose room that is the parties tell each other, by the certificate's fingerprint.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

SMALLEST_RSA = 2048
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_DAYS_A_YEAR = 366
_NO_CHAIN = (
    "The certificates do not make a chain. Give the key's own first, then who issued it and so on up to the root, and "
    "no others; or the key's own alone."
)

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class KeyNotUsable(ValueError):
    """No seal can be made with this key and certificate. The message says what to mend."""


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A private key and its certificates, the key's own first, then those of who issued it."""

    private_key: PrivateKey = field(repr=False)
    certificates: tuple[x509.Certificate, ...]

    @property
    def certificate(self) -> x509.Certificate:
        return self.certificates[0]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the key's own certificate, as `fingerprint_of` writes it."""
        return fingerprint_of(self.certificate)

    @property
    def certificate_pem(self) -> bytes:
        """What may be given to everybody."""
        return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in self.certificates)

    def check_valid(self, at: datetime) -> None:
        """Raise KeyNotUsable where the certificate is not valid at `at` (aware)."""
        start, end = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        if not start <= at <= end:
            raise KeyNotUsable(
                f"The certificate of the sealing key is valid from {day_of(start)} to {day_of(end)}, "
                f"and it is {day_of(at)}. Put a certificate that is valid now, and its key, in its place."
            )


def day_of(at: datetime) -> str:
    """The day as it is written in letters: "March 1, 2026"."""
    return f"{at:%B} {at.day}, {at.year}"


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 in capitals, in groups of four: to be compared by telephone."""
    digest = certificate.fingerprint(hashes.SHA256()).hex().upper()
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


def name_of(certificate: x509.Certificate) -> str:
    """The certificate's common name, else its whole subject."""
    common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(common[0].value) if common else certificate.subject.rfc4514_string()


def make_key(common_name: str, *, not_before: datetime, years: int = 10) -> tuple[bytes, bytes]:
    """Make a key and its own certificate: (PEM of the key, unencrypted; PEM of the certificate).

    `not_before` is aware and comes from the machine's own clock: whoever checks a seal checks it on a machine's clock.
    Raises ValueError for a name that is empty or longer than 64 characters.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_before + timedelta(days=_DAYS_A_YEAR * years))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key_pem, certificate.public_bytes(serialization.Encoding.PEM)


def load_key(key_pem: bytes, cert_pem: bytes, password: bytes | None = None, *, at: datetime) -> SealingKey:
    """Read a key and its certificates (its own first), valid at `at`.

    Raises KeyNotUsable where they cannot be read, do not belong together, are out of date, or are too weak: an RSA key
    below 2,048 bits, or a kind of key that readers of PDF do not know.
    """
    private = _read_private(key_pem, password)
    certificates = read_certificates(cert_pem)
    if certificates[0].public_key() != private.public_key():
        raise KeyNotUsable(
            "The certificate does not belong to the sealing key. Give the certificate that was issued for this key, "
            "first in its file."
        )
    check_chain(certificates)
    _check_usage(certificates[0])
    key = SealingKey(private, certificates)
    key.check_valid(at)
    return key


def read_certificates(cert_pem: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM file, in its order; raises KeyNotUsable where there is none to read."""
    try:
        return tuple(x509.load_pem_x509_certificates(cert_pem))
    except ValueError as error:
        raise KeyNotUsable("No certificate could be read. It must be a PEM file (BEGIN CERTIFICATE).") from error


def check_chain(certificates: Sequence[x509.Certificate]) -> None:
    """Raise KeyNotUsable where one certificate comes with others, and they are not its chain up to the root.

    A signature names its own certificate alone; the others are held in place by having issued each other.
    """
    if len(certificates) == 1:
        return
    by_name = {certificate.subject: certificate for certificate in certificates}
    chain = [certificates[0]]
    try:
        while chain[-1].issuer != chain[-1].subject and len(chain) < len(certificates):
            chain.append(by_name[chain[-1].issuer])
        for certificate in chain:
            certificate.verify_directly_issued_by(by_name[certificate.issuer])
    except (KeyError, ValueError, TypeError, InvalidSignature) as error:
        raise KeyNotUsable(_NO_CHAIN) from error
    if len(set(chain)) != len(certificates):
        raise KeyNotUsable(_NO_CHAIN)


def _read_private(key_pem: bytes, password: bytes | None) -> PrivateKey:
    try:
        key = serialization.load_pem_private_key(key_pem, password)
    except TypeError as error:
        what = "is protected by a password, and none is given" if password is None else "has no password; give none"
        raise KeyNotUsable(f"The sealing key {what}.") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyNotUsable(
            "The sealing key could not be read. It must be a PEM file (BEGIN PRIVATE KEY), and its password right."
        ) from error
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size < SMALLEST_RSA:
            raise KeyNotUsable(f"The sealing key has {key.key_size} bits. RSA keys need {SMALLEST_RSA} or more.")
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, _CURVES):
        return key
    raise KeyNotUsable("The sealing key must be ECDSA on P-256, P-384 or P-521, or RSA.")


def _check_usage(certificate: x509.Certificate) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not (usage.content_commitment or usage.digital_signature):
        raise KeyNotUsable("The certificate of the sealing key is not for signing. Have one issued that is.")
