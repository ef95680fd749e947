"""A look through every object of a PDF for what could act on the reader's computer.

To be run where a crash or a hang does no harm: see `check_child`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import chain

import pikepdf

from closing.pdf.uploads import UploadRefused

_BROKEN = (
    "The PDF is broken and cannot be read. Save it again from the program it came from, "
    "or print it to a new PDF, and choose that copy."
)
_SCRIPTS = (
    "The PDF contains a script (JavaScript), which can act on the computer of whoever opens it. "
    "Print it to a new PDF, and choose that copy."
)
_LAUNCHES = "The PDF can start other programs. Print it to a new PDF, and choose that copy."
_ATTACHMENTS = (
    "The PDF has other files inside it. Take them out, or hand them in on their own, and choose a copy without them."
)
_MEDIA = "The PDF contains film or sound. Print it to a new PDF, and choose that copy."
_FORMS = (
    "The PDF is a dynamic form (XFA), which can run scripts and which many programs cannot show. "
    "Print it to a new PDF, and choose that copy."
)
_BY_ACTION = {
    "/JavaScript": _SCRIPTS,
    "/Launch": _LAUNCHES,
    "/GoToE": _ATTACHMENTS,
    "/Rendition": _MEDIA,
    "/Movie": _MEDIA,
    "/Sound": _MEDIA,
}
_BY_SUBTYPE = {"/FileAttachment": _ATTACHMENTS, "/RichMedia": _MEDIA, "/Movie": _MEDIA}
_FILE_KEYS = frozenset({"/F", "/UF", "/DOS", "/Mac", "/Unix"})


@dataclass(frozen=True, slots=True)
class Inspected:
    """A harmless PDF: how many pages, and whether its object table had to be rebuilt."""

    pages: int
    was_repaired: bool


def _dictionaries(top: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """The dictionaries within a numbered object or the trailer; numbered ones inside have their own turn."""
    stack = [top]
    while stack:
        found = stack.pop()
        if isinstance(found, pikepdf.Stream):
            found = found.stream_dict
        if isinstance(found, pikepdf.Dictionary):
            yield found
            inner = [value for _, value in found.items()]
        elif isinstance(found, pikepdf.Array):
            inner = list(found)
        else:
            continue
        stack.extend(
            value
            for value in inner
            if isinstance(value, (pikepdf.Dictionary, pikepdf.Array, pikepdf.Stream)) and not value.is_indirect
        )


def _holds_files(key: str, value: object) -> bool:
    if key == "/EF":
        return isinstance(value, pikepdf.Dictionary) and not _FILE_KEYS.isdisjoint(value.keys())
    if key == "/EmbeddedFiles":
        return isinstance(value, pikepdf.Dictionary) and any(
            len(branch) > 0
            for name, branch in value.items()
            if name in ("/Names", "/Kids") and isinstance(branch, pikepdf.Array)
        )
    return key == "/AF" and isinstance(value, pikepdf.Array) and len(value) > 0


def _is_script(key: str, value: object) -> bool:
    # A font or picture may be called /JS as well; a script is a string or a stream.
    if key == "/JS":
        return isinstance(value, (str, pikepdf.String, pikepdf.Stream))
    if key != "/URI" or not isinstance(value, (str, pikepdf.String)):
        return False
    # Readers skip blanks and control characters in the scheme of an address.
    scheme, colon, _ = str(value).partition(":")
    letters = "".join(letter for letter in scheme if letter.isprintable() and not letter.isspace())
    return bool(colon) and letters.casefold() in ("javascript", "vbscript")


def _complaint(key: str, value: object) -> str | None:
    if key == "/S" and isinstance(value, pikepdf.Name):
        return _BY_ACTION.get(str(value))
    if key == "/Subtype" and isinstance(value, pikepdf.Name):
        return _BY_SUBTYPE.get(str(value))
    if key == "/Type" and isinstance(value, pikepdf.Name):
        return _ATTACHMENTS if str(value) == "/EmbeddedFile" else None
    if _is_script(key, value):
        return _SCRIPTS
    if key == "/XFA":
        return _FORMS
    return _ATTACHMENTS if _holds_files(key, value) else None


def _check_objects(pdf: pikepdf.Pdf) -> None:
    # The catalogue may stand in the trailer itself, which is no numbered object.
    for top in chain([pdf.trailer], pdf.objects):
        for dictionary in _dictionaries(top):
            for key, value in dictionary.items():
                reason = _complaint(key, value)
                if reason is not None:
                    raise UploadRefused(reason)


def _flatten(pdf: pikepdf.Pdf) -> None:
    """Lay the page tree flat, as the book and the executed version must: what fails there had better fail here."""
    first = pdf.pages[0]
    del pdf.pages[0]
    pdf.pages.insert(0, first)


def inspect_pdf(data: bytes) -> Inspected:
    """Open a PDF and look at every object in it; raise UploadRefused with the reason.

    Actions that only go to a page are harmless, on opening too, and pass. A file whose table was
    damaged passes when it could be rebuilt, but not one that breaks off before its end.
    """
    try:
        with pikepdf.open(BytesIO(data), suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise UploadRefused("The PDF is protected against changes. Save a copy without protection.")
            was_repaired = any("reconstruct" in str(w) for w in pdf.get_warnings())
            if was_repaired and b"%%EOF" not in data[-2048:]:
                raise UploadRefused(_BROKEN)
            _check_objects(pdf)
            pages = len(pdf.pages)
            if pages:
                _flatten(pdf)
    except pikepdf.PasswordError as locked:
        raise UploadRefused("The PDF is protected by a password. Save a copy without a password.") from locked
    except (pikepdf.PikepdfError, pikepdf.PdfError, pikepdf.DataDecodingError, ValueError, RecursionError) as broken:
        if isinstance(broken, UploadRefused):
            raise
        raise UploadRefused(_BROKEN) from broken
    if pages == 0:
        raise UploadRefused("The PDF has no pages. Choose the right file.")
    return Inspected(pages, was_repaired)
