"""Keys, sealed papers and a time stamp server for the tests of seals."""

import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path

from asn1crypto import keys, tsp, x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.generic import NameObject, NumberObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.timestamps import DummyTimeStamper

from closing.pdf.sealed_folders import MANIFEST, SIGNATURE, ListedFile, folder_manifest
from closing.pdf.sealing_keys import SealingKey, load_key, make_key
from closing.pdf.seals import seal, seal_data
from closing.pdf.signatures import make_packet
from tests.pdf.samples import ANDREA, SPROUT, packet, page

AT = datetime(2026, 3, 2, 17, 30, 5, tzinfo=UTC)
MADE = AT - timedelta(days=1)
ROOM = "Closing room"
WHY = "Signature packet"


@cache
def key_named(name: str) -> SealingKey:
    key, certificate = make_key(name, not_before=MADE)
    return load_key(key, certificate, at=AT)


def room_key() -> SealingKey:
    return key_named(ROOM)


@cache
def paper() -> bytes:
    return make_packet(packet(page(SPROUT), page(ANDREA)))


@cache
def sealed_paper() -> bytes:
    return seal(paper(), room_key(), reason=WHY, at=AT, name=ROOM)


@cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def pem(key: rsa.RSAPrivateKey, password: bytes | None = None) -> bytes:
    hidden = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)


def certificate_for(
    key: rsa.RSAPrivateKey, name: str, *, days: int = 30, issuer: SealingKey | None = None, stamps: bool = False
) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(MADE)
        .not_valid_after(MADE + timedelta(days=days))
    )
    if stamps:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    signed = builder.sign(issuer.private_key if issuer else key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


OWN = room_key().certificate_pem


@contextmanager
def time_stamp_server(*, says: datetime = AT, stamps: bool = True, answer: bytes | None = None) -> Iterator[str]:
    """A server on this machine, by the library's own dummy; `answer` is sent instead of a stamp."""
    key = rsa_key(2048)
    certificate = x509.load_pem_x509_certificate(certificate_for(key, "Time stamps", stamps=stamps))
    stamper = DummyTimeStamper(
        tsa_cert=asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER)),
        tsa_key=keys.PrivateKeyInfo.load(
            key.private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        ),
        fixed_dt=says,
    )

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            body = answer if answer is not None else stamper.request_tsa_response(asked).dump()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            serving.join()


@cache
def folder_files() -> dict[str, bytes]:
    return {
        "index.html": b"<!DOCTYPE html><title>Closing book</title>",
        "documents/1 Stock Purchase Agreement.pdf": sealed_paper(),
        "documents/2 Irrevocable Proxy.pdf": paper(),
    }


def listed(files: dict[str, bytes]) -> bytes:
    rows = [ListedFile(name, sha256(content).hexdigest(), len(content)) for name, content in files.items()]
    return folder_manifest(rows, {"book": {"title": "Closing book", "deal": "The Cerplex Group, Inc."}})


def whole_folder() -> dict[str, bytes]:
    listing = listed(folder_files())
    return {**folder_files(), MANIFEST: listing, SIGNATURE: seal_data(listing, room_key(), at=AT)}


def zipped(files: dict[str, bytes], path: Path, top: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in files.items():
            packed.writestr(top + name, content)
    return path


def updated(pdf: bytes) -> bytes:
    """A proper incremental update that turns the first page, as an editor would save it."""
    stream = BytesIO(pdf)
    writer = IncrementalPdfFileWriter(stream)
    reference, _ = writer.find_page_for_modification(0)  # type: ignore[no-untyped-call]
    reference.get_object()[NameObject("/Rotate")] = NumberObject(90)  # type: ignore[no-untyped-call]
    writer.mark_update(reference)
    writer.write_in_place()  # type: ignore[no-untyped-call]
    return stream.getvalue()
