"""A page signed in the browser: the blank page set anew, with what was drawn or typed standing on its line.

The strokes are kept as they came from the pointer and set as vectors. The page stays PDF/A-2a and PDF/UA-1, and the
signature is read aloud as one. A worker makes it (`closing.pdf.typesetting`); the web keeps strokes and evidence.
"""

import json
import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from io import BytesIO
from itertools import pairwise

import pikepdf
import typst

from closing.pdf.signature_specs import (
    PacketSpec,
    PageCannotBeMade,
    PageSpec,
    Paper,
    check_packet,
    printed_strings,
)
from closing.pdf.signatures import breakable, missing_glyph, page_data
from closing.pdf.typesetting import TEMPLATES, set_type

_SIGNED = TEMPLATES / "signed.typ"

MAX_STROKES = 200
MAX_POINTS = 6000
MAX_TYPED = 80
MAX_EVIDENCE = 500
TALLEST = 2.0
# A slip of the finger is no signature; a cross is.
_SHORTEST_INK = 0.04
_SHA256_LETTERS = 64

# What the drawing may take on the page, in mm, and how far it hangs below the line.
_WIDEST_MM = 62.0
_HIGHEST_MM = 14.0
_SINK_MM = 1.2
_PEN_MM = 0.45
_INK = "#16213a"

_UNREADABLE = "The drawing could not be read. Clear the box and sign again."

Point = tuple[float, float]


class BadSignature(ValueError):
    """What was drawn or typed is no signature. `reason` says so to the signatory, and what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class DrawnSignature:
    """Strokes of points (x, y), x from 0 to 1 across the box and y down from 0, in the same unit; the box is at most
    twice as high as wide."""

    strokes: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True, slots=True)
class TypedSignature:
    """The name as the signatory typed it to sign."""

    text: str


@dataclass(frozen=True, slots=True)
class SigningEvidence:
    """What is known of the act of signing, printed at the foot of the page.

    `signed_at` is text in the deal's zone. The two digests are hexadecimal SHA-256: of the execution version that was
    read, and of the words consented to.
    """

    signer: str
    title: str
    email: str
    signed_at: str
    document_sha256: str
    version_label: str
    from_address: str
    consent_sha256: str


def read_drawing(value: object) -> DrawnSignature:
    """The drawing that a browser sent, decoded from JSON: a list of strokes of [x, y]. Raises BadSignature."""
    if not isinstance(value, list) or not all(isinstance(stroke, list) for stroke in value):
        raise BadSignature(_UNREADABLE)
    if len(value) > MAX_STROKES or sum(len(stroke) for stroke in value) > MAX_POINTS:
        raise BadSignature("The drawing has too many strokes. Clear the box and sign more simply.")
    drawn = DrawnSignature(tuple(tuple(_point(point) for point in stroke) for stroke in value if stroke))
    check_signature(drawn)
    return drawn


def _point(value: object) -> Point:
    if not isinstance(value, list) or len(value) != 2:
        raise BadSignature(_UNREADABLE)
    across, down = value
    if isinstance(across, bool) or isinstance(down, bool):
        raise BadSignature(_UNREADABLE)
    if not isinstance(across, int | float) or not isinstance(down, int | float):
        raise BadSignature(_UNREADABLE)
    if not (0 <= across <= 1 and 0 <= down <= TALLEST):  # refuses NaN as well, and comes before float() can overflow
        raise BadSignature(_UNREADABLE)
    return float(across), float(down)


def check_signature(signature: DrawnSignature | TypedSignature) -> None:
    """Raise BadSignature for what is no signature: nothing drawn or typed, too much of it, or out of the box."""
    if isinstance(signature, TypedSignature):
        _check_typed(signature.text)
        return
    points = [point for stroke in signature.strokes for point in stroke]
    if len(points) > MAX_POINTS or len(signature.strokes) > MAX_STROKES:
        raise BadSignature("The drawing has too many strokes. Clear the box and sign more simply.")
    if not all(0 <= across <= 1 and 0 <= down <= TALLEST for across, down in points):
        raise BadSignature(_UNREADABLE)
    if sum(_length(stroke) for stroke in signature.strokes) < _SHORTEST_INK:
        raise BadSignature("Nothing was drawn. Sign in the box first.")


def _length(stroke: tuple[Point, ...]) -> float:
    return sum(math.dist(here, there) for here, there in pairwise(stroke))


def _check_typed(text: str) -> None:
    if not any(letter.isalpha() for letter in text):
        raise BadSignature("Type your name to sign.")
    if len(text) > MAX_TYPED:
        raise BadSignature(f"Type your name in at most {MAX_TYPED} characters.")
    if any(unicodedata.category(letter)[0] == "C" for letter in text):
        raise BadSignature("The name has an invisible character in it. Type it again, on one line.")


def drawing_svg(drawn: DrawnSignature) -> tuple[str, float, float]:
    """The drawing cut to its ink, as SVG with its width and height in mm, as large as the page has room for."""
    points = [point for stroke in drawn.strokes for point in stroke]
    left, top = min(across for across, _ in points), min(down for _, down in points)
    width = max(across for across, _ in points) - left
    height = max(down for _, down in points) - top
    scale = min(
        (_WIDEST_MM - _PEN_MM) / width if width else math.inf, (_HIGHEST_MM - _PEN_MM) / height if height else math.inf
    )
    half = _PEN_MM / 2
    paths = [
        _path([((across - left) * scale + half, (down - top) * scale + half) for across, down in stroke])
        for stroke in drawn.strokes
        if stroke
    ]
    wide, high = width * scale + _PEN_MM, height * scale + _PEN_MM
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.3f} {high:.3f}" '
        f'width="{wide:.3f}mm" height="{high:.3f}mm"><g fill="none" stroke="{_INK}" stroke-width="{_PEN_MM}" '
        f'stroke-linecap="round" stroke-linejoin="round">{"".join(paths)}</g></svg>'
    )
    return svg, wide, high


def _path(points: list[Point]) -> str:
    """One stroke, rounded: each point bends the line on its way between the middles of its neighbours."""
    (x, y), *rest = points
    steps = [f"M{x:.3f} {y:.3f}"]
    for (x, y), (next_x, next_y) in pairwise(rest):
        steps.append(f"Q{x:.3f} {y:.3f} {(x + next_x) / 2:.3f} {(y + next_y) / 2:.3f}")
    x, y = points[-1]
    steps.append(f"L{x:.3f} {y:.3f}")
    return f'<path d="{"".join(steps)}"/>'


def sign_page(
    page: PageSpec,
    signature: DrawnSignature | TypedSignature,
    evidence: SigningEvidence,
    *,
    deal_name: str,
    paper: Paper = "us-letter",
) -> bytes:
    """The signed page, one sheet: signature on the line, blank name and title filled in, evidence at the foot.

    The same input gives the same bytes. Raises BadSignature, and PageCannotBeMade where something cannot be printed or
    does not fit. Call it in a worker process only.
    """
    check_signature(signature)
    block = page.block
    filled = replace(block, signer=block.signer or evidence.signer, title=block.title or evidence.title)
    page = replace(page, block=filled)
    alone = PacketSpec(deal_name, evidence.signer, (page,), (), "", paper=paper)
    check_packet(alone)
    _check_evidence(evidence)
    data = page_data(0, page)
    shown = data["block"]
    if not isinstance(shown, dict):
        raise TypeError("The page has no signature block.")
    shown["signature"] = _signature_data(signature, evidence)
    data["bookmark"] = title = f"{page.document_title}: {page.block.party}"
    rows = _evidence_rows(page, signature, evidence)
    data["evidence"] = [breakable(row) for row in rows]
    signed = {"title": f"Signed: {title}", "deal_name": breakable(deal_name), "paper": paper, "page": data}
    try:
        made = set_type(_SIGNED, {"signed": json.dumps(signed)}, ["a-2a", "ua-1"])
    except typst.TypstError as error:
        raise _refusal(alone, signature, evidence, error) from error
    _check_one_sheet(made)
    return made


def _signature_data(signature: DrawnSignature | TypedSignature, evidence: SigningEvidence) -> dict[str, object]:
    if isinstance(signature, TypedSignature):
        return {"kind": "typed", "text": signature.text.strip()}
    svg, width, height = drawing_svg(signature)
    alt = f"Signature of {evidence.signer}, drawn by hand"
    return {"kind": "drawn", "svg": svg, "alt": alt, "width": width, "height": height, "sink": _SINK_MM}


def _evidence_rows(
    page: PageSpec, signature: DrawnSignature | TypedSignature, evidence: SigningEvidence
) -> tuple[str, str, str]:
    how = "name typed" if isinstance(signature, TypedSignature) else "signature drawn"
    return (
        f"Signed electronically by {evidence.signer} ({evidence.email}) on {evidence.signed_at}, {how}, "
        f"from the address {evidence.from_address}.",
        f"Execution version: {page.document_title}, {evidence.version_label}, SHA-256 {evidence.document_sha256}.",
        f"Consent to sign electronically: SHA-256 {evidence.consent_sha256}.",
    )


def _check_evidence(evidence: SigningEvidence) -> None:
    for field in fields(evidence):
        text: str = getattr(evidence, field.name)
        if field.name != "title" and not text.strip():
            raise PageCannotBeMade(f"evidence.{field.name}", "it is empty.")
        if len(text) > MAX_EVIDENCE or any(unicodedata.category(letter)[0] == "C" for letter in text):
            raise PageCannotBeMade(f"evidence.{field.name}", "it cannot be printed on one line as it is.")
    for name in ("document_sha256", "consent_sha256"):
        digest: str = getattr(evidence, name)
        if len(digest) != _SHA256_LETTERS or not set(digest) <= set("0123456789abcdef"):
            raise PageCannotBeMade(f"evidence.{name}", "it is no SHA-256 in small hexadecimal letters.")


def _refusal(
    alone: PacketSpec, signature: DrawnSignature | TypedSignature, evidence: SigningEvidence, error: typst.TypstError
) -> Exception:
    if isinstance(signature, TypedSignature) and missing_glyph([("signature", signature.text)]):
        return BadSignature("The name has a character that the page cannot print. Type it in other letters, or draw.")
    return missing_glyph(_strings(alone, evidence)) or error


def _strings(alone: PacketSpec, evidence: SigningEvidence) -> Iterator[tuple[str, str]]:
    yield from printed_strings(alone)
    for field in fields(evidence):
        yield f"evidence.{field.name}", getattr(evidence, field.name)


def _check_one_sheet(made: bytes) -> None:
    with pikepdf.open(BytesIO(made)) as pdf:
        if len(pdf.pages) != 1:
            raise PageCannotBeMade("pages[0]", "its text does not fit on one sheet. Shorten the names in it.")
