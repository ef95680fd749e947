"""What the pages of a PDF show, as a digest that can be computed from the bound book alone."""

import hashlib
import zlib
from collections.abc import Iterable, Sequence

import pikepdf

_DEPTH = 12
_FLATE = "/FlateDecode"


class ContentDigest:
    """Digests pages: their decoded content, and the pictures and forms that they draw, as they are stored.

    Two copies of a document have equal digests whatever the numbers of their objects.
    """

    def __init__(self) -> None:
        self._drawn: dict[tuple[int, int], bytes] = {}

    def of(self, pages: Iterable[pikepdf.Object]) -> str:
        """SHA-256 over the pages in their order, in hex."""
        total = hashlib.sha256()
        for page in pages:
            contents = page.get("/Contents")
            streams: Sequence[object] = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
            for stream in streams:
                if isinstance(stream, pikepdf.Stream):
                    data = _decoded(stream)
                    total.update(b"content %d\n" % len(data))
                    total.update(data)
            total.update(self._resources(page.get("/Resources"), 0))
            total.update(b"page\n")
        return total.hexdigest()

    def _resources(self, resources: object, depth: int) -> bytes:
        drawn = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
        if not isinstance(drawn, pikepdf.Dictionary) or depth > _DEPTH:
            return b""
        rows = sorted((name.encode("utf-8", "surrogateescape"), stream) for name, stream in _streams(drawn))
        return b"".join(name + b" " + self._stream(stream, depth) for name, stream in rows)

    def _stream(self, stream: pikepdf.Stream, depth: int) -> bytes:
        known = self._drawn.get(stream.objgen)
        if known is None:
            self._drawn[stream.objgen] = b"again"
            digest = hashlib.sha256(memoryview(stream.get_raw_stream_buffer()))
            mask = stream.stream_dict.get("/SMask")
            if isinstance(mask, pikepdf.Stream):
                digest.update(memoryview(mask.get_raw_stream_buffer()))
            digest.update(self._resources(stream.stream_dict.get("/Resources"), depth + 1))
            known = self._drawn[stream.objgen] = digest.digest()
        return known


def _streams(drawn: pikepdf.Object) -> list[tuple[str, pikepdf.Stream]]:
    return [(name, stream) for name, stream in drawn.items() if isinstance(stream, pikepdf.Stream)]


def _decoded(stream: pikepdf.Stream) -> bytes:
    try:
        if stream.stream_dict.get("/Filter") == _FLATE and "/DecodeParms" not in stream.stream_dict:
            return zlib.decompress(memoryview(stream.get_raw_stream_buffer()))
    except zlib.error:
        pass
    try:
        return bytes(stream.read_bytes())
    except (pikepdf.PdfError, pikepdf.DataDecodingError):
        return bytes(stream.read_raw_bytes())
