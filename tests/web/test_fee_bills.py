"""Bills on the page of counsel's fees: put on file, credited, written off, netted, withdrawn; the own costs."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from closing.actions.fees import record_bill, write_off
from closing.models import Bill, CreditNote, FeePayment, FeeReversal, WriteOff
from closing.queries.gates import gate_of
from closing.rules.facts import BillLine
from closing.rules.terms import LineKind
from tests.web.billing import BASE, KEY, LINES, over_the_cap, the_bill
from tests.web.papers import pdf, text_of
from tests.web.world import MONDAY, World

pytestmark = pytest.mark.django_db


def test_a_bill_has_several_lines_and_is_recorded_once(room: World) -> None:
    said = {"number": "1996-0603", "dated": "1996-06-03", **LINES}
    for _ in range(2):
        assert room.client("investors").post(f"{BASE}bills/new/", said).status_code == 302
    bill = Bill.objects.get(number="1996-0603")
    assert [(line.kind, line.amount) for line in bill.lines.all()] == [
        ("fee", Decimal(2000)),
        ("expense", Decimal("31.4")),
    ]
    said_after = text_of(room.client("investors").get(BASE))
    assert "Closing documents &amp; opinions" in said_after
    assert "$480 of counsel’s bills lies over the cap" in said_after


def test_more_lines_keep_what_was_written(room: World) -> None:
    said = {"number": "1996-0603", "dated": "1996-06-03", **LINES, "more": "yes"}
    response = room.client("investors").post(f"{BASE}bills/new/", said)
    assert response.status_code == 200
    page = response.content.decode()
    assert "Line 8: amount" in page
    assert 'value="Courier"' in page
    assert not Bill.objects.filter(number="1996-0603").exists()


def test_a_line_is_whole_or_blank(room: World) -> None:
    said = {"number": "1", "dated": "1996-06-03", "count": "4", "kind_2": "fee"}
    response = room.client("investors").post(f"{BASE}bills/new/", said)
    assert response.status_code == 422
    assert "Write what it is for." in response.content.decode()


def test_nothing_is_paid_before_the_closing(room: World) -> None:
    bill = Bill.objects.get(deal=room.deal)
    response = room.client("company").post(f"{BASE}bills/{bill.pk}/pay/", {"kind": "fee", "amount": "100"})
    assert response.status_code == 422
    assert "Nothing is reimbursed before the closing is effected" in response.content.decode()
    assert not FeePayment.objects.exists()


def test_a_bill_is_withdrawn_with_a_reason(room: World) -> None:
    bill = Bill.objects.get(deal=room.deal)
    assert room.client("investors").post(f"{BASE}bills/{bill.pk}/withdraw/", {"reason": "A slip."}).status_code == 302
    assert "Withdrawn" in text_of(room.client("investors").get(BASE))


class TestTheBillItself:
    def test_a_bill_comes_with_its_pdf_and_is_served_as_a_file_to_save(self, room: World) -> None:
        content = pdf()
        paper = SimpleUploadedFile("bill.pdf", content)
        said = {"number": "7", "dated": "1996-06-01", "received_on": "1996-06-02", "paper": paper, **LINES}
        assert room.client("investors").post(f"{BASE}bills/new/", said).status_code == 302
        bill = Bill.objects.get(number="7")
        assert str(bill.received_on) == "1996-06-02"
        for role in ("investors", "company"):
            response = room.client(role).get(f"{BASE}bills/{bill.pk}/file/")
            assert response["Content-Disposition"] == 'attachment; filename="Bill 7.pdf"'
            assert response.getvalue() == content
        assert "received June 2, 1996" in text_of(room.client("company").get(BASE))

    @pytest.mark.parametrize(
        ("name", "content", "told"),
        [
            ("bill.pdf", b"Not a PDF at all", "text file"),
            ("bill.txt", b"For services", "kept as a PDF"),
            ("bill.pdf", b"", "empty"),
        ],
    )
    def test_what_is_no_pdf_is_not_taken_and_the_bill_waits(
        self, room: World, name: str, content: bytes, told: str
    ) -> None:
        said = {"number": "7", "dated": "1996-06-01", "paper": SimpleUploadedFile(name, content), **LINES}
        response = room.client("investors").post(f"{BASE}bills/new/", said)
        assert response.status_code == 422
        assert told in text_of(response)
        assert not Bill.objects.filter(number="7").exists()

    def test_it_is_added_later_and_once(self, room: World) -> None:
        client, url = room.client("investors"), f"{BASE}bills/{the_bill().pk}/paper/"
        assert room.client("company").get(f"{BASE}bills/{the_bill().pk}/file/").status_code == 404
        content = pdf("one")
        for _ in range(2):
            assert client.post(url, {"paper": SimpleUploadedFile("bill.pdf", content)}).status_code == 302
        again = client.post(url, {"paper": SimpleUploadedFile("bill.pdf", pdf("two"))})
        assert "has its PDF already" in text_of(again)
        assert room.client("company").get(f"{BASE}bills/{the_bill().pk}/file/").getvalue() == content

    def test_a_file_that_the_store_has_lost_is_said(self, room: World) -> None:
        Bill.objects.filter(pk=the_bill().pk).update(paper="a" * 64)
        response = room.client("company").get(f"{BASE}bills/{the_bill().pk}/file/")
        assert response.status_code == 409
        assert "The file store does not give this file" in text_of(response)


class TestWhatIsTakenOff:
    def test_a_credit_note_and_a_write_off_are_rows_of_their_own(self, room: World) -> None:
        client, base = room.client("investors"), f"{BASE}bills/{the_bill().pk}/"
        said = {"number": "CN-1", "dated": "1996-06-03", "kind_1": "fee", "description_1": "Twice", "amount_1": "480"}
        assert client.post(f"{base}credit/", said).status_code == 302
        assert client.post(f"{base}write-off/", {"kind": "expense", "amount": "12.40", "note": ""}).status_code == 302
        page = text_of(client.get(BASE))
        assert "Credit note CN-1: Twice" in page
        assert "−$480" in page
        assert "Not paid or netted: $23,000 of fees; $1,200 of expenses." in page
        assert (
            client.post(f"{BASE}credit-notes/{CreditNote.objects.get().pk}/withdraw/", {"reason": "No"}).status_code
            == 302
        )
        assert (
            client.post(f"{BASE}write-offs/{WriteOff.objects.get().pk}/withdraw/", {"reason": "No"}).status_code == 302
        )
        assert "Not paid or netted: $23,480 of fees" in text_of(client.get(BASE))

    def test_more_than_is_unpaid_is_refused_with_what_is(self, room: World) -> None:
        url = f"{BASE}bills/{the_bill().pk}/write-off/"
        response = room.client("investors").post(url, {"kind": "fee", "amount": "23480.01"})
        assert response.status_code == 422
        assert text_of(response).count("has $23,480.00 of fees that is not paid") == 1, "told once, in the summary"

    def test_only_the_counsel_whose_bill_it_is_takes_off(self, room: World) -> None:
        off = write_off(the_bill(), None, kind=LineKind.FEE, amount=Decimal(1))
        company = room.client("company")
        assert company.post(f"{BASE}write-offs/{off.pk}/withdraw/", {"reason": "No"}).status_code == 403
        assert (
            company.post(f"{BASE}bills/{the_bill().pk}/write-off/", {"kind": "fee", "amount": "1"}).status_code == 403
        )


class TestNetting:
    SAID = {"netted_from": "Malcolm and Emily Fairbairn", "kind": "expense", "amount": "1,000", "form_key": KEY}

    def test_it_needs_no_closing_counts_as_price_and_is_recorded_once(self, room: World) -> None:
        url = f"{BASE}bills/{the_bill().pk}/net/"
        before = gate_of(room.deal).investor("Malcolm and Emily Fairbairn").cells["2(b)(ii)"].missing[0].lack
        assert "$40,000.00 missing" in before
        for _ in range(2):
            assert room.client("company").post(url, self.SAID).status_code == 302
        assert FeePayment.objects.count() == 1
        after = gate_of(room.deal).investor("Malcolm and Emily Fairbairn").cells["2(b)(ii)"].missing[0].lack
        assert "$39,000.00 missing" in after
        page = text_of(room.client("investors").get(BASE))
        assert "Netted from the wire of Malcolm and Emily Fairbairn" in page
        assert "$1,000 netted from wires" in page
        money = text_of(room.client("company").get("/deals/cerplex-1996/money/"))
        assert "$7,750,000 of $8,000,000 received and $1,000 netted for fees" in money
        assert "and $1,000 netted, of $8,000,000" in money

    def test_no_more_than_the_investor_still_owes(self, room: World) -> None:
        over_the_cap(room, "90000.00")
        url = f"{BASE}bills/{Bill.objects.get(number='2').pk}/net/"
        said = {"netted_from": "Andrea Martin", "kind": "fee", "amount": "10000.01"}
        assert "still owes $10,000.00" in text_of(room.client("company").post(url, said))
        less = said | {"netted_from": "Malcolm and Emily Fairbairn", "amount": "40000.01"}
        told = text_of(room.client("company").post(url, less))
        assert "$25,000.00 may be paid under the cap of $25,000.00 on fees (6(d))" in told, (
            "the narrowest of the bounds"
        )
        said["amount"] = "25000.01"
        assert "$25,000.00 may be paid under the cap of $25,000.00 on fees (6(d)): nothing of it is paid" in text_of(
            room.client("company").post(url, said)
        )

    def test_it_is_undone_by_a_reversal(self, room: World) -> None:
        company, base = room.client("company"), f"{BASE}bills/{the_bill().pk}/"
        company.post(f"{base}net/", self.SAID)
        said = {**self.SAID, "form_key": "", "amount": "1000.01"}
        assert "$1,000.00 stands netted from the wire" in text_of(company.post(f"{base}reverse/", said))
        assert company.post(f"{base}reverse/", {**said, "amount": "400"}).status_code == 302
        assert FeeReversal.objects.get().amount == 400
        lack = gate_of(room.deal).investor("Malcolm and Emily Fairbairn").cells["2(b)(ii)"].missing[0].lack
        assert "$39,400.00 missing" in lack
        payment = FeePayment.objects.get()
        refused = company.post(f"{BASE}payments/{payment.pk}/withdraw/", {"reason": "A slip"})
        assert "$600.00 of it stands, the rest came back already" in text_of(refused)
        assert (
            company.post(f"{BASE}reversals/{FeeReversal.objects.get().pk}/withdraw/", {"reason": "A slip"}).status_code
            == 302
        )
        assert company.post(f"{BASE}payments/{payment.pk}/withdraw/", {"reason": "A slip"}).status_code == 302


class TestOwnCosts:
    def test_what_others_bill_the_company_stands_apart_and_is_paid_without_a_closing(self, room: World) -> None:
        company = room.client("company")
        said = {"number": "P-1", "dated": "1996-06-01", "payee": "The printer", **LINES}
        assert company.post(f"{BASE}bills/new/", said).status_code == 302
        bill = Bill.objects.get(number="P-1")
        assert bill.counsel.key == "company-counsel"
        assert company.post(f"{BASE}bills/{bill.pk}/pay/", {"kind": "fee", "amount": "2000"}).status_code == 302
        page = text_of(company.get(BASE))
        assert "The printer, through Brobeck, Phleger &amp; Harrison" in page
        assert "$2,031.40 billed, $2,000 paid; the company pays them closing or no closing" in page
        assert "$23,480 is billed of the $25,000 cap" in page, "its own costs are none of the cap's"
        netted = {"netted_from": "Malcolm and Emily Fairbairn", "kind": "expense", "amount": "1"}
        assert "its own costs it pays itself" in text_of(company.post(f"{BASE}bills/{bill.pk}/net/", netted))


def test_what_a_dispute_costs_stands_outside(room: World) -> None:
    lines = [BillLine(kind=LineKind.DISPUTE, description="An action to enforce 2(a)", amount=Decimal(9000))]
    bill = record_bill(room.deal, None, number="D", dated=MONDAY.date(), lines=lines)
    page = text_of(room.client("company").get(BASE))
    assert "Costs of a dispute" in page
    assert "An action to enforce 2(a)" in page
    assert "a further bill could recover $1,520 of fees" in page
    said = {"kind": "dispute", "amount": "1"}
    assert room.client("company").post(f"{BASE}bills/{bill.pk}/pay/", said).status_code == 422
