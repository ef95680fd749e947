"""The signed pages themselves as files: scans put upright, and pages signed in the browser and sealed."""

from typing import IO

from django.core.files.storage import default_storage

from closing.models import Counterpart

FOLDER = "counterparts"
SUFFIX = ".pdf"


def counterpart_name(sha256: str) -> str:
    """Where the one-page PDF of that digest lies in the store."""
    return f"{FOLDER}/{sha256[:2]}/{sha256}{SUFFIX}"


def open_counterpart(counterpart: Counterpart) -> IO[bytes]:
    """The signed page, for reading. Raises OSError where the store does not give it."""
    return default_storage.open(counterpart_name(counterpart.sha256))
