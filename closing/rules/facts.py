"""The facts on file of a deal: frozen records, each with the moment it came on file.

A fact counts from `at` on and, where it was taken back, until `withdrawn_at` (a returned wire, a revoked proxy, a
sign-off withdrawn). So the state at any moment in the past is a function of the same facts. Investors are referred to
by registered name, documents by deliverable key, signatories by signature-block key, conditions by section.
Times are aware; money is `Decimal`; shares are whole numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Self

from closing.rules.consent_facts import (
    Approval as Approval,
    Consent as Consent,
    Holder as Holder,
    Proposal as Proposal,
    Proxy as Proxy,
    VotingStock as VotingStock,
    Waiver as Waiver,
)
from closing.rules.fact import Fact as Fact
from closing.rules.money_facts import (
    Bill as Bill,
    BillKey as BillKey,
    BillLine as BillLine,
    CreditNote as CreditNote,
    FeePayment as FeePayment,
    FeeReversal as FeeReversal,
    OfBill as OfBill,
    OverCapAllotment as OverCapAllotment,
    OverCapPart as OverCapPart,
    Payment as Payment,
    Refund as Refund,
    Reimbursed as Reimbursed,
    WriteOff as WriteOff,
)

COMES = attrgetter("at")

UNBOUND = "none"
"""The version of a page that was made before its document had one, and came back once it had: bound to no text."""

# The moments at which a fact begins, ends or takes effect; until then and from then on it says the same.
TIMES = ("at", "withdrawn_at", "released_at", "satisfied_at", "issuer_agreed_at", "cleared_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature(Fact):
    """A signature page returned, signed by one block for one document; in escrow until released.

    `version` is the SHA-256 of the execution version signed; blank is the one in force when the page came on file,
    and UNBOUND none at all.
    """

    document: str
    block: str
    signer: str = ""
    title: str = ""
    version: str = ""
    released_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionVersion(Fact):
    """The file that the parties sign for a document: `version` is its SHA-256. The last on file is in force.

    `number` is its number among the document's versions, `blank_pages` its own blank signature pages, from 1.
    """

    document: str
    version: str
    number: int = 0
    blank_pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryOver(Fact):
    """Pages signed for earlier versions of a document count for `version`, on the authority stated in words.

    `blocks` limits it to those signatories; none means all whose pages are on file by then.
    """

    document: str
    version: str
    authority: str
    blocks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff(Fact):
    """A party (`issuer`, a counsel's key, or an investor's name) is satisfied on a condition.

    `investor` limits a sign-off on a condition to the issuer's obligation to one investor; None is as to all.
    """

    section: str
    party: str
    investor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation(Fact):
    """A party confirms representations as of a closing date. No `representations` means all of the condition's."""

    section: str
    party: str
    as_of: date
    representations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure(Fact):
    """An exception of the Schedule of Exceptions against the representation that it qualifies."""

    representation: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTaken(Fact):
    """A step of a condition, taken on a date. `evidence` says what proves it."""

    section: str
    step: str
    on: date
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Fact):
    """A document delivered to one investor, or to every investor where `investor` is None."""

    document: str
    investor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate(Fact):
    """An officer's certificate: who signed it, with which title, dated when."""

    document: str
    signer: str
    title: str
    dated: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion(Fact):
    """An opinion signed by a counsel, dated as of `dated`."""

    document: str
    counsel: str
    dated: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification(Fact):
    """An authorization effective in a jurisdiction from `effective_on`, until `lapses_on` (exclusive) if given."""

    jurisdiction: str
    effective_on: date
    lapses_on: date | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThirdPartyConsent(Fact):
    """A consent obtained from somebody who is no party, by the key that the condition gives it."""

    section: str
    third_party: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(Fact):
    """A closing was effected for these investors; `reimbursed` is what it fixed for each counsel."""

    investors: tuple[str, ...]
    reimbursed: tuple[Reimbursed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All facts on file of one deal. Order within a kind carries no meaning."""

    deal: str
    voting_stock: VotingStock | None = None
    execution_versions: tuple[ExecutionVersion, ...] = ()
    signatures: tuple[Signature, ...] = ()
    carry_overs: tuple[CarryOver, ...] = ()
    sign_offs: tuple[SignOff, ...] = ()
    confirmations: tuple[Confirmation, ...] = ()
    disclosures: tuple[Disclosure, ...] = ()
    steps: tuple[StepTaken, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    qualifications: tuple[Qualification, ...] = ()
    third_party_consents: tuple[ThirdPartyConsent, ...] = ()
    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    consents: tuple[Consent, ...] = ()
    proxies: tuple[Proxy, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    approvals: tuple[Approval, ...] = ()
    bills: tuple[Bill, ...] = ()
    credit_notes: tuple[CreditNote, ...] = ()
    write_offs: tuple[WriteOff, ...] = ()
    fee_payments: tuple[FeePayment, ...] = ()
    fee_reversals: tuple[FeeReversal, ...] = ()
    over_cap_allotments: tuple[OverCapAllotment, ...] = ()
    closings: tuple[Closed, ...] = ()

    def tables(self) -> Iterator[tuple[str, tuple[Fact, ...]]]:
        """Every kind of fact by the name of its table in the facts file."""
        for each in fields(self):
            if each.name not in ("deal", "voting_stock"):
                yield each.name, getattr(self, each.name)

    def on(self, moment: datetime) -> Self:
        """The facts that stand at `moment`: on file by then, and not taken back by then."""
        return self.split(moment)[0]

    def split(self, moment: datetime) -> tuple[Self, list[Fact]]:
        """The facts that stand at `moment`, and those that had been taken back by then."""
        withdrawn: list[Fact] = []
        standing: dict[str, Any] = {}
        for name, facts in self.tables():
            stand = tuple(
                # What `stands` says, without a call for every fact.
                [each for each in facts if each.at <= moment and ((end := each.withdrawn_at) is None or end > moment)]
            )
            if len(stand) < len(facts):
                standing[name] = stand
                withdrawn += [each for each in facts if each.withdrawn_at is not None and each.withdrawn_at <= moment]
        return (replace(self, **standing) if standing else self), withdrawn

    @property
    def opened_at(self) -> datetime | None:
        """When the first fact came on file; what nobody has begun is owed since then."""
        return min((min(map(COMES, facts)) for _, facts in self.tables() if facts), default=None)

    @property
    def settled_at(self) -> datetime | None:
        """The last moment at which any of it came about or ended: at every later one the facts say the same."""
        times: set[datetime] = set()
        for _, facts in self.tables():
            for name in TIMES:
                if facts and hasattr(facts[0], name):
                    times.update(filter(None, map(attrgetter(name), facts)))
        return max(times, default=None)
