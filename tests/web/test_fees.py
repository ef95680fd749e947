"""The page of counsel's fees: the cap of Section 6(d), bills and whatever becomes of them, who bears what is over."""

import re
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given, strategies as st

from closing.actions.deals import load_deal
from closing.actions.fees import record_bill, write_off
from closing.models import Bill, CreditNote, FeePayment, FeeReversal, Membership, OverCapAllotment, WriteOff
from closing.queries.cap_bar import cap_bar
from closing.queries.fees import fees_page
from closing.queries.gates import gate_of
from closing.rules.deal_file import read_deal
from closing.rules.facts import BillLine
from closing.rules.fees import FeeStatement, by_kind
from closing.rules.over_cap import over_cap_by_investor
from closing.rules.terms import LineKind
from investors.clock import fixed
from investors.models import User
from tests.rules.any_facts import CERPLEX, SAMPLES
from tests.web.papers import deal_of, pdf, queries_of, signed_in, text_of
from tests.web.world import MONDAY, World

pytestmark = pytest.mark.django_db

BASE = "/deals/cerplex-1996/fees/"
KEY = "00000000-0000-4000-8000-000000000001"
LINES = {
    "count": "4",
    "kind_1": "fee",
    "description_1": "Closing documents & opinions",
    "amount_1": "$2,000.00",
    "kind_3": "expense",
    "description_3": "Courier",
    "amount_3": "31.40",
}


def the_bill() -> Bill:
    return Bill.objects.get(deal__code="cerplex-1996", number="1996-0531")


def over_the_cap(room: World, amount: str = "2000.00") -> Bill:
    """One more bill of the investors' counsel; with $2,000.00 it lies $480.00 over the cap."""
    lines = [BillLine(kind=LineKind.FEE, description="Closing", amount=Decimal(amount))]
    return record_bill(room.deal, None, number="2", dated=MONDAY.date(), lines=lines)


def borne(room: World, names: list[str]) -> dict[str, Decimal]:
    """What these investors bear of what is over the cap."""
    gate = gate_of(room.deal)
    shares = over_cap_by_investor(gate.deal, gate.facts)
    return {name: shares[name] for name in names}


def test_the_page_opens_with_the_answer(room: World) -> None:
    said = text_of(room.client("investors").get(BASE))
    assert "$23,480 is billed of the $25,000 cap on counsel’s fees" in said
    assert (
        "Stradling, Yocca, Carlson &amp; Rauth recovers $23,480 of fees and $1,212.40 of expenses "
        "if the closing is effected; a further bill could recover $1,520 of fees." in said
    )


def test_the_cap_is_told_in_words_beside_the_bar(room: World) -> None:
    said = text_of(room.client("investors").get(BASE))
    assert "Cap $25,000.00: paid $0.00, billed, left to pay $23,480.00, not billed yet $1,520.00." in said


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


def statement(billed: str, paid: str = "0", netted: str = "0") -> FeeStatement:
    return FeeStatement(
        section="6(d)",
        counsel="investors-counsel",
        currency="USD",
        cap=Decimal(25000),
        covers=(LineKind.FEE,),
        billed=by_kind([(LineKind.FEE, Decimal(billed))]),
        paid=by_kind([(LineKind.FEE, Decimal(paid))]),
        netted_by_kind=by_kind([(LineKind.FEE, Decimal(netted))]),
        only_if_closed=True,
        is_payable=True,
    )


@pytest.mark.parametrize(
    ("billed", "paid", "netted", "widths", "cap_x"),
    [
        ("0", "0", "0", (0, 0, 0, 1000, 0), 1000),
        ("12500", "5000", "2500", (200, 100, 200, 500, 0), 1000),
        ("25000", "25000", "0", (1000, 0, 0, 0, 0), 1000),
        ("50000", "20000", "5000", (400, 100, 0, 0, 500), 500),
    ],
)
def test_the_bar_is_the_cap_or_what_was_billed_past_it(
    billed: str, paid: str, netted: str, widths: tuple[int, ...], cap_x: int
) -> None:
    bar = cap_bar(statement(billed, paid, netted))
    assert bar is not None
    assert tuple(each.width for each in bar.segments) == widths
    assert bar.cap_x == cap_x


@given(st.decimals(0, 60000, places=2), st.decimals(0, 1, places=4), st.decimals(0, 1, places=4))
def test_the_parts_of_the_bar_meet_and_fill_it(billed: Decimal, paid: Decimal, netted: Decimal) -> None:
    under = min(billed, Decimal(25000))
    first = (under * paid).quantize(Decimal("0.01"), ROUND_DOWN)
    then = ((under - first) * netted).quantize(Decimal("0.01"), ROUND_DOWN)
    bar = cap_bar(statement(str(billed), str(first), str(then)))
    assert bar is not None
    assert sum(each.amount for each in bar.segments) == max(billed, Decimal(25000))
    assert sum(each.width for each in bar.segments) == 1000
    assert [each.x for each in bar.segments][1:] == [each.x + each.width for each in bar.segments][:-1]


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
        said = {"netted_from": "Malcolm and Emily Fairbairn", "kind": "fee", "amount": "40000.01"}
        assert "still owes $40,000.00" in text_of(room.client("company").post(url, said))
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


class TestOverTheCap:
    def test_it_is_borne_pro_rata_to_the_cent(self, room: World) -> None:
        over_the_cap(room)
        page = text_of(room.client("company").get(BASE))
        assert "Over the cap, and whose" in page
        assert "pro rata by the shares of Schedule A" in page
        shares = borne(room, ["Sprout Growth II, L.P.", "Andrea Martin"])
        assert shares == {"Sprout Growth II, L.P.": Decimal("136.14"), "Andrea Martin": Decimal("0.60")}

    def test_counsel_allots_it_otherwise_and_takes_that_back(self, room: World) -> None:
        over_the_cap(room)
        client = room.client("investors")
        names = [each.name for each in gate_of(room.deal).deal.investors]
        opened = client.get(f"{BASE}over-cap/").content.decode()
        assert 'value="2269"' in opened
        said = {f"parts_{names.index(name)}": part for name, part in (("Andrea Martin", "3"), ("Mahuma N.V.", "1"))}
        assert client.post(f"{BASE}over-cap/", said).status_code == 422, "on what authority"
        assert client.post(f"{BASE}over-cap/", {**said, "note": "Their letter of June 1"}).status_code == 302
        bears = borne(room, names)
        assert bears["Andrea Martin"] == Decimal("360.00")
        assert bears["Mahuma N.V."] == Decimal("120.00")
        page = text_of(room.client("company").get(BASE))
        assert "Their letter of June 1" in page
        url = f"{BASE}allotments/{OverCapAllotment.objects.get().pk}/withdraw/"
        assert room.client("company").post(url, {"reason": "No"}).status_code == 403
        assert client.post(url, {"reason": "They did not agree"}).status_code == 302
        assert borne(room, ["Andrea Martin"]) == {"Andrea Martin": Decimal("0.60")}

    def test_the_form_of_a_deal_with_two_thousand_investors_is_taken(self, room: World) -> None:
        many = {f"parts_{at}": "1" for at in range(2000)}
        assert room.client("investors").post(f"{BASE}over-cap/", {**many, "note": "x"}).status_code == 302

    def test_nobody_or_less_than_nothing_is_refused(self, room: World) -> None:
        client = room.client("investors")
        assert client.post(f"{BASE}over-cap/", {"note": "x"}).status_code == 422
        assert client.post(f"{BASE}over-cap/", {"note": "x", "parts_0": "-1"}).status_code == 422


def test_every_row_of_the_table_adds_up(room: World) -> None:
    over_the_cap(room)
    said = {"netted_from": "Malcolm and Emily Fairbairn", "kind": "fee", "amount": "500"}
    room.client("company").post(f"{BASE}bills/{the_bill().pk}/net/", said)
    (row,) = fees_page(room.deal).counsels
    for each in (*row.kinds, row.together):
        assert each.billed == each.over_cap + each.reimbursable, each.name
        assert each.reimbursable == each.paid + each.netted + each.left, each.name
    assert (row.together.over_cap, row.together.netted) == (Decimal(480), Decimal(500))
    page = text_of(room.client("company").get(BASE))
    assert "expenses if the closing is effected: $500 netted from wires, $25,712.40 left to pay; $480 lies over" in page


def test_an_investor_reads_what_the_company_reimburses_and_its_own_share_of_the_rest(room: World) -> None:
    over_the_cap(room)
    said = text_of(
        room.client("another").get(f"/deals/cerplex-1996/mine/{room.allotment('Andrea Martin').position}/money/")
    )
    assert "fees of Stradling, Yocca, Carlson &amp; Rauth up to $25,000.00 (6(d)) if the closing is effected." in said
    assert "your share of it is $0.60" in said
    assert "136.14" not in said, "another's share"


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


@pytest.mark.parametrize(
    ("name", "limits", "headline"),
    [
        (
            "series-seed",
            "Fees and expenses together up to $15,000 in all; if the closing is effected.",
            "Nothing is billed of the $15,000 cap on counsel’s fees and expenses",
        ),
        (
            "note-purchase",
            "Fees and expenses, without a cap; closing or no closing.",
            "Counsel’s bills are reimbursed without a cap",
        ),
    ],
)
def test_a_cap_of_another_shape_is_said(db: None, name: str, limits: str, headline: str) -> None:
    deal = load_deal(read_deal((SAMPLES / f"{name}.toml").read_text()))
    counsel = User.objects.create_user(f"{name}@closing-room.example", name="Counsel")
    Membership.objects.create(deal=deal, user=counsel, role=Membership.Roles.COMPANY_COUNSEL)
    with fixed(MONDAY):
        said = text_of(signed_in(counsel).get(f"/deals/{deal.code}/fees/"))
    assert limits in said
    assert headline in said
    assert "No bill of this counsel is on file." in said


def test_each_counsel_has_its_own_cap_and_bar(db: None) -> None:
    first, second = CERPLEX.fees[0], replace(CERPLEX.counsel[1], key="second", name="Second Counsel", contacts=())
    caps = (first, replace(first, section="6(e)", counsel="second", cap=Decimal(50)))
    people = tuple(replace(each, email=f"other.{each.email}") for each in CERPLEX.people)
    of = replace(CERPLEX, code="two-caps", counsel=(*CERPLEX.counsel, second), fees=caps, people=people)
    with fixed(MONDAY):
        deal = load_deal(of)
        lines = [BillLine(kind=LineKind.FEE, description="Fees", amount=Decimal(80))]
        record_bill(deal, None, number="1", dated=MONDAY.date(), lines=lines, counsel="second")
        counsel = User.objects.create_user("two-caps@closing-room.example", name="Counsel")
        Membership.objects.create(deal=deal, user=counsel, role=Membership.Roles.INVESTORS_COUNSEL)
        said = text_of(signed_in(counsel).get("/deals/two-caps/fees/"))
        form = text_of(signed_in(counsel).get("/deals/two-caps/fees/bills/new/"))
    assert "Cap $25,000.00: paid $0.00, not billed yet $25,000.00." in said
    assert "Cap $50.00: paid $0.00, billed, left to pay $50.00, not billed yet $0.00, billed over the cap" in said
    assert "Second Counsel recovers $50 of fees" in said
    assert "Whose bill?" in form


def test_a_disabled_button_says_why(room: World) -> None:
    company, investors = (text_of(room.client(role).get(BASE)) for role in ("company", "investors"))
    assert "Nothing is reimbursed before the closing is effected (6(d))." in company
    assert "Record what was paid" not in investors, "what the other side does is not offered"
    assert "Only the investors&#x27; counsel may allot what is over the cap." in company
    described = re.findall(r'disabled aria-describedby="([\w-]+)"', company)
    assert described
    assert all(company.count(f'id="{each}"') == 1 for each in described)


@pytest.mark.parametrize("page", ["fees/", "fees/over-cap/"])
def test_the_number_of_queries_does_not_grow_with_investors_and_bills(db: None, page: str) -> None:
    counts = {}
    with fixed(MONDAY):
        for count in (1, 15, 200):
            deal, client = deal_of(count)
            for number in range(1 + count // 15):
                lines = [BillLine(kind=LineKind.FEE, description="Fees", amount=Decimal(40_000))]
                bill = record_bill(deal, None, number=str(number), dated=MONDAY.date(), lines=lines)
                write_off(bill, None, kind=LineKind.FEE, amount=Decimal(1))
            if page.endswith("over-cap/"):
                deal.memberships.update(role="investors-counsel")
            counts[count] = len(queries_of(client, f"/deals/{deal.code}/{page}"))
    assert len(set(counts.values())) == 1, counts
