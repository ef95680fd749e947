"""A page of a PDF drawn as a picture, to be shown where a browser's own viewer may not be.

The file is a stranger's, so it is opened in a child process (`children`); the picture comes back through it.
"""

import base64
import io

from closing.pdf.children import ChildGaveUp, ask_child
from closing.pdf.uploads import TOO_HARD, UploadRefused

WIDTH = 1240  # points across: A4 or letter at about 150 to the inch, sharp on a telephone and wide enough for a desk
MOST_HIGH = 4 * WIDTH
JOB = "picture"
_SECONDS = 15
_MEMORY = 1 << 30


class NoSuchPage(ValueError):
    """The file has no page of that number."""


def draw_page(data: bytes, number: int) -> bytes:
    """PNG of the page of that number, from 1; in a child process of about a third of a second.

    Raises NoSuchPage, and UploadRefused where the file cannot be drawn.
    """
    try:
        answer = ask_child(f"{JOB}:{number}", data, _SECONDS, _MEMORY)
    except ChildGaveUp as stopped:
        raise UploadRefused(TOO_HARD) from stopped
    if "refused" in answer:
        raise UploadRefused(str(answer["refused"]))
    if not answer["png"]:
        raise NoSuchPage(f"The file has no page {number}.")
    return base64.b64decode(str(answer["png"]))


def draw_in_child(data: bytes, argument: str) -> dict[str, object]:
    """What the child does: the page in base64, blank where there is none of that number."""
    import pypdfium2

    number = int(argument)
    try:
        document = pypdfium2.PdfDocument(data)
        with document:
            document.init_forms()  # what stands in its fields is part of what is signed
            if not 1 <= number <= len(document):
                return {"png": ""}
            page = document[number - 1]
            across, down = page.get_size()
            scale = min(WIDTH / max(across, 1), MOST_HIGH / max(down, 1))
            picture = page.render(scale=scale).to_pil().convert("RGB").quantize(64)
    except pypdfium2.PdfiumError as broken:
        raise UploadRefused("The page cannot be drawn. Ask counsel for the file.") from broken
    kept = io.BytesIO()
    picture.save(kept, "PNG", optimize=True)
    return {"png": base64.b64encode(kept.getvalue()).decode("ascii")}
