"""Execution versions in every form that a PDF comes in: kept byte for byte where that can be, and mended where not."""

import re
import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, ObjectStreamMode

from closing.pdf.executed import make_executed
from closing.pdf.seals import seal
from closing.pdf.verification import verify_seals
from tests.pdf.documents import Link, all_links
from tests.pdf.executing import PARTIES, agreement, labels_of, signed_by, texts
from tests.pdf.sealing import AT, ROOM, WHY, room_key
from tests.pdf.validating import judged

Save = Callable[[pikepdf.Pdf, Path], None]


def plain(pdf: pikepdf.Pdf, path: Path) -> None:
    pdf.save(path, object_stream_mode=ObjectStreamMode.disable)


def packed(pdf: pikepdf.Pdf, path: Path) -> None:
    pdf.save(path, object_stream_mode=ObjectStreamMode.generate)


def linearized(pdf: pikepdf.Pdf, path: Path) -> None:
    pdf.save(path, linearize=True)


def in_a_tree(pdf: pikepdf.Pdf, path: Path) -> None:
    """Pages in a tree of two levels that hands down their size, as large documents have it."""
    pages, top = [page.obj for page in pdf.pages], pdf.Root.Pages
    fonts = pages[0].Resources
    halves = []
    for half in (pages[:3], pages[3:]):
        node = pdf.make_indirect(Dictionary(Type=Name.Pages, Parent=top, Count=3, Kids=Array(half)))
        node.Resources = fonts
        for page in half:
            page.Parent = node
            del page["/Resources"], page["/MediaBox"]
        halves.append(node)
    top.Kids, top.MediaBox = Array(halves), Array([0, 0, 612, 792])
    plain(pdf, path)


def with_notes_in_their_pages(pdf: pikepdf.Pdf, path: Path) -> None:
    """Links that are no objects of their own, so the page is what is said anew when one of them changes."""
    for page in pdf.pages:
        if "/Annots" in page.obj:
            page.obj.Annots = Array([Dictionary(dict(note.items())) for note in page.obj.Annots])
    plain(pdf, path)


def with_an_outline_in_the_catalog(pdf: pikepdf.Pdf, path: Path) -> None:
    pdf.Root.Outlines = Dictionary(dict(pdf.Root.Outlines.items()))
    plain(pdf, path)


def as_bytes(change: Callable[[bytes], bytes]) -> Save:
    """Saved plainly, and then changed byte by byte."""

    def save(pdf: pikepdf.Pdf, path: Path) -> None:
        plain(pdf, path)
        path.write_bytes(change(path.read_bytes()))

    return save


def with_a_name(name: bytes) -> Save:
    """A name of four bytes on every page, written as it is."""

    def save(pdf: pikepdf.Pdf, path: Path) -> None:
        for page in pdf.pages:
            page.obj.Note = Name("/Name")
        as_bytes(lambda data: data.replace(b"/Note /Name", b"/Note /" + name))(pdf, path)

    return save


def with_a_number_used_twice(data: bytes) -> bytes:
    """The first page's number was another object's before: it is of generation 1."""
    number = int(data.split(b"/Kids [ ")[1].split()[0])
    data = re.sub(rb"\b%d 0 (R|obj)" % number, rb"%d 1 \1" % number, data)
    rows = data.index(b"0000000000 65535 f")
    row = rows + 20 * number
    return data[: row + 11] + b"00001" + data[row + 16 :]


def with_tables_of_both_forms(data: bytes) -> bytes:
    """An object that only the newer form of table knows, as Word saves what older readers may do without."""
    before, trailer = data[: data.rindex(b"trailer")], data[data.rindex(b"trailer") :].split(b"startxref")[0]
    count, old = int(re.findall(rb"/Size (\d+)", trailer)[0]), before.rindex(b"xref\n")
    root = re.findall(rb"/Root \d+ 0 R", trailer)[0]
    places = [len(data)]
    data += b"%d 0 obj\n<< /New true >>\nendobj\n" % count
    places.append(len(data))
    rows = b"".join(b"\1%b\0" % place.to_bytes(4) for place in places)
    said = b"/Type /XRef /W [1 4 1] /Index [%d 2] /Size %d %b" % (count, count + 2, root)
    data += b"%d 0 obj\n<< %b /Length %d >>\nstream\n%b\nendstream\nendobj\n" % (count + 1, said, len(rows), rows)
    both = b"/Size %d /Prev %d /XRefStm %d" % (count + 2, old, places[1])
    start = len(data)
    data += b"xref\n0 0\n" + re.sub(rb"/Size \d+", both, trailer)
    return data + b"startxref\n%d\n%%%%EOF\n" % start


KEPT: dict[str, Save] = {
    "plain": plain,
    "packed": packed,
    "linearized": linearized,
    "in a tree": in_a_tree,
    "notes in their pages": with_notes_in_their_pages,
    "outline in the catalog": with_an_outline_in_the_catalog,
    "a name of before 1996": with_a_name(b"Caf\xe9"),
    "no line end at its end": as_bytes(bytes.rstrip),
}
MENDED: dict[str, Save] = {
    "something before its beginning": as_bytes(lambda data: b"From a mail\n" + data),
    "something after its end": as_bytes(lambda data: data + b"-- end of the mail --\n"),
    "a table that is elsewhere": as_bytes(lambda data: re.sub(rb"startxref\n\d+", b"startxref\n7", data)),
    "no count": as_bytes(lambda data: data.replace(b"/Size", b"/Sice")),
    "a wrong count": as_bytes(lambda data: re.sub(rb"/Size \d+", b"/Size 9", data)),
    "a number used twice": as_bytes(with_a_number_used_twice),
    "tables of both forms": as_bytes(with_tables_of_both_forms),
}


def executed(folder: Path, save: Save) -> tuple[Path, Path]:
    """An agreement saved in this form, and its executed version with pages 3 and 5 replaced."""
    path = agreement(folder, 6, [*all_links(4), Link(3, "number", 4), Link(5, "action", 2)])
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        save(pdf, path)
    out = folder / "executed.pdf"
    file = make_executed(path, signed_by(folder, *PARTIES), [3, 5], out)
    assert (file.size, file.sha256) == (out.stat().st_size, sha256(out.read_bytes()).hexdigest())
    again = make_executed(path, signed_by(folder, *PARTIES), [3, 5], folder / "again.pdf")
    assert again == file
    return path, out


def check(out: Path) -> None:
    """Everything is where it should be, for readers of four hands, and the seal holds."""
    assert texts(out) == [
        *["Agreement page 1", "Agreement page 2", "Signed 0 page 1", "Signed 1 page 1", "Signed 2 page 1"],
        *["Agreement page 4", "Agreement page 6"],
    ]
    assert labels_of(out) == ["1", "2", "S-1", "S-2", "S-3", "4", "6"]
    with pypdfium2.PdfDocument(out) as pdf:
        assert [pdf[at].get_size() for at in range(7)] == [(612, 792)] * 7
        lines = [(line.level, line.get_title(), line.get_dest().get_index()) for line in pdf.get_toc()]
    assert lines[:2] == [(0, "Agreement & more (§ 1)", 0), (1, "Agreement end", 6)]
    assert lines[2:] == [(0, "Signature pages", 2), *((1, party, 2 + at) for at, party in enumerate(PARTIES))]
    with pikepdf.open(out) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert explicit_targets(pdf) == [2, 2, 2, 2, 5]
    if shutil.which("qpdf") is not None:
        assert subprocess.run(["qpdf", "--check", out], capture_output=True, check=True).stderr == b""
    sealed = seal(out, room_key(), reason=WHY, at=AT, name=ROOM, out=out.with_name("sealed.pdf"))
    (found,) = verify_seals(sealed)
    assert found.holds
    assert judged(sealed.read_bytes(), room_key()).bottom_line


def explicit_targets(pdf: pikepdf.Pdf) -> list[int]:
    """The pages, from 0, that destinations lead to which name their page themselves."""
    place = {page.obj.objgen: at for at, page in enumerate(pdf.pages)}
    found = []
    for page in pdf.pages:
        for link in page.obj.get("/Annots", Array()):
            target = link.get("/Dest", link.get("/A", Dictionary()).get("/D"))
            if isinstance(target, Array):
                found.append(place[target[0].objgen])
    return sorted(found)


@pytest.mark.parametrize("form", KEPT)
def test_a_sound_execution_version_is_kept_byte_for_byte(tmp_path: Path, form: str) -> None:
    execution, out = executed(tmp_path, KEPT[form])
    assert out.read_bytes().startswith(execution.read_bytes())
    check(out)


def test_what_word_saves_has_no_other_fault(tmp_path: Path) -> None:
    path = agreement(tmp_path, 6, [])
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        as_bytes(with_tables_of_both_forms)(pdf, path)
    with pikepdf.open(path) as pdf:
        assert not pdf.get_warnings()
        assert bool(pdf.get_object(int(pdf.trailer.Size) - 2, 0).New)


@pytest.mark.parametrize("form", MENDED)
def test_one_with_faults_is_mended_first(tmp_path: Path, form: str) -> None:
    execution, out = executed(tmp_path, MENDED[form])
    assert not out.read_bytes().startswith(execution.read_bytes())
    check(out)


def test_a_fault_that_nobody_mends_is_no_reason_to_refuse(tmp_path: Path) -> None:
    _, out = executed(tmp_path, with_a_name(b"Ca#f"))
    assert labels_of(out) == ["1", "2", "S-1", "S-2", "S-3", "4", "6"]


def test_a_table_is_of_the_form_that_the_file_has(tmp_path: Path) -> None:
    """Readers need not follow from a table of one form to one of the other."""
    for save, last in ((plain, b"xref"), (packed, b" obj")):
        _, out = executed(tmp_path, save)
        data = out.read_bytes()
        start = int(data.split()[-2])
        assert last in data[start : start + 12], save
