"""Uploads: a file that could do harm, or is not what it says, gets in nowhere and is told why."""

import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO

import pikepdf
import pytest
from hypothesis import given, settings, strategies as st
from pikepdf import Array, Dictionary, Name, Pdf, String

from closing.pdf.inspection import inspect_pdf
from closing.pdf.signatures import make_packet
from closing.pdf.uploads import (
    UploadLimits,
    UploadRefused,
    check_office,
    check_pdf,
    check_upload,
    sniff_kind,
)
from tests.pdf.samples import SPROUT, packet, page


def blank(pages: int = 1) -> Pdf:
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page()
    return pdf


def saved(pdf: Pdf, **how: object) -> bytes:
    target = BytesIO()
    pdf.save(target, **how)  # type: ignore[arg-type]
    return target.getvalue()


def office(*parts: str, part_bytes: bytes = b"<x/>") -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in parts:
            packed.writestr(part, part_bytes)
    return target.getvalue()


DOCX = ("[Content_Types].xml", "word/document.xml")


def opening_script(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def script_in_a_stream(pdf: Pdf) -> None:
    action = Dictionary(S=Name.URI, JS=pdf.make_stream(b"app.alert(1)"))
    pdf.pages[0].obj.AA = Dictionary(O=pdf.make_indirect(action))


def named_script(pdf: Pdf) -> None:
    script = Dictionary(S=Name.JavaScript, JS=String("1"))
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), script])))


def script_after_another_action(pdf: Pdf) -> None:
    then = Dictionary(S=Name.JavaScript, JS=String("1"))
    pdf.Root.OpenAction = Dictionary(S=Name.GoTo, D=Array([0, Name.Fit]), Next=Array([then]))


def launch(pdf: Pdf) -> None:
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, A=Dictionary(S=Name.Launch, F="a.exe"))
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(link)])


def script_in_a_link(pdf: Pdf) -> None:
    action = Dictionary(S=Name.URI, URI=String(" Java\nScript:app.alert(1)"))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, A=action)
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(link)])


def attached(pdf: Pdf) -> None:
    pdf.attachments["payload.txt"] = b"x"


def associated(pdf: Pdf) -> None:
    spec = Dictionary(Type=Name.Filespec, EF=Dictionary(F=pdf.make_stream(b"x")))
    pdf.Root.AF = Array([pdf.make_indirect(spec)])


def attached_to_a_page(pdf: Pdf) -> None:
    pdf.pages[0].obj.Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment)])


def rich_media(pdf: Pdf) -> None:
    pdf.pages[0].obj.Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.RichMedia)])


def dynamic_form(pdf: Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(XFA=pdf.make_stream(b"<xdp/>"), Fields=Array([]))


HARMFUL: list[tuple[Callable[[Pdf], None], str]] = [
    (opening_script, "JavaScript"),
    (script_in_a_stream, "JavaScript"),
    (named_script, "JavaScript"),
    (script_after_another_action, "JavaScript"),
    (script_in_a_link, "JavaScript"),
    (launch, "start other programs"),
    (attached, "other files inside"),
    (associated, "other files inside"),
    (attached_to_a_page, "other files inside"),
    (rich_media, "film or sound"),
    (dynamic_form, "dynamic form"),
]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "in object streams"])
@pytest.mark.parametrize(("harm", "words"), HARMFUL, ids=[h.__name__ for h, _ in HARMFUL])
def test_a_harmful_pdf_is_refused(harm: Callable[[Pdf], None], words: str, packed: bool) -> None:
    pdf = blank()
    harm(pdf)
    mode = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
    with pytest.raises(UploadRefused, match=words):
        inspect_pdf(saved(pdf, object_stream_mode=mode))


def test_a_script_in_a_catalogue_that_stands_in_the_trailer_is_refused() -> None:
    objects = (b"<</Type/Pages/Kids[2 0 R]/Count 1>>", b"<</Type/Page/Parent 1 0 R/MediaBox[0 0 612 792]>>")
    data, table = b"%PDF-1.4\n", b"xref\n0 3\n0000000000 65535 f \n"
    for at, each in enumerate(objects, start=1):
        table += b"%010d 00000 n \n" % len(data)
        data += b"%d 0 obj\n%s\nendobj\n" % (at, each)
    root = b"<</Type/Catalog/Pages 1 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>"
    end = b"trailer\n<</Size 3/Root%s>>\nstartxref\n%d\n%%%%EOF\n"
    assert inspect_pdf(data + table + end % (b"<</Type/Catalog/Pages 1 0 R>>", len(data))).pages == 1
    with pytest.raises(UploadRefused, match="JavaScript"):
        inspect_pdf(data + table + end % (root, len(data)))


def test_the_child_process_refuses_with_the_same_words() -> None:
    pdf = blank()
    opening_script(pdf)
    with pytest.raises(UploadRefused, match="JavaScript"):
        check_pdf(saved(pdf))


def test_a_harmless_pdf_passes() -> None:
    pdf = blank(3)
    pdf.Root.OpenAction = Dictionary(S=Name.GoTo, D=Array([pdf.pages[1].obj, Name.Fit]))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, A=Dictionary(S=Name.URI, URI="a:b"))
    pdf.pages[0].obj.Annots = Array([link])
    pdf.pages[0].obj.Resources = Dictionary(Font=Dictionary(JS=Dictionary(Type=Name.Font)))
    pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array([])))
    data = saved(pdf)
    checked = check_pdf(data)
    assert (checked.pages, checked.size, checked.was_repaired) == (3, len(data), False)
    assert checked.sha256 == hashlib.sha256(data).hexdigest()


def test_our_own_packets_pass() -> None:
    assert check_pdf(make_packet(packet(page(SPROUT)))).pages == 2


def test_protected_files_are_refused() -> None:
    locked = saved(blank(), encryption=pikepdf.Encryption(owner="o", user="u"))
    with pytest.raises(UploadRefused, match="password"):
        check_pdf(locked)
    guarded = saved(blank(), encryption=pikepdf.Encryption(owner="o", user=""))
    with pytest.raises(UploadRefused, match="protected against changes"):
        check_pdf(guarded)


def test_empty_huge_and_foreign_files_are_refused() -> None:
    with pytest.raises(UploadRefused, match="empty"):
        check_pdf(b"")
    with pytest.raises(UploadRefused, match="larger than 1 MB"):
        check_pdf(b"%PDF-1.7" + bytes(1024 * 1024), UploadLimits(max_bytes=1024 * 1024))
    with pytest.raises(UploadRefused, match="not a PDF"):
        check_pdf(b"MZ" + bytes(2000) + b"%PDF-1.7")


def test_broken_files_are_refused() -> None:
    whole = make_packet(packet(page(SPROUT)))
    for broken in (b"%PDF-1.7\nnothing more", whole[: len(whole) // 2], b"%PDF-1.7" + bytes(500)):
        with pytest.raises(UploadRefused, match=r"broken|no pages"):
            check_pdf(broken)
    with pytest.raises(UploadRefused, match="no pages"):
        check_pdf(saved(pikepdf.new()))


def test_a_wrong_table_is_rebuilt_and_said_to_be() -> None:
    data = saved(blank(2))
    start = data.rindex(b"startxref")
    moved = data[:start] + b"startxref\n7\n%%EOF\n"
    checked = check_pdf(moved)
    assert (checked.pages, checked.was_repaired) == (2, True)


def test_a_file_that_takes_too_long_is_given_up() -> None:
    pdf = blank()
    pdf.Root.Many = Array([Dictionary(A=number) for number in range(400_000)])
    with pytest.raises(UploadRefused, match="more time or memory"):
        check_pdf(saved(pdf), UploadLimits(seconds=1))


def test_a_file_that_takes_too_much_memory_is_given_up() -> None:
    pdf = blank()
    pdf.Root.Many = Array([Dictionary(A=number) for number in range(400_000)])
    with pytest.raises(UploadRefused, match="more time or memory"):
        check_pdf(saved(pdf), UploadLimits(memory_bytes=200 * 1024 * 1024))


def test_the_child_knows_no_django_and_no_secrets() -> None:
    shown = "import sys, closing.pdf.check_child; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", shown], cwd=os.getcwd(), check=False).returncode == 0


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_gets_an_error_of_another_kind(data: st.DataObject) -> None:
    whole = bytearray(saved(blank(2)))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(8, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(UploadRefused):
        assert inspect_pdf(bytes(whole)).pages >= 1


@pytest.mark.parametrize(
    ("filename", "data", "words"),
    [
        ("a.pdf", b"MZ\x90\x00", "not what its name says"),
        ("a.docx", b"%PDF-1.7", "says a Word document, but it is a PDF file"),
        ("a.pdf", office(*DOCX), "says a PDF file, but it is a Word document"),
        ("a.png", b"\xff\xd8\xff\xe0", "but it is a JPEG picture"),
        ("a.txt", b"a\x00b", "not what its name says"),
        ("a.txt", b"\xff\xfe", "not what its name says"),
        ("a.docx", office("other.xml"), "not what its name says"),
        ("a.docx", b"PK\x03\x04 broken", "not what its name says"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "password"),
        ("a.exe", b"MZ", "is not taken"),
        ("a.docm", office(*DOCX), "is not taken"),
        ("pdf", b"%PDF-1.7", "is not taken"),
        (".pdf", b"%PDF-1.7", "is not taken"),
    ],
)
def test_a_disguised_file_is_refused(filename: str, data: bytes, words: str) -> None:
    with pytest.raises(UploadRefused, match=words):
        sniff_kind(filename, data)


@pytest.mark.parametrize(
    ("filename", "data", "kind", "media_type"),
    [
        ("Opinion.PDF", saved(blank()), "pdf", "application/pdf"),
        ("a.b.docx", office(*DOCX), "docx", "application/vnd.openxmlformats"),
        ("a.xlsx", office("[Content_Types].xml", "xl/workbook.xml"), "xlsx", "application/vnd"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "png", "image/png"),
        ("a.JPG", b"\xff\xd8\xff\xe0", "jpeg", "image/jpeg"),
        ("a.txt", "Größe\n".encode(), "txt", "text/plain"),
    ],
)
def test_each_kind_is_taken(filename: str, data: bytes, kind: str, media_type: str) -> None:
    checked = check_upload(filename, data)
    assert checked.kind == kind
    assert checked.media_type.startswith(media_type)
    assert checked.pages == (1 if kind == "pdf" else None)


def test_office_files_with_macros_bombs_and_locks_are_refused() -> None:
    with pytest.raises(UploadRefused, match="macros"):
        check_office(office(*DOCX, "word/vbaProject.bin"))
    with pytest.raises(UploadRefused, match="unpacks to more"):
        check_office(office(*DOCX, part_bytes=bytes(10_000_000)), UploadLimits(max_unpacked_bytes=10**6))
    with pytest.raises(UploadRefused, match="unpacks to more"):
        check_office(office(*DOCX), UploadLimits(max_parts=1))
    locked = bytearray(office(*DOCX))
    locked[locked.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UploadRefused, match="password"):
        check_office(bytes(locked))
    with pytest.raises(UploadRefused, match="no Word or Excel file"):
        check_office(b"PK\x03\x04")
