"""The funds flow page: whether it ties, the picture and its tables, versions that both counsel agree to, its papers."""

from decimal import Decimal
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.test import Client

from closing.actions.payments import record_payment, return_payment
from closing.models import FundsFlowAgreement, FundsFlowVersion, MoneyPaper, Payment
from investors.clock import fixed
from tests.web.papers import deal_of, queries_of, text_of
from tests.web.world import MONDAY, World

pytestmark = pytest.mark.django_db

BASE = "/deals/cerplex-1996/funds-flow/"
SAID = {"whom": "everybody", "count": "3", "stated_payee_1": "Bank of the company", "stated_amount_1": "$1,987,654.32"}


def freeze(room: World, who: str = "company", **said: str) -> FundsFlowVersion:
    answer = room.client(who).post(f"{BASE}freeze/", {**SAID, **said})
    assert answer.status_code == 302, text_of(answer)
    return FundsFlowVersion.objects.order_by("-number")[0]


def workbook(client: Client, address: str) -> Any:
    answer: Any = client.get(address)
    assert answer.status_code == 200
    return openpyxl.load_workbook(BytesIO(answer.getvalue()))


def test_the_page_opens_with_what_does_not_tie(room: World) -> None:
    said = text_of(room.client("company").get(BASE))
    assert "<h1>Four lines of 19 do not tie yet</h1>" in said
    assert "Sources and uses are $8,000,000.00 each. $250,000.00 has still to come in." in said
    assert "about $2,000,000.00" in said
    assert "Nobody is named yet" in said
    assert "$23,480.00" in said
    assert "For everybody on Schedule A who has not closed; 0 of 15 are ready to close now." in said


def test_the_picture_has_a_band_for_the_largest_and_one_for_the_rest_and_keys_lead_to_the_tables(room: World) -> None:
    said = text_of(room.client("company").get(BASE))
    wide = said[said.index('class="flow-wide"') : said.index('class="flow-narrow"')]
    assert "7 other sources" in wide
    assert "Sprout Growth II, L.P." in wide
    assert said.count('<span class="flow-mark">9</span>') == 7
    assert "Still to come" in said[said.index('class="flow-legend"') :]


def test_debt_is_stated_frozen_and_agreed_to_by_both(room: World) -> None:
    freeze(room, purpose_2="Transfer agent", payee_2="Transfer agent of the company", amount_2="900")
    said = text_of(room.client("investors").get(BASE))
    assert "$1,987,654.32" in said
    assert "Transfer agent of the company" in said
    assert "Company counsel has not agreed yet" in said
    for who in ("company", "investors"):
        assert room.client(who).post(f"{BASE}1/agree/").status_code == 302
    assert FundsFlowAgreement.objects.count() == 2
    assert "agreed to by both counsel" in text_of(room.client("company").get(BASE))
    form = text_of(room.client("company").get(f"{BASE}freeze/"))
    assert 'value="1987654.32"' in form
    assert 'value="Transfer agent of the company"' in form
    return_payment(Payment.objects.filter(withdrawn_at=None)[0], "Returned by the bank.", None)
    said = text_of(room.client("company").get(BASE))
    assert "Changed since version 1" in said
    assert "Not current" in said
    refused = room.client("company").post(f"{BASE}1/agree/", follow=True)
    assert FundsFlowAgreement.objects.count() == 2
    assert refused.status_code == 200


def test_money_that_belongs_to_no_payment_on_file_is_a_source_and_goes_back(room: World) -> None:
    freeze(room, from_1="Wire of May 30", came_1="1,234.50")
    said = text_of(room.client("investors").get(BASE))
    assert "Sources and uses are $8,001,234.50 each." in said
    assert "Belongs to no payment on file, to be sent back" in said
    form = text_of(room.client("company").get(f"{BASE}freeze/"))
    assert 'value="Wire of May 30"' in form
    assert 'name="from_3"' not in form
    freeze(room, from_1="Wire of May 30", came_1="1,234.50", from_2="A", came_2="1", from_3="B", came_3="2")
    assert "$8,001,237.50 each" in text_of(room.client("company").get(BASE))
    more = room.client("company").post(f"{BASE}freeze/", {**SAID, "from_3": "B", "came_3": "x", "more": "yes"})
    assert 'name="from_4"' not in text_of(more)
    assert 'value="x"' in text_of(more)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"whom": ""}, "Choose for whom the funds flow is."),
        ({"stated_amount_1": ""}, "Write the amount that goes there, or leave both blank."),
        ({"stated_amount_1": "1.005"}, "no more than two decimals"),
        ({"stated_amount_1": "-1"}, "Write an amount above nothing."),
        ({"purpose_1": "Transfer agent"}, "Write to whom it goes."),
        ({"payee_1": "X", "amount_1": "1"}, "Write what it is for."),
        ({"purpose_1": "Transfer agent", "payee_1": "X"}, "Write the amount."),
        ({"purpose_1": "All of it", "payee_1": "X", "amount_1": "8000000"}, "more than the sources"),
        ({"from_1": "Somebody"}, "Write the amount."),
        ({"came_1": "5"}, "Write from whom it came."),
        ({"whom": "ready"}, "No investor is ready to close."),
    ],
)
def test_a_form_that_cannot_be_frozen_is_told_and_loses_nothing(room: World, said: dict[str, str], told: str) -> None:
    answer = room.client("company").post(f"{BASE}freeze/", {**SAID, **said})
    assert answer.status_code == 422
    found = text_of(answer)
    assert told in found
    assert "Bank of the company" in found
    assert not FundsFlowVersion.objects.exists()


def test_more_lines_keep_what_was_written(room: World) -> None:
    answer = room.client("company").post(f"{BASE}freeze/", {**SAID, "payee_3": "A payee", "more": "yes"})
    found = text_of(answer)
    assert answer.status_code == 200
    assert 'name="amount_6"' in found
    assert 'value="A payee"' in found
    assert not FundsFlowVersion.objects.exists()


def test_the_workbook_has_numbers_formulas_that_agree_and_no_other_formula(room: World) -> None:
    freeze(room, purpose_1="=1+1", payee_1="=HYPERLINK(0)", amount_1="10")
    book = workbook(room.client("investors"), f"{BASE}excel/")
    sheet = book["Funds flow"]
    rows = list(sheet.iter_rows(values_only=True))
    sources = next(at for at, row in enumerate(rows) if row[0] == "Sources") + 2
    total = next(at for at, row in enumerate(rows) if row[0] == "All sources")
    assert rows[total][5] == f"=SUM(F{sources + 1}:F{total})"
    amounts = [Decimal(str(row[5])) for row in rows[sources:total]]
    assert sum(amounts) == Decimal("8000000.00")
    uses = next(at for at, row in enumerate(rows) if row[0] == "Uses") + 2
    last = next(at for at, row in enumerate(rows) if row[0] == "All uses")
    assert rows[last][5] == f"=SUM(F{uses + 1}:F{last})"
    assert sum(Decimal(str(row[5])) for row in rows[uses:last]) == Decimal("8000000.00")
    assert rows[-1][5] == f"=F{total + 1}-F{last + 1}"
    formulas = [cell for page in book for row in page.iter_rows() for cell in row if cell.data_type == "f"]
    assert all(str(cell.value).startswith("=SUM(") or cell.value == rows[-1][5] for cell in formulas)
    assert any(cell.value == "=HYPERLINK(0)" and cell.data_type == "s" for row in sheet.iter_rows() for cell in row)
    assert sheet.cell(sources + 1, 6).number_format.startswith('"$"#,##0.00')
    tie = [cell.value for row in book["Tie-out"].iter_rows() for cell in row]
    assert any("is missing" in str(each) for each in tie)


def test_a_versions_papers_are_its_own(room: World) -> None:
    freeze(room)
    freeze(room, stated_amount_1="2,000,000")
    client = room.client("company")
    record_payment(room.deal, None, investor="Nitin T. Mehta", amount=Decimal("200000.00"))
    book = workbook(client, f"{BASE}excel/?version=1")
    assert book.sheetnames == ["Funds flow", "Tie-out"]
    (then,) = (row for row in book["Tie-out"].iter_rows(values_only=True) if row[0] == "Nitin T. Mehta")
    assert then[3] == 0, "what had been received when it was frozen"
    assert "$200,000.00 of the purchase price is missing" in then[6]
    (now,) = (
        row
        for row in workbook(client, f"{BASE}excel/")["Tie-out"].iter_rows(values_only=True)
        if row[0] == "Nitin T. Mehta"
    )
    assert (now[3], now[6]) == (200_000, "Yes")
    assert any(cell.value == 1987654.32 for row in book["Funds flow"].iter_rows() for cell in row)
    assert client.post(f"{BASE}1/pdf/").status_code == 302
    assert MoneyPaper.objects.get().title == "Funds flow, version 1"
    said = text_of(client.get(f"{BASE}1/"))
    assert "Version 1 is not current" in said
    assert "Queued" in said
    assert "Tie-out when it was frozen" in said
    assert "$0.00 received" in said.split("Nitin T. Mehta")[-1]
    assert client.get(f"{BASE}3/").status_code == 404
    assert client.get(f"{BASE}excel/?version=x").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_investors(db: None) -> None:
    counts: dict[int, int] = {}
    with fixed(MONDAY):
        for count in (1, 15, 200):
            deal, client = deal_of(count)
            address = f"/deals/{deal.code}/funds-flow/"
            for _ in range(2):
                answer = client.post(f"{address}freeze/", {"whom": "everybody", "count": "3"})
                assert answer.status_code == 302, text_of(answer)
            counts[count] = len(queries_of(client, address))
    assert len(set(counts.values())) == 1, counts


def test_a_thousand_investors_are_shown_page_by_page(db: None) -> None:
    with fixed(MONDAY):
        deal, client = deal_of(1000)
        address = f"/deals/{deal.code}/funds-flow/"
        first, last = text_of(client.get(address)), text_of(client.get(f"{address}?page=20"))
        frozen = client.get(f"{address}?page=999")
    assert "1 to 50 of 1,000" in first
    assert "992 other sources" in first
    assert "951 to 1,000 of 1,000" in last
    assert "951 to 1,000 of 1,000" in text_of(frozen)
    assert len(first) < 120_000
