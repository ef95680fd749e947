"""The terms of a deal, as its deal file states them: frozen values that the rules read.

Money is `Decimal` in the deal's currency; shares are whole numbers; times are aware. Parties are referred to as
`issuer`, as `investors` (each of them), by the key of a counsel, or by an investor's registered name.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Literal

from closing.rules.evidence import Evidence
from closing.rules.parties import (
    INVESTORS as INVESTORS,
    ISSUER as ISSUER,
    Address as Address,
    ChainLink as ChainLink,
    Counsel as Counsel,
    Investor as Investor,
    Issuer as Issuer,
    Person as Person,
    Side as Side,
    SignatureBlock as SignatureBlock,
)


class Obligation(StrEnum):
    """Whose obligation to close a condition conditions."""

    INVESTORS = "investors"
    ISSUER = "issuer"


class Counted(StrEnum):
    """How a condition is counted (domain words: once for the deal; for each investor; every investor, for all)."""

    DEAL = "deal"
    INVESTOR = "investor"
    EVERY_INVESTOR = "every-investor"


class LineKind(StrEnum):
    """What a line of counsel's bill is for. What a dispute costs stands outside every cap and reimbursement (6(d))."""

    FEE = "fee"
    EXPENSE = "expense"
    DISPUTE = "dispute"


REIMBURSED = (LineKind.FEE, LineKind.EXPENSE)
"""The kinds of line that the issuer may pay of a bill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The agreement that the deal closes. `dated` is the date on its face."""

    title: str
    dated: date
    currency: str
    governing_law: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """What is sold, and the most of it that may be (Section 1(a))."""

    name: str
    short: str
    price_per_share: Decimal
    max_shares: int
    max_amount: Decimal
    legends: tuple[str, ...] = ()
    certificate_prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingTerms:
    """When and where (Section 1(b)). `at` is aware; `time_zone` is an IANA name in which times are shown.

    `further_closings`: whether those left out of a closing may close later, and until which day, where there is one.
    """

    at: datetime
    time_zone: str
    place: str
    further_closings: bool = False
    further_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition precedent of the agreement. `text` is a paraphrase; `benefits` is who may insist on it."""

    section: str
    heading: str
    text: str
    obligation: Obligation
    counted: Counted
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliverable:
    """A document or act owed at or before the closing. `serves` are sections; `signed_by` party references.

    `signing_order` lists groups of them: who is in one group signs in parallel, and after every earlier group.
    """

    key: str
    title: str
    part: str
    owed_by: str
    owed_to: str
    serves: tuple[str, ...] = ()
    signed_by: tuple[str, ...] = ()
    section: str = ""
    act: bool = False
    signing_order: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """How many must agree to `matter`: `more_than` is strict, `at_least` is not; exactly one of them is given."""

    matter: Literal["move-closing", "amendment", "public-disclosure"]
    section: str
    of: Literal["shares-sold", "shares-outstanding"]
    more_than: Fraction | None = None
    at_least: Fraction | None = None
    written: bool = False
    issuer_agrees: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeCap:
    """What the issuer reimburses of a counsel's bills (Section 6(d)). A counsel that no cap names is not reimbursed.

    `cap` is an amount of the deal's currency, or None for no cap; `cap_covers` are the kinds of line that it limits.
    `only_if_closed` False is payable without a closing.
    """

    section: str
    counsel: str
    cap: Decimal | None
    cap_covers: tuple[LineKind, ...] = (LineKind.FEE,)
    only_if_closed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UseOfProceeds:
    """What the agreement says of the use of a part of the proceeds (Section 5(e)): a fraction of them, or an amount.

    Exactly one of `fraction` and `amount` (in the deal's currency) is given. With `about` the agreement leaves the
    exact amount open, and counsel state it in the funds flow. `payee` is blank where the agreement names nobody.
    """

    section: str
    purpose: str
    payee: str = ""
    fraction: Fraction | None = None
    amount: Decimal | None = None
    about: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """How long the representations survive the closing (Section 6(f))."""

    section: str
    months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Covenant:
    """A covenant and when it falls due. `minimum_shares` limits who may claim it."""

    section: str
    heading: str
    text: str
    owed_by: str
    due: Literal["by-closing", "after-closing"]
    minimum_shares: int | None = None
    due_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault in the agreement itself, which the software points out and does not mend."""

    section: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Deal:
    """A whole deal file. Valid by construction only through `closing.rules.deal_file`."""

    code: str
    name: str
    agreement: Agreement
    issuer: Issuer
    security: Security
    closing: ClosingTerms
    people: tuple[Person, ...]
    counsel: tuple[Counsel, ...]
    investors: tuple[Investor, ...]
    conditions: tuple[Condition, ...]
    deliverables: tuple[Deliverable, ...]
    thresholds: tuple[Threshold, ...]
    fees: tuple[FeeCap, ...]
    survival: Survival
    covenants: tuple[Covenant, ...] = ()
    faults: tuple[Fault, ...] = ()
    proceeds: tuple[UseOfProceeds, ...] = ()

    @cached_property
    def investor_by_name(self) -> dict[str, Investor]:
        """Schedule A by registered name."""
        return {investor.name: investor for investor in self.investors}

    @cached_property
    def condition_by_section(self) -> dict[str, Condition]:
        """The conditions by section, for example `2(a)(vi)`."""
        return {condition.section: condition for condition in self.conditions}

    @cached_property
    def deliverable_by_key(self) -> dict[str, Deliverable]:
        """The deliverables by key."""
        return {deliverable.key: deliverable for deliverable in self.deliverables}

    @cached_property
    def counsel_by_key(self) -> dict[str, Counsel]:
        """The law firms by key."""
        return {counsel.key: counsel for counsel in self.counsel}

    @cached_property
    def cap_by_counsel(self) -> dict[str, FeeCap]:
        """What is reimbursed of whose bills, by the counsel's key."""
        return {each.counsel: each for each in self.fees}

    @property
    def fee_sections(self) -> str:
        """The sections on reimbursing counsel, for a heading: `6(d)`."""
        return ", ".join(dict.fromkeys(each.section for each in self.fees))

    @cached_property
    def party_of_block(self) -> dict[str, str]:
        """For every signature block the party that it binds: `issuer` or an investor's name."""
        parties = {block.key: ISSUER for block in self.issuer.blocks}
        parties.update({block.key: investor.name for investor in self.investors for block in investor.blocks})
        return parties

    @cached_property
    def block_by_key(self) -> dict[str, SignatureBlock]:
        """Every signature block by key."""
        blocks = {block.key: block for block in self.issuer.blocks}
        blocks.update({block.key: block for investor in self.investors for block in investor.blocks})
        return blocks

    @property
    def shares(self) -> int:
        """Shares sold: the total of Schedule A."""
        return sum(investor.shares for investor in self.investors)

    @property
    def purchase_price(self) -> Decimal:
        """The total purchase price of Schedule A, in the deal's currency."""
        return sum((investor.purchase_price for investor in self.investors), Decimal(0))

    def blocks_for(self, deliverable: Deliverable) -> tuple[SignatureBlock, ...]:
        """The signature blocks of everybody who signs `deliverable`, issuer first, then Schedule A's order."""
        blocks: list[SignatureBlock] = []
        if ISSUER in deliverable.signed_by:
            blocks.extend(self.issuer.blocks)
        for investor in self.investors:
            if INVESTORS in deliverable.signed_by or investor.name in deliverable.signed_by:
                blocks.extend(investor.blocks)
        return tuple(blocks)

    def party_name(self, reference: str) -> str:
        """The name to print for a party reference; an investor's name stands for itself."""
        if reference == ISSUER:
            return self.issuer.name
        if reference == INVESTORS:
            return "Each investor"
        counsel = self.counsel_by_key.get(reference)
        return counsel.name if counsel else reference
