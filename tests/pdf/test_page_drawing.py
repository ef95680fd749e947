"""Pages drawn as pictures in a child process: all that stands on them, and nothing of a broken file."""

from io import BytesIO

import pikepdf
import pytest
from PIL import Image

from closing.pdf.page_drawing import MOST_HIGH, WIDTH, NoSuchPage, draw_page
from closing.pdf.uploads import UploadRefused
from tests.web.signing_room import paper


def picture(data: bytes, number: int = 1) -> Image.Image:
    with Image.open(BytesIO(draw_page(data, number))) as drawn:
        return drawn.convert("L")


def ink(drawn: Image.Image) -> int:
    return sum(drawn.histogram()[:128])


def test_a_page_is_as_wide_as_a_desk_needs() -> None:
    drawn = picture(paper("Agreement"), 3)
    assert abs(drawn.width - WIDTH) <= 1
    assert abs(drawn.height - WIDTH * 792 / 612) <= 2
    assert ink(drawn) > 500


def test_the_same_page_is_the_same_picture() -> None:
    assert draw_page(paper("Agreement"), 1) == draw_page(paper("Agreement"), 1)


def test_what_stands_in_a_field_is_drawn() -> None:
    made = pikepdf.open(BytesIO(paper("Agreement", 1)))
    form = made.make_stream(b"0 g 0 0 200 100 re f")
    form.stream_dict.update(
        {"/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Form, "/BBox": pikepdf.Array([0, 0, 200, 100])}
    )
    field = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.Widget,
        FT=pikepdf.Name.Tx,
        T=pikepdf.String("price"),
        V=pikepdf.String("1"),
        F=4,
        Rect=pikepdf.Array([100, 100, 300, 200]),
        AP=pikepdf.Dictionary(N=form),
    )
    widget = made.make_indirect(field)
    made.pages[0].obj.Annots = pikepdf.Array([widget])
    made.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([widget]))
    kept = BytesIO()
    made.save(kept)
    assert ink(picture(kept.getvalue())) > ink(picture(paper("Agreement", 1))) + 10_000


def test_an_endless_page_stays_a_picture_of_some_size() -> None:
    made = pikepdf.new()
    made.add_blank_page(page_size=(100, 14_000))
    kept = BytesIO()
    made.save(kept)
    assert picture(kept.getvalue()).height <= MOST_HIGH


@pytest.mark.parametrize("number", [0, 4, -1])
def test_a_page_that_is_not_there(number: int) -> None:
    with pytest.raises(NoSuchPage):
        draw_page(paper("Agreement"), number)


def test_what_is_no_pdf_is_refused() -> None:
    with pytest.raises(UploadRefused, match="cannot be drawn"):
        draw_page(b"nonsense", 1)
