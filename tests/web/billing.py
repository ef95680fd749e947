"""Bills in the tests of counsel's fees: the sample's own, one more that goes over the cap, and the lines of a form."""

from decimal import Decimal

from closing.actions.fees import record_bill
from closing.models import Bill
from closing.rules.facts import BillLine
from closing.rules.terms import LineKind
from tests.web.world import MONDAY, World

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
