"""What lines of a bank's statement are matched against, and what a proposal says (Section 2(b)(ii))."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from closing.rules.fees import ZERO
from closing.rules.purchase_price import Paid
from closing.rules.terms import Deal


class Becomes(StrEnum):
    """What a line is proposed to be."""

    RECEIVED = "received"
    ON_FILE = "on-file"
    RETURNED = "returned"
    REFUND = "refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A booked line; `amount` above nothing. `is_repeated` where the same line came before, in another file.

    `was_undone` where somebody confirmed it and took that back: a person looks at it again.
    """

    key: int
    amount: Decimal
    currency: str
    is_credit: bool
    is_reversal: bool = False
    party: str = ""
    reference: str = ""
    bank_reference: str = ""
    is_repeated: bool = False
    was_undone: bool = False

    @property
    def text(self) -> str:
        """All that it says of whom and what for."""
        return f"{self.party} {self.reference}"


@dataclass(frozen=True, slots=True)
class Part:
    """What of a line is one investor's."""

    investor: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A wire or check on file that stands, by the id of one of its parts. `is_booked` where it is a line's already."""

    key: int
    parts: tuple[Part, ...]
    reference: str = ""
    is_booked: bool = False

    @property
    def amount(self) -> Decimal:
        """What it came to."""
        return sum((part.amount for part in self.parts), ZERO)


@dataclass(frozen=True, slots=True)
class Told:
    """A payment that an investor announced, and that stands."""

    investor: str
    amount: Decimal
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a line may be. Its parts come to the line; `wire` is the one on file that it is or takes back.

    `is_sure` where nothing else could be meant: only such are confirmed several at once.
    """

    becomes: Becomes
    parts: tuple[Part, ...]
    score: int
    reasons: tuple[str, ...]
    wire: int | None = None
    is_over: bool = False
    is_sure: bool = False


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """What lines are matched against: what every investor has paid, what was announced, the wires that stand."""

    deal: Deal
    paid: Mapping[str, Paid]
    told: tuple[Told, ...] = ()
    wires: tuple[Wire, ...] = ()

    @property
    def currency(self) -> str:
        """The deal's, in which all amounts are."""
        return self.deal.agreement.currency

    @cached_property
    def by_missing(self) -> Mapping[Decimal, list[str]]:
        """The investors that miss an amount."""
        found: dict[Decimal, list[str]] = defaultdict(list)
        for name, paid in self.paid.items():
            found[paid.missing].append(name)
        return found

    @cached_property
    def told_by_amount(self) -> Mapping[Decimal, dict[str, Told]]:
        """What was announced, by amount and investor."""
        found: dict[Decimal, dict[str, Told]] = defaultdict(dict)
        for each in self.told:
            found[each.amount][each.investor] = each
        return found

    @cached_property
    def wires_by_amount(self) -> Mapping[Decimal, list[Wire]]:
        """The wires that stand, by what they came to."""
        found: dict[Decimal, list[Wire]] = defaultdict(list)
        for wire in self.wires:
            found[wire.amount].append(wire)
        return found
