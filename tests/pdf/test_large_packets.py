"""Packets of many pages, set in parts and side by side, by one worker or a forked one."""

import os
import subprocess
import sys
from dataclasses import replace
from io import BytesIO

import pikepdf
import pytest
from pypdf import PdfReader

from closing.pdf.signature_specs import ChainLink, PacketSpec, PageCannotBeMade
from closing.pdf.signatures import PAGES_IN_A_PART, make_packet
from closing.pdf.tokens import human_token
from closing.pdf.typesetting import side_by_side
from tests.pdf.reading import bookmarks, page_count, page_text, read_page, words_in_order
from tests.pdf.samples import ANDREA, SPROUT, packet, page


@pytest.fixture(scope="module")
def of_three_parts() -> tuple[PacketSpec, bytes, list[int]]:
    """A packet too large for one part or two, and the progress that was told of it."""
    spec = packet(*(page(SPROUT, key=str(at)) for at in range(2 * PAGES_IN_A_PART + 5)))
    told: list[int] = []
    return spec, make_packet(spec, told.append), told


def test_a_packet_of_many_pages_is_set_part_by_part_and_says_how_far_it_is(
    of_three_parts: tuple[PacketSpec, bytes, list[int]],
) -> None:
    spec, made, told = of_three_parts
    assert told == [PAGES_IN_A_PART, 2 * PAGES_IN_A_PART]
    count = len(spec.pages)
    covers = page_count(made) - count
    places = [at for _, at in bookmarks(made)]
    assert places == [0, *range(covers, covers + count)]
    assert [name for name, _ in bookmarks(made)][-1] == f"{count}. Stock Purchase Agreement: Sprout Growth II, L.P."
    for at in (0, PAGES_IN_A_PART - 1, PAGES_IN_A_PART, count - 1):
        assert f"Page {at + 1} of {count}" in page_text(made, covers + at)
        assert {code.token for code in read_page(made, covers + at).codes} == {spec.pages[at].token}
    assert make_packet(spec) == made


def test_the_parts_joined_keep_their_tags_labels_and_archive_form(
    of_three_parts: tuple[PacketSpec, bytes, list[int]],
) -> None:
    spec, made, _ = of_three_parts
    with pikepdf.open(BytesIO(made)) as document:
        labels = [str(p.label) for p in document.pages]
        assert labels[-1] == str(len(spec.pages))
        metadata = document.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
        sheets = f"<xmpTPg:NPages>{len(document.pages)}<".encode()
        assert sheets in document.Root.Metadata.read_bytes()
        row = list(document.Root.StructTreeRoot.ParentTree.Nums)
        tags = {int(key): list(elements) for key, elements in zip(row[::2], row[1::2], strict=True)}
        assert len(tags) == len(document.pages) == int(document.Root.StructTreeRoot.ParentTreeNextKey)
        for sheet in document.pages:
            own = tags[int(sheet.obj.StructParents)]
            assert own
            assert all(element.Pg.objgen == sheet.obj.objgen for element in own)
        (top,) = document.Root.StructTreeRoot.K
        assert all(element.P.objgen == top.objgen for element in top.K)
        assert sum(1 for element in top.K if element.S == "/H1") == len(spec.pages) + 1


def test_two_other_readers_open_it_and_read_the_pages_in_order(
    of_three_parts: tuple[PacketSpec, bytes, list[int]],
) -> None:
    spec, made, _ = of_three_parts
    reader = PdfReader(BytesIO(made), strict=True)
    read = [" ".join(sheet.extract_text().split()) for sheet in reader.pages[-len(spec.pages) :]]
    for at, (text, one) in enumerate(zip(read, spec.pages, strict=True)):
        assert words_in_order(text, "IN WITNESS WHEREOF", one.block.party, "Robert Finzi")
        assert human_token(one.token) in text
        assert f"Page {at + 1} of" in text
    assert page_count(made) == len(reader.pages)


def test_a_page_of_a_later_part_that_runs_over_is_named() -> None:
    long = replace(SPROUT, chain=(ChainLink("Longest name " * 23, "Its " * 70),) * 6)
    pages = [page(SPROUT, key=str(at)) for at in range(PAGES_IN_A_PART)]
    with pytest.raises(PageCannotBeMade) as refused:
        make_packet(packet(*pages, page(SPROUT, key="x"), page(long)))
    assert refused.value.field == f"pages[{PAGES_IN_A_PART + 1}]"


def test_a_refusal_leaves_the_typesetter_fit_for_the_next_packet() -> None:
    with pytest.raises(PageCannotBeMade):
        make_packet(packet(page(SPROUT), signatory="漢"))
    assert page_count(make_packet(packet(page(SPROUT)))) == 2


def test_packets_set_side_by_side_are_those_set_alone() -> None:
    specs = [packet(page(SPROUT, key=str(at)), page(ANDREA), signatory=f"Signatory {at}") for at in range(8)]
    wrong = packet(page(SPROUT), signatory="漢")
    with side_by_side() as setters:
        refused = setters.submit(make_packet, wrong)
        together = list(setters.map(make_packet, specs))
    assert isinstance(refused.exception(), PageCannotBeMade)
    assert together == [make_packet(spec) for spec in specs]


FORKS = """
import os, sys
from closing.pdf.signatures import make_packet, packet_key
from closing.pdf.typesetting import ForkedAfterCompile
from tests.pdf.samples import SPROUT, packet, page
spec = packet(page(SPROUT))
packet_key(spec)
if sys.argv[1] == "compiled":
    make_packet(spec)
child = os.fork()
if child == 0:
    try:
        make_packet(spec)
    except ForkedAfterCompile:
        os._exit(7)
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.parametrize(("parent", "code"), [("clean", 0), ("compiled", 7)])
def test_a_forked_worker_makes_packets_or_says_why_not(parent: str, code: int) -> None:
    """Importing must compile nothing; after a compile the child is told, and does not hang."""
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    ran = subprocess.run([sys.executable, "-c", FORKS, parent], env=environment, timeout=60, check=False)
    assert ran.returncode == code
