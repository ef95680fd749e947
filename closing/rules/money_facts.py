"""The facts on file about money: the purchase price, counsel's bills, and what was paid towards them.

Amounts are `Decimal`, in the deal's currency where the fact states none.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from closing.rules.fact import Fact
from closing.rules.terms import LineKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(Fact):
    """Purchase price received from an investor. A payment that bounced is withdrawn.

    The parts of one wire or check for several investors share its key `receipt`. `cleared_at` is when a check cleared;
    a wire is final when it is received.
    """

    investor: str
    amount: Decimal
    currency: str
    method: Literal["wire", "check"] = "wire"
    reference: str = ""
    receipt: str = ""
    cleared_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund(Fact):
    """Purchase price sent back to an investor that had paid more than it owed."""

    investor: str
    amount: Decimal
    currency: str
    method: Literal["wire", "check"] = "wire"
    reference: str = ""


BillKey = tuple[str, str]
"""Which bill: the key of the counsel whose it is, and its number; two counsel may both have a bill of one number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """A line of a bill, in the deal's currency: a fee, an out-of-pocket expense, or what a dispute costs."""

    kind: LineKind
    description: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill(Fact):
    """A bill of counsel, on file at `at` and received on `received_on`; None is the day on which it came on file.

    `paper` is the SHA-256 of the bill's PDF in the store. `payee` is who sent it to the issuer where that is not the
    counsel itself, which then put it on file for the issuer.
    """

    number: str
    counsel: str
    dated: date
    lines: tuple[BillLine, ...]
    received_on: date | None = None
    paper: str = ""
    payee: str = ""

    @property
    def key(self) -> BillKey:
        """Whose it is, and its number."""
        return self.counsel, self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class OfBill(Fact):
    """What became of the bill of that number of `counsel`."""

    counsel: str
    bill: str

    @property
    def bill_key(self) -> BillKey:
        """Whose bill it is about, and its number."""
        return self.counsel, self.bill


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNote(OfBill):
    """A counsel's credit note: what it takes off the lines of its bill, by kind, in the deal's currency."""

    number: str
    dated: date
    lines: tuple[BillLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff(OfBill):
    """What a counsel gives up of its bill, in the deal's currency."""

    kind: LineKind
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FeePayment(OfBill):
    """What the issuer paid towards counsel's bills, in the deal's currency.

    `netted_from` is the investor from whose wire the amount was kept back: it then counts as purchase price received
    from that investor, and becomes a reimbursement at that investor's closing.
    """

    kind: LineKind
    amount: Decimal
    netted_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeReversal(OfBill):
    """What came back of money paid towards a bill, in the deal's currency; `netted_from` undoes that netting."""

    kind: LineKind
    amount: Decimal
    netted_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverCapPart:
    """How many parts of what is over the cap an investor bears."""

    investor: str
    parts: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OverCapAllotment(Fact):
    """How counsel allots what is over the cap among the investors; the last on file that stands is in force."""

    parts: tuple[OverCapPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reimbursed:
    """What a closing fixed that the issuer reimburses to a counsel (6(d)), in the deal's currency.

    `netted` is what of it was kept back from the wires of the investors who closed.
    """

    counsel: str
    fees: Decimal
    expenses: Decimal
    netted: Decimal = Decimal("0.00")
