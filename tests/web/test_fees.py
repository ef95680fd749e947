"""The page of counsel's fees: the cap of Section 6(d), bills and whatever becomes of them, who bears what is over."""

import re
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

import pytest
from hypothesis import given, strategies as st

from closing.actions.deals import load_deal
from closing.actions.fees import record_bill, write_off
from closing.models import Membership, OverCapAllotment
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
from tests.web.billing import BASE, over_the_cap, the_bill
from tests.web.papers import deal_of, queries_of, signed_in, text_of
from tests.web.world import MONDAY, World

pytestmark = pytest.mark.django_db


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
    assert ("Over the cap" in said) is ("without a cap" not in limits)


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
