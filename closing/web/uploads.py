"""What comes in by a form: a file that is too big is cut off, not kept."""

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler

from closing.pdf.uploads import DEFAULT_LIMITS


class SizeLimit(FileUploadHandler):
    """The first of the upload handlers: past the limit nothing reaches the others, and so no disk or memory.

    What did reach them is one piece longer than the limit, so that the check of the file refuses it by its size.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """The piece as it came, or None once the file is past the limit."""
        return raw_data if start <= DEFAULT_LIMITS.max_bytes else None

    def file_complete(self, file_size: int) -> Any:
        """The file is for the next handler to give."""
        return None
