"""What the pages of a PDF show, as a digest that can be computed from the bound book alone."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pikepdf

_DEPTH = 12
_FLATE = "/FlateDecode"


@dataclass(frozen=True, slots=True)
class Piece:
    """The content of a page, still packed or not, or the names and digests of what it draws."""

    data: bytes
    is_packed: bool = False


def content_pieces(pages: Iterable[pikepdf.Object]) -> list[Piece]:
    """What `digest_of` needs of the pages: their content, and the pictures and forms that they draw, as stored.

    Two copies of a document give equal pieces whatever the numbers of their objects.
    """
    drawn = _Drawn()
    pieces = []
    for page in pages:
        pieces += [_content(stream) for stream in _streams_of(page.get("/Contents"))]
        pieces.append(Piece(drawn.of(page.get("/Resources"), 0) + b"page\n"))
    return pieces


def digest_of(pieces: Sequence[Piece]) -> str:
    """SHA-256 over the pieces with the content unpacked, in hex. Needs no PDF, and leaves other threads free."""
    total = hashlib.sha256()
    for piece in pieces:
        data = _unpacked(piece.data) if piece.is_packed else piece.data
        total.update(b"%d\n" % len(data))
        total.update(data)
    return total.hexdigest()


def _streams_of(contents: object) -> Iterator[pikepdf.Stream]:
    listed: Sequence[object] = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    return (stream for stream in listed if isinstance(stream, pikepdf.Stream))


def _content(stream: pikepdf.Stream) -> Piece:
    entries = stream.stream_dict
    if entries.get("/Filter") == _FLATE and "/DecodeParms" not in entries:
        return Piece(bytes(memoryview(stream.get_raw_stream_buffer())), is_packed=True)
    try:
        return Piece(bytes(stream.read_bytes()))
    except (pikepdf.PdfError, pikepdf.DataDecodingError):
        return Piece(bytes(stream.read_raw_bytes()))


def _unpacked(packed: bytes) -> bytes:
    """The content; of a stream that breaks off, what there is; of one that is damaged, as it is stored."""
    unpacking = zlib.decompressobj()
    try:
        return unpacking.decompress(packed)
    except zlib.error:
        return packed


class _Drawn:
    """Digests of pictures and forms, each computed once for all the pages that share it."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], bytes] = {}

    def of(self, resources: object, depth: int) -> bytes:
        drawn = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
        if not isinstance(drawn, pikepdf.Dictionary) or depth > _DEPTH:
            return b""
        rows = sorted((name, stream) for name, stream in drawn.items() if isinstance(stream, pikepdf.Stream))
        return b"".join(
            name.encode("utf-8", "surrogateescape") + b" " + self._stream(stream, depth) for name, stream in rows
        )

    def _stream(self, stream: pikepdf.Stream, depth: int) -> bytes:
        known = self._known.get(stream.objgen)
        if known is None:
            self._known[stream.objgen] = b"itself"
            digest = hashlib.sha256(memoryview(stream.get_raw_stream_buffer()))
            mask = stream.stream_dict.get("/SMask")
            if isinstance(mask, pikepdf.Stream):
                digest.update(memoryview(mask.get_raw_stream_buffer()))
            digest.update(self.of(stream.stream_dict.get("/Resources"), depth + 1))
            known = self._known[stream.objgen] = digest.digest()
        return known
