"""Executed versions: the signed pages in the places of the blank ones, and everything else as it was."""

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings, strategies as st
from pikepdf import Array, Dictionary, Name, String
from pypdf import PdfReader

from closing.pdf.book_spec import DocumentCannotBeBound
from closing.pdf.executed import CounterpartPage, ExecutedFile, make_executed
from tests.pdf.documents import HOWS, Link, all_links, link_targets, make_document
from tests.pdf.executing import PARTIES, agreement, labels_of, made, signed_by, texts


def test_all_counterparts_stand_where_the_first_blank_page_was(tmp_path: Path) -> None:
    out, file = made(tmp_path, agreement(tmp_path), [5, 3], *PARTIES)
    assert texts(out) == [
        *["Agreement page 1", "Agreement page 2"],
        *["Signed 0 page 1", "Signed 1 page 1", "Signed 2 page 1"],
        *["Agreement page 4", "Agreement page 6"],
    ]
    assert file == ExecutedFile(7, out.stat().st_size, sha256(out.read_bytes()).hexdigest())
    assert not list(tmp_path.glob("*.part"))


def test_without_blank_pages_they_stand_at_the_end(tmp_path: Path) -> None:
    out, _ = made(tmp_path, agreement(tmp_path, 2), [], *PARTIES[:2])
    assert texts(out) == ["Agreement page 1", "Agreement page 2", "Signed 0 page 1", "Signed 1 page 1"]


def test_links_follow_their_pages_and_those_to_a_blank_one_lead_to_the_first_counterpart(tmp_path: Path) -> None:
    links = [Link(0, how, target) for how in HOWS for target in (4,)] + [Link(1, how, 5) for how in HOWS]
    links += [Link(3, how, 2) for how in HOWS]
    out, _ = made(tmp_path, agreement(tmp_path, 6, links), [3, 5], *PARTIES)
    with pikepdf.open(out) as pdf:
        named = {str(key): value for key, value in _names(pdf)}
        for page in pdf.pages:
            for link in page.obj.get("/Annots", Array()):
                _resolve(link, named, pdf)
        assert sorted(link_targets(pdf, 0, 7)) == [(0, 2)] * len(HOWS) + [(1, 6)] * len(HOWS) + [(5, 2)] * len(HOWS)


def _names(pdf: pikepdf.Pdf) -> list[tuple[object, pikepdf.Object]]:
    row = list(pdf.Root.Names.Dests.Kids[0].Names)
    return list(zip(row[::2], row[1::2], strict=True))


def _resolve(link: pikepdf.Object, named: dict[str, pikepdf.Object], pdf: pikepdf.Pdf) -> None:
    """What a reader does with a name."""
    holder, key = (link, "/Dest") if "/Dest" in link else (link.A, "/D")
    if "/Next" in holder:
        holder = holder.Next
    target = holder.get(key)
    if isinstance(target, Name):
        holder[key] = pdf.Root.Dests[str(target)]
    elif isinstance(target, String):
        found = named[str(target)]
        holder[key] = found.D if isinstance(found, Dictionary) else found


def test_the_outline_is_kept_and_names_each_counterpart(tmp_path: Path) -> None:
    out, _ = made(tmp_path, agreement(tmp_path), [6], *PARTIES)
    with pypdfium2.PdfDocument(out) as pdf:
        lines = [(line.level, line.get_title(), line.get_dest().get_index()) for line in pdf.get_toc()]
    assert lines == [
        (0, "Agreement & more (§ 1)", 0),
        (1, "Agreement end", 5),
        (0, "Signature pages", 5),
        (1, "Andrea Martin", 5),
        (1, "Malcolm and Emily Fairbairn", 6),
        (1, "The & Trust", 7),
    ]


def test_pages_after_the_signatures_keep_the_numbers_that_are_printed_on_them(tmp_path: Path) -> None:
    out, _ = made(tmp_path, agreement(tmp_path), [3, 5], *PARTIES)
    assert labels_of(out) == ["1", "2", "S-1", "S-2", "S-3", "4", "6"]


def test_own_labels_are_kept(tmp_path: Path) -> None:
    roman = Dictionary(Nums=Array([0, Dictionary(S=Name.r), 2, Dictionary(S=Name.D), 5, Dictionary(P=String("Sched"))]))
    out, _ = made(tmp_path, agreement(tmp_path, labels=roman), [4], *PARTIES[:2])
    assert labels_of(out) == ["i", "ii", "1", "S-1", "S-2", "3", "Sched"]
    assert PdfReader(out).page_labels == labels_of(out)


def test_a_counterpart_keeps_its_size_and_its_turn_and_has_no_links_into_its_packet(tmp_path: Path) -> None:
    path = make_document(tmp_path / "scan.pdf", "Scan", 2, all_links(2))
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        node = pdf.Root.Pages
        node.MediaBox, node.Rotate = Array([0, 0, 400, 300]), 90
        for page in pdf.pages:
            del page.obj["/MediaBox"]
        pdf.save(path)
    out = tmp_path / "executed.pdf"
    make_executed(agreement(tmp_path), [CounterpartPage("Andrea Martin", path)], [2], out)
    with pypdfium2.PdfDocument(out) as pdf:
        assert [pdf[at].get_size() for at in range(4)] == [(612, 792), (300, 400), (300, 400), (612, 792)]
    with pikepdf.open(out) as pdf:
        assert [len(pdf.pages[at].obj.get("/Annots", Array())) for at in (1, 2)] == [0, 1]
        assert pdf.check_pdf_syntax() == []


def test_the_claim_of_an_archive_file_is_given_up(tmp_path: Path) -> None:
    path = agreement(tmp_path)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        with pdf.open_metadata() as metadata:
            metadata["pdfaid:part"], metadata["pdfaid:conformance"] = "2", "A"
            metadata["dc:title"] = "Stock Purchase Agreement"
        pdf.save(path)
    out, _ = made(tmp_path, path, [2], "Andrea Martin")
    with pikepdf.open(out) as pdf, pdf.open_metadata() as metadata:
        assert "pdfaid:part" not in metadata
        assert metadata["dc:title"] == "Stock Purchase Agreement"


def test_the_same_files_give_the_same_bytes_and_the_execution_version_is_not_touched(tmp_path: Path) -> None:
    execution = agreement(tmp_path)
    before = execution.read_bytes()
    out, first = made(tmp_path, execution, [2], *PARTIES)
    assert make_executed(execution, signed_by(tmp_path, *PARTIES), [2], out) == first
    assert execution.read_bytes() == before
    assert out.read_bytes().startswith(before)


def test_qpdf_finds_nothing_wrong(tmp_path: Path) -> None:
    if shutil.which("qpdf") is None:
        pytest.skip("qpdf is not installed")
    out, _ = made(tmp_path, agreement(tmp_path, 6, all_links(6)), [3, 5], *PARTIES)
    assert subprocess.run(["qpdf", "--check", str(out)], capture_output=True, check=True).stderr == b""


def test_what_cannot_be_used_is_refused_with_the_reason(tmp_path: Path) -> None:
    execution, out = agreement(tmp_path), tmp_path / "executed.pdf"
    signed = signed_by(tmp_path, "Andrea Martin")
    with pytest.raises(ValueError, match="no signed page"):
        make_executed(execution, [], [2], out)
    for blanks in ([0], [7], [2, 99]):
        with pytest.raises(ValueError, match="has 6 pages"):
            make_executed(execution, signed, blanks, out)
    signed[0].path.write_bytes(b"not a PDF")
    with pytest.raises(DocumentCannotBeBound, match="Andrea Martin: the PDF is broken"):
        make_executed(execution, signed, [2], out)
    assert not out.exists()


def test_a_version_that_is_signed_digitally_is_never_rewritten(tmp_path: Path) -> None:
    execution = agreement(tmp_path)
    with pikepdf.open(execution, allow_overwriting_input=True) as pdf:
        pdf.Root.AcroForm = Dictionary(Fields=Array(), SigFlags=3)
        pdf.save(execution)
    with pytest.raises(DocumentCannotBeBound, match="digital signature"):
        made(tmp_path, execution, [2], "Andrea Martin")


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_nothing_is_lost_and_nothing_left(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("any")
    pages = data.draw(st.integers(1, 8))
    blanks = data.draw(st.sets(st.integers(1, pages)))
    parties = [f"Party {at}" for at in range(data.draw(st.integers(1, 4)))]
    out, file = made(folder, agreement(folder, pages), sorted(blanks), *parties)
    at = min(blanks, default=pages + 1)
    kept = [number for number in range(1, pages + 1) if number not in blanks]
    signed = [f"Signed {number} page 1" for number in range(len(parties))]
    before, after = [number for number in kept if number < at], [number for number in kept if number > at]
    assert texts(out) == [f"Agreement page {n}" for n in before] + signed + [f"Agreement page {n}" for n in after]
    assert labels_of(out) == [*map(str, before), *(f"S-{n + 1}" for n in range(len(parties))), *map(str, after)]
    assert file.pages == len(kept) + len(parties)
