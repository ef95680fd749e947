"""Which key seals: one's own by the settings, else one made at first need and kept in the state folder."""

import os
import tempfile
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from closing.pdf.sealing_keys import KeyNotUsable, SealingKey, load_key, make_key
from closing.pdf.seals import seal, seal_data
from closing.runtime.secret_files import write_private
from investors.clock import machine_time

# Key and certificate in one file, so that nobody ever sees the one without the other.
KEPT = "sealing-key.pem"
CERTIFICATE = "sealing-certificate.pem"


def seal_bytes(pdf: bytes, reason: str) -> bytes:
    """Seal with the room's key and settings, now by the machine's clock; raises as `closing.pdf.seals.seal` does."""
    return seal(
        pdf,
        sealing_key(),
        reason=reason,
        at=machine_time(),
        name=settings.SEAL_NAME,
        timestamp_url=settings.SEAL_TIMESTAMP_URL,
    )


def seal_file(pdf: Path, out: Path, reason: str) -> Path:
    """The same for a file too large to load: `out` is there sealed, or not at all."""
    return seal(
        pdf,
        sealing_key(),
        reason=reason,
        at=machine_time(),
        name=settings.SEAL_NAME,
        out=out,
        timestamp_url=settings.SEAL_TIMESTAMP_URL,
    )


def seal_list(data: bytes) -> bytes:
    """The detached seal of a folder's list, for `closing.pdf.sealed_folders.write_folder`."""
    return seal_data(data, sealing_key(), at=machine_time(), timestamp_url=settings.SEAL_TIMESTAMP_URL)


def sealing_key() -> SealingKey:
    """The key in use. Raises ImproperlyConfigured where the settings name one that cannot be used."""
    return _loaded(
        str(settings.SEAL_KEY_FILE),
        str(settings.SEAL_CERTIFICATE_FILE),
        settings.SEAL_KEY_PASSWORD,
        Path(settings.STATE_DIR),
    )


def known_certificate() -> bytes | None:
    """PEM of the room's own certificate, or None where it has none yet. Makes no key."""
    chosen = Path(settings.SEAL_CERTIFICATE_FILE or Path(settings.STATE_DIR) / CERTIFICATE)
    try:
        return chosen.read_bytes()
    except FileNotFoundError:
        return None


@cache
def _loaded(key_file: str, certificate_file: str, password: str | None, state: Path) -> SealingKey:
    if bool(key_file) != bool(certificate_file):
        raise ImproperlyConfigured("Set SEAL_KEY_FILE and SEAL_CERTIFICATE_FILE together, or neither.")
    try:
        if key_file:
            secret = password.encode() if password else None
            return load_key(_read(key_file), _read(certificate_file), secret, at=machine_time())
        return _kept(state)
    except KeyNotUsable as refused:
        where = key_file or state / KEPT
        raise ImproperlyConfigured(f"The sealing key {where} cannot be used. {refused}") from refused


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{path}, named in the settings for seals, cannot be read: {error.strerror}."
        ) from error


def _kept(state: Path) -> SealingKey:
    path = state / KEPT
    if not path.exists():
        _make(path)
    both = path.read_bytes()
    key = load_key(both, both, at=machine_time())
    _publish(state / CERTIFICATE, key.certificate_pem)
    return key


def _make(path: Path) -> None:
    """Make the key in a file of our own and link it into place: of two processes at once, one wins for both."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key, certificate = make_key(settings.SEAL_NAME, not_before=machine_time())
    descriptor, own = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # 0600, as mkstemp makes them
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key + certificate)
            file.flush()
            os.fsync(file.fileno())
        os.link(own, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(own)


def _publish(path: Path, certificate: bytes) -> None:
    """The certificate alone beside the key, to be given to whoever is to check seals."""
    if not path.exists() or path.read_bytes() != certificate:
        write_private(path, certificate.decode("ascii"))
