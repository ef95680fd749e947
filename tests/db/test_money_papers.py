"""Money papers: equal content once, each to whom it is for, and what is frozen stays so, to raw SQL too."""

from pathlib import Path

import pypdfium2
import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction

from closing.actions import money_papers
from closing.actions.base import ActionRefused, NotAllowed
from closing.actions.money_papers import ask_again, request_money_paper
from closing.actions.stored_files import name_of
from closing.models import Allotment, Deal, Event, MoneyPaper
from closing.pdf.verification import verify_seals
from closing.queries.money_papers import FOLDER, SUFFIX, paper_of
from investors.models import User
from tests.pdf.test_money_papers import paper_of as content_with

CONTENT = content_with(("Andrea Martin", "$100,000.00"), total="$100,000.00")
RECEIPT = content_with(("Andrea Martin", "$100,000.00"), title="Receipt")


def hers(deal: Deal, name: str = "Andrea Martin") -> Allotment:
    return Allotment.objects.get(deal=deal, investor__name=name)


def counsel(role: str = "company-counsel") -> User:
    return User.objects.get(memberships__role=role)


def test_it_is_made_sealed_and_told(cerplex: Deal, tmp_path: Path) -> None:
    row = request_money_paper(cerplex, counsel(), "funds-flow", CONTENT)
    assert money_papers.make(row.pk) is True
    assert money_papers.make(row.pk) is False
    row.refresh_from_db()
    path = tmp_path / "paper.pdf"
    with default_storage.open(name_of(FOLDER, str(row.sha256), SUFFIX)) as kept:
        path.write_bytes(kept.read())
    assert path.stat().st_size == row.size
    assert verify_seals(path)[0].holds
    said = pypdfium2.PdfDocument(path)[0].get_textpage().get_text_bounded()
    assert "Monday, June 3, 1996, 9:00 a.m. Pacific" in said
    told = Event.objects.filter(deal=cerplex, verb__startswith="money-paper").order_by("id")
    assert [each.verb for each in told] == ["money-paper-requested", "money-paper-made"]
    assert told[1].data == {"sha256": row.sha256}


def test_equal_content_is_one_row_and_other_content_another(cerplex: Deal) -> None:
    first = request_money_paper(cerplex, counsel(), "funds-flow", CONTENT)
    assert request_money_paper(cerplex, counsel("investors-counsel"), "funds-flow", CONTENT) == first
    assert request_money_paper(cerplex, counsel(), "closing-statement", CONTENT) != first
    receipt = request_money_paper(cerplex, counsel(), "receipt", CONTENT, hers(cerplex))
    other = hers(cerplex, "Malcolm and Emily Fairbairn")
    assert request_money_paper(cerplex, counsel(), "receipt", CONTENT, other) != receipt
    assert request_money_paper(cerplex, counsel(), "receipt", CONTENT, hers(cerplex)) == receipt
    assert MoneyPaper.objects.count() == Event.objects.filter(verb="money-paper-requested").count() == 4
    copied = MoneyPaper.objects.get(pk=first.pk)
    copied.pk = None
    with pytest.raises(IntegrityError, match="money_paper_once_while_live"), transaction.atomic():
        copied.save(force_insert=True)


def test_a_receipt_is_its_investors_and_everything_else_counsels(cerplex: Deal) -> None:
    andrea, malcolm = (User.objects.get(name=name) for name in ("Andrea Martin", "Malcolm Fairbairn"))
    receipt = request_money_paper(cerplex, andrea, "receipt", RECEIPT, hers(cerplex))
    flow = request_money_paper(cerplex, counsel(), "funds-flow", CONTENT)
    seen = {user: set(MoneyPaper.objects.visible_to(user)) for user in (andrea, malcolm, counsel())}
    assert seen == {andrea: {receipt}, malcolm: set(), counsel(): {receipt, flow}}
    with pytest.raises(NotAllowed, match="not a contact"):
        request_money_paper(cerplex, malcolm, "receipt", RECEIPT, hers(cerplex))
    with pytest.raises(NotAllowed, match="company counsel or the investors' counsel"):
        request_money_paper(cerplex, andrea, "closing-statement", CONTENT)
    with pytest.raises(ActionRefused, match="one investor"):
        request_money_paper(cerplex, counsel(), "receipt", RECEIPT)
    with pytest.raises(ActionRefused, match="one investor"):
        request_money_paper(cerplex, counsel(), "funds-flow", CONTENT, hers(cerplex))


def test_what_cannot_be_printed_fails_with_the_reason_and_may_be_asked_for_anew(cerplex: Deal) -> None:
    content = content_with(("株式会社", "$1.00"))
    row = request_money_paper(cerplex, None, "funds-flow", content)
    assert money_papers.make(row.pk) is False
    row.refresh_from_db()
    assert row.state == "failed"
    assert "株式会社" in row.error
    assert Event.objects.get(verb="money-paper-failed").reason == row.error
    again = ask_again(row, counsel())
    assert again != row
    found = paper_of(cerplex, "funds-flow", content)
    assert found is not None
    assert (found.id, found.is_under_way) == (again.pk, True)


@pytest.mark.parametrize(
    "change", ["title = 'Other'", "content = '{}'", "content_key = 'a'", "kind = 'closing-statement'"]
)
def test_what_it_says_is_never_changed(cerplex: Deal, change: str) -> None:
    request_money_paper(cerplex, None, "funds-flow", CONTENT)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE closing_moneypaper SET {change}")


def test_one_that_is_made_is_never_touched_and_none_is_deleted(cerplex: Deal) -> None:
    row = request_money_paper(cerplex, None, "funds-flow", CONTENT)
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM closing_moneypaper")
    money_papers.make(row.pk)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE closing_moneypaper SET sha256 = 'a'")


@pytest.mark.parametrize("kind", ["receipt", "invoice"])
def test_a_row_of_no_known_kind_or_a_receipt_for_nobody_is_refused(cerplex: Deal, kind: str) -> None:
    about = {"title": "Receipt", "content": {}, "content_key": "a", "requested_at": cerplex.closing_at}
    with pytest.raises(IntegrityError, match="money_paper"), transaction.atomic():
        MoneyPaper.objects.create(deal=cerplex, kind=kind, **about)
