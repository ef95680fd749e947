"""Files of signed pages that come back: each taken whole or not at all, and read once."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from django.core.files.base import ContentFile

from closing.actions import return_reading
from closing.actions.return_filing import confirm, confirm_recognised
from closing.actions.return_reading import read
from closing.actions.returns import hand_in, read_again
from closing.models import Counterpart, Deal, Event, ReturnedFile, Signature, SignaturePage
from closing.queries.counterparts import open_counterpart
from closing.queries.returned_files import BlankPages
from closing.queries.returns import returns_page
from closing.rules.returns import NOT_COMPARED
from tests.db.conftest import MONDAY
from tests.pdf.reading import render
from tests.pdf.tiffs import as_tiff, by_hand
from tests.returned import (
    AGREEMENT,
    ANDREA,
    DPI,
    NITIN,
    RIGHTS,
    Sheet,
    company_counsel,
    page_of,
    pages_of,
    picture_of,
    read_in,
    scanned,
    send_packets,
    sent_out,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(cerplex: Deal) -> Deal:
    """The Cerplex deal with the packets of two people made."""
    send_packets(cerplex, ANDREA, NITIN)
    return cerplex


def test_what_is_handed_in_again_is_not_read_again(deal: Deal) -> None:
    content = scanned([Sheet(sent_out(deal, ANDREA)[AGREEMENT])])
    first = hand_in(deal, [ContentFile(content, name="scan.pdf")], company_counsel(deal))
    (row,) = first.taken
    again = hand_in(deal, [ContentFile(content, name="copy of scan.pdf")], company_counsel(deal))
    assert (again.taken, again.again) == ((), (("copy of scan.pdf", row),))
    both = hand_in(deal, [ContentFile(b"no picture", name="a.png"), ContentFile(b"text", name="a.txt")], None)
    assert [name for name, _ in both.refused] == ["a.png", "a.txt"]
    assert ReturnedFile.objects.count() == 1


def test_good_files_are_kept_beside_a_bad_one(deal: Deal) -> None:
    good = ContentFile(scanned([Sheet(sent_out(deal, ANDREA)[AGREEMENT])]), name="good.pdf")
    done = hand_in(deal, [ContentFile(b"%PDF-1.7 broken", name="bad.pdf"), good], None)
    assert [row.filename for row in done.taken] == ["good.pdf"]
    assert [name for name, _ in done.refused] == ["bad.pdf"]


def test_a_fax_of_several_pages_is_read_and_filed(deal: Deal) -> None:
    andrea, nitin = sent_out(deal, ANDREA), sent_out(deal, NITIN)
    sheets = [Sheet(nitin[AGREEMENT], turned=180), Sheet(andrea[AGREEMENT]), Sheet(andrea[RIGHTS], is_signed=False)]
    fax = as_tiff(*(picture_of(sheet) for sheet in sheets), dpi=(DPI, DPI))
    (row,) = hand_in(deal, [ContentFile(fax, name="fax.TIF")], company_counsel(deal)).taken
    assert (row.filename, row.pages_total) == ("fax.TIF", 3)
    assert read(row.pk)
    pages = pages_of(row)
    assert [(page.finding, page.turned) for page in pages] == [("recognised", 180), ("recognised", 0), ("blank", 0)]
    done = confirm_recognised(deal, company_counsel(deal), up_to=pages[-1].pk)
    assert [outcome.refused for outcome in done] == ["", ""]
    with open_counterpart(Counterpart.objects.latest("pk")) as file, pikepdf.open(BytesIO(file.read())) as kept:
        (stream,) = kept.pages[0].get_images().values()
        assert stream.Filter == "/CCITTFaxDecode", "as the fax machine packs it, without loss"


def test_a_tiff_that_is_broken_or_absurd_is_refused_and_the_others_are_taken(deal: Deal) -> None:
    good = as_tiff(picture_of(Sheet(sent_out(deal, ANDREA)[AGREEMENT])), dpi=(DPI, DPI))
    files = {
        "cut.tif": good[: len(good) // 2],
        "huge.tif": by_hand(0, width=100_000, height=100_000),
        "good.tiff": good,
    }
    done = hand_in(deal, [ContentFile(content, name=name) for name, content in files.items()], None)
    assert [row.filename for row in done.taken] == ["good.tiff"]
    (cut, why_cut), (huge, why_huge) = done.refused
    assert (cut, huge) == ("cut.tif", "huge.tif")
    assert why_cut.startswith("The TIFF file is broken and cannot be read. Send it")
    assert why_huge.startswith("A picture in the file is larger than any scanner makes one")
    assert ReturnedFile.objects.count() == 1


def test_a_file_that_cannot_be_read_fails_with_the_reason_and_may_be_read_again(deal: Deal) -> None:
    broken = b"\xff\xd8\xff" + b"nothing that a camera made" * 20
    (row,) = hand_in(deal, [ContentFile(broken, name="photo.jpg")], None).taken
    assert not read(row.pk)
    row.refresh_from_db()
    assert row.state == "failed"
    assert "broken" in row.error
    assert Event.objects.filter(verb="returned-file-failed").count() == 1
    assert read_again(row, company_counsel(deal)).state == "queued"
    read(row.pk)
    assert hand_in(deal, [ContentFile(broken, name="photo.jpg")], None).taken[0].pk == row.pk


def test_without_a_packet_in_the_store_it_says_that_nobody_compared(deal: Deal) -> None:
    blank = sent_out(deal, ANDREA)[AGREEMENT]
    deal.packets.update(state="cancelled")
    (page,) = read_in(deal, Sheet(blank, is_signed=False))
    assert (page.finding, page.is_compared) == ("recognised", False)
    counsel = company_counsel(deal)
    shown = returns_page(deal, counsel, "", 1)
    assert (shown.recognised, [(row.is_plain, row.remarks) for row in shown.rows]) == (0, [(False, (NOT_COMPARED,))])
    assert confirm_recognised(deal, counsel, up_to=page.pk) == []
    assert not Signature.objects.exists(), "nobody has said that it is signed"
    assert confirm(page, counsel).state == "filed"


def test_a_page_to_compare_with_looks_as_it_was_sent_out_and_needs_no_profile(deal: Deal) -> None:
    as_sent, page = sent_out(deal, ANDREA)[AGREEMENT], page_of(deal, AGREEMENT, ANDREA)
    blanks = BlankPages()
    found = blanks.page(*blanks.find([page.pk])[page.pk], page.token)
    blanks.close()
    assert found is not None
    assert render(found, 0) == render(as_sent, 0)
    assert (b"ICCBased" in as_sent, b"ICCBased" in found) == (True, False)


def test_a_page_taken_up_again_is_not_written_twice(deal: Deal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies after some pages: the next begins behind the last one written."""
    sheets = [Sheet(page) for person in (ANDREA, NITIN) for page in sent_out(deal, person).values()]
    monkeypatch.setattr(return_reading, "MOST_AT_ONCE", 1)
    content = scanned(sheets)
    (row,) = hand_in(deal, [ContentFile(content, name="scan.pdf")], None).taken
    write = return_reading._write

    def dies(held: Any, file: ReturnedFile, pages: Sequence[Any]) -> None:
        if pages[0].kept.page.number == 3:
            raise KeyboardInterrupt
        write(held, file, pages)

    with monkeypatch.context() as patch:
        patch.setattr(return_reading, "_write", dies)
        with pytest.raises(KeyboardInterrupt):
            read(row.pk)
    row.refresh_from_db()
    assert (row.state, row.pages_made, len(pages_of(row))) == ("making", 2, 2)
    ReturnedFile.objects.filter(pk=row.pk).update(lease_until=MONDAY)
    assert read(row.pk)
    row.refresh_from_db()
    assert (row.state, row.pages_made) == ("made", len(sheets))
    assert [page.number for page in pages_of(row)] == list(range(1, len(sheets) + 1))
    assert SignaturePage.objects.filter(returns__file=row).distinct().count() == len(sheets)
