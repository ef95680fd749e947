"""Closing books: everything that is executed or on file, in the checklist's order, and to each only its own."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pikepdf
import pypdfium2
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from closing.actions import books, events
from closing.actions.base import ActionRefused, NotAllowed
from closing.actions.documents import add_document_version
from closing.models import ClosingBook, Deal, Deliverable, DocumentVersion, Event, ExecutedVersion
from closing.pdf import book
from closing.pdf.book_manifest import read_manifest, verify_pages
from closing.pdf.book_spec import BookEntry
from closing.pdf.sealed_folders import verify_folder
from closing.pdf.verification import verify_seals
from closing.queries.books import FOLDER, SUFFIXES, plan_of
from closing.queries.gates import gate_of
from investors.clock import fixed, now
from investors.models import User
from tests.db.test_executed import blank_pdf, frozen, release_all, sign_all
from tests.rules.any_facts import CERPLEX

__all__ = ["frozen"]


@pytest.fixture
def executed_deal(frozen: Deal) -> Deal:
    """The Registration Rights Agreement executed, an opinion on file, and the bill, which investors never see."""
    sign_all(frozen)
    release_all(frozen)
    for key, said in (("opinion-of-company-counsel", "The opinion"), ("counsel-bill", "The bill of counsel")):
        row = Deliverable.objects.get(deal=frozen, key=key)
        add_document_version(row, ContentFile(blank_pdf(said), name=f"{key}.pdf"), "", None)
    return frozen


def file_of(row: ClosingBook) -> bytes:
    with default_storage.open(f"{FOLDER}/{str(row.sha256)[:2]}/{row.sha256}{SUFFIXES[row.form]}") as file:
        content: bytes = file.read()
    return content


def text_of(content: bytes) -> str:
    pdf = pypdfium2.PdfDocument(content)
    return "\n".join(page.get_textpage().get_text_bounded() for page in pdf)


def test_counsels_book_binds_what_is_executed_and_on_file(executed_deal: Deal, tmp_path: Path) -> None:
    counsel = User.objects.get(memberships__role="company-counsel")
    row = books.request_book(executed_deal, counsel, "pdf")
    assert books.request_book(executed_deal, counsel, "pdf") == row
    assert books.make(row.pk) is True
    row.refresh_from_db()
    assert (row.state, row.documents) == ("made", 3)
    content = file_of(row)
    said = text_of(content)
    order = [said.rindex(words) for words in ("The bill of counsel", "Section 1")]
    assert all(order)
    here = ("The opinion", "Nitin T. Mehta", "Closing Book")
    for words in (*here, "has no execution version", "No copy of it is on file"):
        assert words.casefold() in said.casefold(), words
    path = tmp_path / "book.pdf"
    path.write_bytes(content)
    assert verify_seals(path)[0].holds
    assert verify_pages(path) == []
    manifest = read_manifest(path)
    assert manifest is not None
    with pikepdf.open(BytesIO(content)) as pdf, pdf.open_outline() as outline:
        assert len(outline.root) > 3
    assert Event.objects.filter(verb="closing-book-made").count() == 1


def test_an_investors_book_names_no_other_investor(executed_deal: Deal) -> None:
    hers = User.objects.get(name="Andrea Martin")
    row = books.request_book(executed_deal, hers, "pdf", "Andrea Martin")
    assert books.make(row.pk)
    row.refresh_from_db()
    said = text_of(file_of(row))
    assert "The bill of counsel" not in said
    for investor in gate_of(executed_deal).deal.investors:
        assert (investor.name in said) is (investor.name == "Andrea Martin")
    assert list(ClosingBook.objects.visible_to(hers)) == [row]
    assert not ClosingBook.objects.visible_to(User.objects.get(name="Malcolm Fairbairn")).exists()
    made = ExecutedVersion.objects.filter(state="made")
    assert set(made.values_list("allotment__investor__name", flat=True)) == {"Andrea Martin"}


@pytest.mark.parametrize("form", ["pdf", "folder"])
def test_nothing_that_lies_in_an_investors_book_names_another(executed_deal: Deal, form: str) -> None:
    """Neither what is printed nor what is not: outline, labels, properties, attachments, the record, names of files."""
    hers = User.objects.get(name="Andrea Martin")
    row = books.request_book(executed_deal, hers, form, "Andrea Martin")
    assert books.make(row.pk)
    row.refresh_from_db()
    said = "\n".join(everything_in("book", file_of(row)))
    assert "Andrea Martin" in said
    others = [each for each in CERPLEX.investors if each.name != "Andrea Martin"]
    assert [each.name for each in others if each.name in said] == []
    people = {block.person for each in others for block in each.blocks}
    assert [person for person in people if person in said] == []


def test_everything_in_counsels_book_is_looked_at(executed_deal: Deal) -> None:
    """The control of the test above: with the same eyes counsel's book names every investor."""
    row = books.request_book(executed_deal, None, "folder")
    assert books.make(row.pk)
    row.refresh_from_db()
    said = "\n".join(everything_in("book", file_of(row)))
    assert [each.name for each in CERPLEX.investors if each.name not in said] == []


def everything_in(name: str, content: bytes) -> Iterator[str]:
    """Every text in a file, in its objects and in the files within it, and what each is called."""
    yield name
    if content.startswith(b"PK"):
        with ZipFile(BytesIO(content)) as folder:
            for each in folder.infolist():
                yield from everything_in(each.filename, folder.read(each))
    elif content.startswith(b"%PDF-"):
        yield text_of(content)
        with pikepdf.open(BytesIO(content)) as pdf:
            for each in (pdf.trailer, *pdf.objects):
                yield from strings_in(each)
    else:
        yield content.decode(errors="replace")


def strings_in(top: pikepdf.Object) -> Iterator[str]:
    if isinstance(top, pikepdf.Stream):
        yield top.read_bytes().decode(errors="replace") if top.get("/Subtype") != "/Image" else ""
        top = top.stream_dict
    if isinstance(top, pikepdf.String):
        yield str(top)
    inner = list(top.as_dict().values()) if isinstance(top, pikepdf.Dictionary) else []
    inner = list(top.as_list()) if isinstance(top, pikepdf.Array) else inner
    for each in inner:
        if not getattr(each, "is_indirect", True):  # numbers are plain ones
            yield from strings_in(each)


def test_a_folder_has_the_book_and_every_document_under_one_seal(executed_deal: Deal, tmp_path: Path) -> None:
    row = books.request_book(executed_deal, None, "folder")
    assert books.make(row.pk)
    row.refresh_from_db()
    path = tmp_path / "book.zip"
    path.write_bytes(file_of(row))
    found = verify_folder(path)
    assert found.problems == ()
    assert found.seal is not None
    assert found.seal.holds
    assert {"index.html", "Closing book.pdf"} < {each.path for each in found.files}
    assert len(found.files) == 2 + row.documents


def test_nobody_asks_for_anothers_book(executed_deal: Deal) -> None:
    hers = User.objects.get(name="Andrea Martin")
    with pytest.raises(NotAllowed):
        books.request_book(executed_deal, hers, "pdf", "Malcolm and Emily Fairbairn")
    with pytest.raises(ActionRefused, match="your own book"):
        books.request_book(executed_deal, hers, "pdf")
    with pytest.raises(NotAllowed):
        books.request_book(executed_deal, User.objects.create_user("a@b.example"), "pdf")


class TestCalledOff:
    def test_a_cancelled_book_is_not_made(self, executed_deal: Deal) -> None:
        row = books.cancel_book(books.request_book(executed_deal, None, "pdf"), None)
        assert books.QUEUE.waiting() == []
        assert books.make(row.pk) is False

    def test_a_worker_at_it_stops_before_the_next_document(
        self, executed_deal: Deal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row, add = books.request_book(executed_deal, None, "pdf"), book._Binding.add
        bound: list[str] = []

        def add_and_cancel(binding: book._Binding, number: int, entry: BookEntry) -> None:
            add(binding, number, entry)
            bound.append(entry.title)
            books.cancel_book(row, None)

        with monkeypatch.context() as changed:
            changed.setattr(book._Binding, "add", add_and_cancel)
            assert books.make(row.pk) is False
        row.refresh_from_db()
        assert (len(bound), row.documents, row.state, row.sha256) == (1, 3, "cancelled", None)
        assert not Event.objects.filter(verb="closing-book-made").exists()
        again = books.request_book(executed_deal, None, "pdf")
        assert again.pk != row.pk
        assert books.make(again.pk)

    def test_what_is_over_is_not_cancelled(self, executed_deal: Deal) -> None:
        row = books.request_book(executed_deal, None, "pdf")
        assert books.make(row.pk)
        with pytest.raises(ActionRefused, match="This closing book is made already"):
            books.cancel_book(row, None)
        other = books.cancel_book(books.request_book(executed_deal, None, "folder"), None)
        with pytest.raises(ActionRefused, match="This closing book is cancelled already"):
            books.cancel_book(other, None)

    def test_an_investor_cancels_nothing(self, executed_deal: Deal) -> None:
        hers = User.objects.get(name="Andrea Martin")
        row = books.request_book(executed_deal, hers, "pdf", "Andrea Martin")
        with pytest.raises(NotAllowed):
            books.cancel_book(row, hers)
        row.refresh_from_db()
        assert row.state == "queued"


def test_a_late_document_makes_the_book_anew_and_numbers_itself(executed_deal: Deal) -> None:
    first = books.request_book(executed_deal, None, "pdf")
    row = Deliverable.objects.filter(deal=executed_deal, act=False, signed_by=[]).exclude(versions__isnull=False)[0]
    add_document_version(row, ContentFile(blank_pdf("The late document"), name="late.pdf"), "", None)
    assert books.make(first.pk) is False
    first.refresh_from_db()
    assert (first.state, first.error) == ("failed", books.CHANGED)
    second = books.request_book(executed_deal, None, "pdf")
    assert second.documents == 4
    assert books.make(second.pk)
    second.refresh_from_db()
    assert "The late document" in text_of(file_of(second))


def test_the_index_says_that_a_paper_is_still_in_comments(executed_deal: Deal) -> None:
    row = Deliverable.objects.get(deal=executed_deal, key="opinion-of-company-counsel")
    (entry,) = [each for each in plan_of(executed_deal, gate_of(executed_deal)).entries if each.title == row.title]
    assert entry.note == "Version 1"
    file = ContentFile(blank_pdf("The opinion, marked"), name="opinion.pdf")
    add_document_version(row, file, "", None, stage=DocumentVersion.Stage.COMMENTS)
    (entry,) = [each for each in plan_of(executed_deal, gate_of(executed_deal)).entries if each.title == row.title]
    assert entry.note == "Version 2, in comments"


def test_what_is_done_after_the_asking_is_in_the_next_book(executed_deal: Deal) -> None:
    row = books.request_book(executed_deal, None, "pdf")
    with fixed(now() + timedelta(hours=1)):
        events.record(executed_deal, None, "deal-looked-at", executed_deal, "Something was done later")
        assert books.make(row.pk)
        row.refresh_from_db()
        assert "Something was done later" not in text_of(file_of(row))
        assert books.request_book(executed_deal, None, "pdf") != row


def test_a_document_that_cannot_be_executed_here_is_left_out_and_the_index_says_why(executed_deal: Deal) -> None:
    row = books.request_book(executed_deal, None, "pdf")
    why = "The execution version carries a digital signature."
    ExecutedVersion.objects.update(state="failed", error=why, sha256=None)
    assert books.make(row.pk)
    row.refresh_from_db()
    said = " ".join(text_of(file_of(row)).split())
    assert (row.documents, row.pages_made) == (2, 2)
    assert f"Not in this book. {why}" in said
    assert "The bill of counsel" in said


def test_there_is_no_book_of_nothing(cerplex: Deal) -> None:
    assert plan_of(cerplex, gate_of(cerplex)).documents == 0
    with pytest.raises(ActionRefused, match="no document to bind"):
        books.request_book(cerplex, None, "pdf")
