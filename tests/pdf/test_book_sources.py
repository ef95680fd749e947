"""What other programs write: documents that inherit, hide, fill in, repeat or leave out, bound as they are shown."""

from collections.abc import Callable
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, String

from closing.pdf.book import BookEntry, DocumentCannotBeBound, make_book, verify_pages
from tests.pdf.documents import FONT, Link, link_targets, make_document, say
from tests.pdf.reading import page_text, render
from tests.pdf.test_book import book_of

FIRST = 4
"""The first page of the only document: after cover, index, parties and its tab."""


def bind(path: Path, title: str = "Stock Purchase Agreement") -> Path:
    out = path.with_name("book.pdf")
    make_book(book_of(BookEntry("1", title, path=path)), out)
    assert verify_pages(out) == []
    return out


def altered(folder: Path, alter: Callable[[pikepdf.Pdf], None], pages: int = 2) -> Path:
    path = make_document(folder / "plain.pdf", "Alpha", pages)
    with pikepdf.open(path) as pdf:
        alter(pdf)
        pdf.save(folder / "source.pdf")
    return folder / "source.pdf"


def test_what_a_page_inherits_comes_along(tmp_path: Path) -> None:
    def inherit(pdf: pikepdf.Pdf) -> None:
        node = pdf.make_indirect(Dictionary(Type=Name.Pages, Kids=Array(), Count=2, Parent=pdf.Root.Pages))
        node.MediaBox, node.Rotate = Array([0, 0, 300, 400]), 90
        node.Resources = Dictionary(Font=Dictionary(F1=FONT))
        for page in pdf.pages:
            node.Kids.append(page.obj)
            page.obj.Parent = node
            del page.obj["/MediaBox"], page.obj["/Resources"]
            page.obj.Contents = pdf.make_stream(b"BT /F1 12 Tf 20 300 Td (Inherited) Tj ET")
        pdf.Root.Pages.Kids = Array([node])

    out = bind(altered(tmp_path, inherit))
    with pypdfium2.PdfDocument(out) as pdf:
        assert pdf[FIRST].get_size() == (400, 300)
        assert pdf[FIRST].get_rotation() == 90
    assert page_text(out.read_bytes(), FIRST + 1) == "Inherited"


def test_a_page_without_resources_or_size_or_content_is_bound_empty(tmp_path: Path) -> None:
    def strip(pdf: pikepdf.Pdf) -> None:
        for key in ("/Resources", "/MediaBox", "/Contents"):
            del pdf.pages[1].obj[key]

    out = bind(altered(tmp_path, strip))
    with pypdfium2.PdfDocument(out) as pdf:
        assert pdf[FIRST + 1].get_size() == (612, 792)
    assert page_text(out.read_bytes(), FIRST) == "Alpha page 1"


def test_a_page_that_is_listed_twice_stands_there_twice(tmp_path: Path) -> None:
    def twice(pdf: pikepdf.Pdf) -> None:
        kids = pdf.Root.Pages.Kids
        kids.append(kids[0])
        pdf.Root.Pages.Count = 3

    data = bind(altered(tmp_path, twice)).read_bytes()
    assert [page_text(data, FIRST + at) for at in range(3)] == ["Alpha page 1", "Alpha page 2", "Alpha page 1"]


def test_a_hidden_layer_stays_hidden(tmp_path: Path) -> None:
    def hide(pdf: pikepdf.Pdf) -> None:
        layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Draft")))
        shown = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Text")))
        pdf.Root.OCProperties = Dictionary(OCGs=Array([layer, shown]), D=Dictionary(OFF=Array([layer])))
        page = pdf.pages[0].obj
        page.Resources.Properties = Dictionary(L0=layer, L1=shown)
        page.Contents = pdf.make_stream(b"/OC /L0 BDC 0 0 612 396 re f EMC /OC /L1 BDC 0 396 612 396 re f EMC")

    source = altered(tmp_path, hide)
    picture = render(bind(source).read_bytes(), FIRST, dpi=36)
    assert (picture.getpixel((150, 300)), picture.getpixel((150, 100))) == (255, 0)


def test_what_was_filled_in_a_form_is_printed(tmp_path: Path) -> None:
    def fill(pdf: pikepdf.Pdf) -> None:
        looks = pdf.make_stream(b"BT /F1 12 Tf 2 5 Td (Robert Finzi) Tj ET")
        looks.Type, looks.Subtype, looks.BBox = Name.XObject, Name.Form, Array([0, 0, 200, 20])
        looks.Resources = Dictionary(Font=Dictionary(F1=FONT))
        field = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("name"), V=String("Robert Finzi"),
                Rect=Array([72, 400, 272, 420]), AP=Dictionary(N=looks), F=4, P=pdf.pages[0].obj,
            )
        )  # fmt: skip
        pdf.pages[0].obj.Annots = Array([field])
        pdf.Root.AcroForm = Dictionary(Fields=Array([field]))

    out = bind(altered(tmp_path, fill))
    assert page_text(out.read_bytes(), FIRST) == "Alpha page 1 Robert Finzi"
    with pikepdf.open(out) as pdf:
        assert list(pdf.pages[FIRST].obj.get("/Annots", Array())) == []
        assert "/AcroForm" not in pdf.Root


def test_an_outline_that_goes_in_circles_is_read_once(tmp_path: Path) -> None:
    def circle(pdf: pikepdf.Pdf) -> None:
        line = pdf.make_indirect(Dictionary(Title=String("Round"), Dest=Array([pdf.pages[1].obj, Name.Fit])))
        line.Next = line.First = line
        pdf.Root.Outlines = pdf.make_indirect(Dictionary(First=line, Last=line, Count=-1))

    with pypdfium2.PdfDocument(bind(altered(tmp_path, circle))) as pdf:
        found = [(line.get_title(), line.get_dest().get_index()) for line in pdf.get_toc() if line.level == 1]
    assert found == [("Round", FIRST + 1)]


def test_a_dead_link_stays_dead_and_a_page_number_out_of_range_is_none(tmp_path: Path) -> None:
    path = make_document(tmp_path / "a.pdf", "Alpha", 2, [Link(0, "string", None)])
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        odd = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], Dest=Array([7, Name.Fit]))
        pdf.pages[1].obj.Annots = Array([odd, 5, Dictionary(Subtype=Name.Link, Rect=[0, 0, 9, 9], Dest=Array())])
        pdf.save(path)
    with pikepdf.open(bind(path)) as pdf:
        pdf.pages[FIRST + 1].obj.Annots = Array(
            [one for one in pdf.pages[FIRST + 1].obj.Annots if isinstance(one, Dictionary)]
        )
        assert link_targets(pdf, FIRST, FIRST + 2) == [(0, None), (1, None), (1, None)]


def test_tags_of_other_pages_do_not_come_along(tmp_path: Path) -> None:
    def tag(pdf: pikepdf.Pdf) -> None:
        secret = pdf.make_indirect(Dictionary(Type=Name.StructElem, Alt=String("left behind")))
        pdf.Root.StructTreeRoot = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=secret))
        for page in pdf.pages:
            page.obj.StructParents = 0
            page.obj.AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS=String("left behind")))

    assert b"left behind" not in bind(altered(tmp_path, tag)).read_bytes()


def test_strings_that_look_like_references_are_left_alone(tmp_path: Path) -> None:
    def confuse(pdf: pikepdf.Pdf) -> None:
        note = Dictionary(
            Type=Name.Annot, Subtype=Name.Text, Rect=[0, 0, 9, 9], Contents=String("(1 0 R) \\) 2 0 R\n(")
        )
        pdf.pages[0].obj.Annots = Array([note])

    with pikepdf.open(bind(altered(tmp_path, confuse))) as pdf:
        assert str(pdf.pages[FIRST].obj.Annots[0].Contents) == "(1 0 R) \\) 2 0 R\n("


def protected(path: Path, owner: str, user: str) -> None:
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(owner=owner, user=user))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: protected(path, owner="b", user="a"), "protected by a password"),
        (lambda path: protected(path, owner="b", user=""), "protected against changes"),
        (lambda path: path.write_bytes(b"%PDF-1.7\nnothing"), "broken"),
        (lambda path: path.write_bytes(b""), "broken"),
        (lambda path: path.unlink(), "not in the store"),
    ],
)
def test_what_cannot_be_bound_is_named_with_the_reason(
    tmp_path: Path, spoil: Callable[[Path], object], words: str
) -> None:
    path = make_document(tmp_path / "a.pdf", "Alpha")
    spoil(path)
    with pytest.raises(DocumentCannotBeBound, match=words) as refused:
        bind(path, "Irrevocable Proxy")
    assert refused.value.title == "Irrevocable Proxy"
    assert not path.with_name("book.pdf").exists()


def test_a_file_that_is_not_the_one_that_was_filed_is_refused(tmp_path: Path) -> None:
    path = make_document(tmp_path / "a.pdf", "Alpha")
    with pytest.raises(DocumentCannotBeBound, match="SHA-256"):
        make_book(book_of(BookEntry("1", "Cross-Receipt", path=path, sha256="0" * 64)), tmp_path / "book.pdf")


def test_damaged_content_is_bound_as_it_is(tmp_path: Path) -> None:
    def damage(pdf: pikepdf.Pdf) -> None:
        say(pdf, 0, "kept")
        pdf.pages[1].obj.Contents = pikepdf.Stream(pdf, b"no such packing")
        pdf.pages[1].obj.Contents.Filter = Name.FlateDecode

    data = bind(altered(tmp_path, damage)).read_bytes()
    assert page_text(data, FIRST) == "kept"
