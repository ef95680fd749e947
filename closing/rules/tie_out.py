"""The tie-out before a closing: whether shares, price and money agree to the cent (Sections 1(a), 1(b) and 2(b)(ii)).

For every investor that would close, and for all of them: shares times price is the purchase price of Schedule A, and
that is what was received and netted, or what the company waived. Then the most that may be sold, the authorized shares
and the certificate numbers. A closing that does not tie is refused with the first line that does not.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from closing.rules.certificates import certificate_numbers
from closing.rules.evidence import PriceReceived
from closing.rules.further import closed_names
from closing.rules.gate import Gate
from closing.rules.prices import purchase_price
from closing.rules.purchase_price import Paid, paid_by_investor
from closing.rules.terms import Investor
from closing.rules.words import money, number

ZERO = Decimal("0.00")


class Tied(StrEnum):
    """What a line of the tie-out looks at."""

    INVESTOR = "investor"
    ALL = "all"
    MAXIMUM = "maximum"
    AUTHORIZED = "authorized"
    CERTIFICATES = "certificates"


@dataclass(frozen=True, slots=True)
class LedgerFigures:
    """The class sold, as the stock ledger stands before the closing.

    `authorized` is None where no paper on file states it; `issued` are the shares outstanding; `numbers` those of every
    certificate of the class.
    """

    authorized: int | None
    issued: int
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TieLine:
    """One line: `what` is an investor's name or what is compared, `says` the figures. `wrong` is blank where it ties.

    `shares` and the amounts are those of an investor or of all; `waived` is still owed, and the company waived it.
    """

    kind: Tied
    what: str
    says: str
    wrong: str = ""
    shares: int = 0
    price: Decimal = ZERO
    received: Decimal = ZERO
    netted: Decimal = ZERO
    waived: Decimal = ZERO

    @property
    def ties(self) -> bool:
        """Whether both sides of it agree."""
        return not self.wrong


@dataclass(frozen=True, slots=True)
class TieOut:
    """The lines, investors first in Schedule A's order. `refusal` is the first that does not tie, or blank."""

    lines: tuple[TieLine, ...]
    refusal: str

    @property
    def ties(self) -> bool:
        """Whether every line ties."""
        return not self.refusal

    @property
    def of_investors(self) -> tuple[TieLine, ...]:
        """The lines of single investors."""
        return tuple(each for each in self.lines if each.kind is Tied.INVESTOR)

    @property
    def of_all(self) -> tuple[TieLine, ...]:
        """The lines of all together."""
        return tuple(each for each in self.lines if each.kind is not Tied.INVESTOR)

    @property
    def untied(self) -> tuple[TieLine, ...]:
        """The lines of single investors that do not tie."""
        return tuple(each for each in self.of_investors if not each.ties)


def tie_out(gate: Gate, names: Iterable[str], ledger: LedgerFigures) -> TieOut:
    """Tie out the closing of the investors of those names, whose facts and terms are `gate`'s."""
    chosen = frozenset(names)
    buyers = tuple(each for each in gate.deal.investors if each.name in chosen)
    paid = paid_by_investor(gate.deal, gate.facts)
    rows = tuple(_investor(gate, each, paid[each.name]) for each in buyers)
    lines = (
        *rows,
        *_all(gate, rows),
        _maximum(gate, buyers),
        _authorized(gate, buyers, ledger),
        _certificates(gate, buyers, ledger),
    )
    return TieOut(lines, next((f"{each.what}: {each.wrong}" for each in lines if not each.ties), ""))


def _investor(gate: Gate, buyer: Investor, paid: Paid) -> TieLine:
    currency, price = gate.deal.agreement.currency, gate.deal.security.price_per_share
    owed = purchase_price(buyer.shares, price)
    waived = paid.missing if _is_waived(gate, buyer.name) else ZERO
    return TieLine(
        kind=Tied.INVESTOR,
        what=buyer.name,
        says=_figures(buyer.shares, gate, buyer.purchase_price, paid.received, paid.netted, waived),
        wrong=_wrong_price(owed, buyer.purchase_price, currency) or _wrong_money(paid, waived, currency),
        shares=buyer.shares,
        price=buyer.purchase_price,
        received=paid.received,
        netted=paid.netted,
        waived=waived,
    )


def _wrong_price(owed: Decimal, stated: Decimal, currency: str) -> str:
    if owed == stated:
        return ""
    return (
        f"shares times the price come to {money(owed, currency)}, and Schedule A says {money(stated, currency)}. "
        "Mend Schedule A before the closing."
    )


def _wrong_money(paid: Paid, waived: Decimal, currency: str) -> str:
    if paid.over:
        return f"{money(paid.over, currency)} too much was received. Send it back and record the refund first."
    if paid.missing > waived:
        return (
            f"{money(paid.missing - waived, currency)} of the purchase price is missing. "
            "Record it when it comes in, waive it, or leave this investor out."
        )
    return ""


def _is_waived(gate: Gate, name: str) -> bool:
    """Whether the company waived the price for the investor, with effect."""
    cells: Mapping[str, object] = gate.investor(name).cells
    sections = [each.section for each in gate.deal.conditions if isinstance(each.evidence, PriceReceived)]
    return any(gate.investor(name).cells[section].waived for section in sections if section in cells)


def _all(gate: Gate, rows: tuple[TieLine, ...]) -> Iterator[TieLine]:
    """The totals of the lines against the price of all their shares; none where nobody would close."""
    if not rows:
        return
    currency = gate.deal.agreement.currency
    shares = sum(each.shares for each in rows)
    price, received, netted, waived = (
        sum((getattr(each, name) for each in rows), ZERO) for name in ("price", "received", "netted", "waived")
    )
    off = price - received - netted - waived
    wrong = ""
    if off:
        how = "missing" if off > 0 else "too much"
        wrong = f"{money(abs(off), currency)} is {how} in all. See the lines of the investors."
    said = _figures(shares, gate, price, received, netted, waived)
    what = f"All {number(len(rows))} investors" if len(rows) > 1 else "In all"
    yield TieLine(Tied.ALL, what, said, wrong, shares, price, received, netted, waived)


def _figures(shares: int, gate: Gate, price: Decimal, received: Decimal, netted: Decimal, waived: Decimal) -> str:
    currency = gate.deal.agreement.currency
    parts = [f"{money(received, currency)} received"]
    if netted:
        parts.append(f"{money(netted, currency)} netted")
    if waived:
        parts.append(f"{money(waived, currency)} still owed and waived")
    each = money(gate.deal.security.price_per_share, currency)
    counted = f"{number(shares)} share{'' if shares == 1 else 's'}"
    return f"{counted} at {each} come to {money(price, currency)}; {', '.join(parts)}"


def _maximum(gate: Gate, buyers: tuple[Investor, ...]) -> TieLine:
    """Section 1(a): what has closed and what would close stay within the most that is sold."""
    currency, sold = gate.deal.agreement.currency, gate.deal.security
    names = closed_names(gate.facts) | {each.name for each in buyers}
    both = [each for each in gate.deal.investors if each.name in names]
    shares, price = sum(each.shares for each in both), sum((each.purchase_price for each in both), ZERO)
    says = (
        f"{number(shares)} of at most {number(sold.max_shares)} shares, "
        f"{money(price, currency)} of at most {money(sold.max_amount, currency)}"
    )
    over = shares > sold.max_shares or price > sold.max_amount
    wrong = f"{says} would be sold. Leave somebody out, or amend the agreement." if over else ""
    return TieLine(Tied.MAXIMUM, "The most that is sold", says, wrong)


def _authorized(gate: Gate, buyers: tuple[Investor, ...], ledger: LedgerFigures) -> TieLine:
    new = sum(each.shares for each in buyers)
    after = ledger.issued + new
    says = f"{number(ledger.issued)} outstanding and {number(new)} new are {number(after)}"
    wrong = ""
    if ledger.authorized is None:
        says += "; no paper on file says how many are authorized"
    else:
        says += f" of {number(ledger.authorized)} authorized"
        if after > ledger.authorized:
            wrong = (
                f"{number(after)} shares would be outstanding and {number(ledger.authorized)} are authorized, "
                f"{number(after - ledger.authorized)} too few. File a higher number of authorized shares first."
            )
    return TieLine(Tied.AUTHORIZED, "Authorized shares", says, wrong)


def _certificates(gate: Gate, buyers: tuple[Investor, ...], ledger: LedgerFigures) -> TieLine:
    """Each investor gets a number of its own, and none that a certificate of the class has."""
    numbers = certificate_numbers(gate.deal.security.certificate_prefix, ledger.numbers, len(buyers))
    what = "Certificate numbers"
    if not numbers:
        return TieLine(Tied.CERTIFICATES, what, "No certificate would be issued")
    span = numbers[0] if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
    says = f"{span} for {number(len(buyers))} investor{'' if len(buyers) == 1 else 's'}; none of them is taken"
    taken = {_as_read(each): each for each in ledger.numbers}
    twice = next((each for each in numbers if _as_read(each) in taken), "")
    wrong = ""
    if twice:
        says = f"{span} for {number(len(buyers))} investors"
        wrong = f"{twice} reads like {taken[_as_read(twice)]}, which is taken. Choose another prefix in the deal file."
    return TieLine(Tied.CERTIFICATES, what, says, wrong)


def _as_read(certificate: str) -> str:
    """A number as people tell it apart: without case and spaces."""
    return "".join(certificate.casefold().split())
