"""Small deals and the facts that meet every condition of them, for the tests of the rules."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

from closing.rules.evidence import (
    BringDown,
    ByJurisdiction,
    CounselOpinion,
    InOrder,
    Jurisdiction,
    OfficerCertificate,
    PriceReceived,
    ProxyTally,
    Representation,
    SignedByAll,
    SignedOff,
    Step,
    ThirdParty,
)
from closing.rules.facts import Facts
from closing.rules.gate import Gate, evaluate
from closing.rules.terms import (
    Address,
    Agreement,
    ClosingTerms,
    Condition,
    Counsel,
    Counted,
    Deal,
    Deliverable,
    FeeCap,
    Investor,
    Issuer,
    Obligation,
    Person,
    Security,
    Side,
    SignatureBlock,
    Survival,
    Threshold,
)
from tests.rules.meeting import facts_that_meet

PACIFIC = timezone(timedelta(hours=-7))
CLOSING = datetime(1996, 6, 10, 11, 0, tzinfo=PACIFIC)
CLOSING_DAY = date(1996, 6, 10)
BEFORE = datetime(1996, 6, 1, 12, 0, tzinfo=UTC)
LATE = CLOSING + timedelta(hours=1)
PRICE = Decimal("1000.00")
ADDRESS = Address(lines=("1 Main Street",), jurisdiction="US-CA")


def _condition(
    section: str, evidence: object, counted: Counted = Counted.DEAL, obligation: Obligation = Obligation.INVESTORS
) -> Condition:
    return Condition(
        section=section,
        heading=f"Heading of {section}",
        text="",
        obligation=obligation,
        counted=counted,
        evidence=evidence,  # type: ignore[arg-type]
    )


def _representations(*lines: str) -> tuple[Representation, ...]:
    pairs = [line.split(" ", 1) for line in lines]
    return tuple(Representation(ref=ref, heading=heading) for ref, heading in pairs)


def conditions() -> tuple[Condition, ...]:
    """One condition of each kind, numbered as in the reference agreement."""
    company = (
        Representation(ref="3(a)", heading="Corporate Power"),
        Representation(ref="3(b)", heading="Authorization"),
    )
    own = (Representation(ref="4(a)", heading="Experience"), Representation(ref="4(b)", heading="Own Account"))
    each, issuer = Counted.INVESTOR, Obligation.ISSUER
    states = ByJurisdiction(
        jurisdictions=(Jurisdiction(code="US-CA", name="California"), Jurisdiction(code="US-MA", name="Massachusetts"))
    )
    return (
        _condition("2(a)(i)", BringDown(by="issuer", representations=company)),
        _condition("2(a)(ii)", SignedOff(by=("investors-counsel",))),
        _condition(
            "2(a)(iii)",
            InOrder(
                steps=(
                    Step(key="adopted", heading="Adopted by the board", owed_by="issuer"),
                    Step(key="filed", heading="Filed in Delaware", owed_by="company-counsel"),
                )
            ),
        ),
        _condition(
            "2(a)(iv)",
            OfficerCertificate(
                document="certificate",
                titles=("Chief Executive Officer", "Chief Operating Officer", "Chief Financial Officer"),
                certifies=("2(a)(i)", "2(a)(ii)"),
            ),
            each,
        ),
        _condition("2(a)(v)", CounselOpinion(document="opinion", counsel="company-counsel"), each),
        _condition("2(a)(vi)", states),
        _condition("2(a)(vii)", SignedOff(by=("investors-counsel", "investors")), each),
        _condition(
            "2(a)(viii)",
            SignedByAll(document="rights", third_parties=(ThirdParty(key="holders", heading="Prior holders"),)),
            Counted.EVERY_INVESTOR,
        ),
        _condition("2(a)(ix)", ProxyTally(document="proxies", more_than=Fraction(1, 2), record_date=date(1996, 5, 1))),
        _condition("2(b)(i)", BringDown(by="investors", representations=own), each, issuer),
        _condition("2(b)(ii)", PriceReceived(), each, issuer),
        _condition("2(b)(iii)", SignedOff(by=("issuer", "company-counsel")), each, issuer),
        _condition("2(b)(iv)", SignedOff(by=("company-counsel",)), each, issuer),
        _condition("2(b)(v)", states, obligation=issuer),
    )


def investor(name: str, shares: int, *, joint: bool = False) -> Investor:
    """An investor with one signature block, or with two that sign together."""
    keys = (f"{name}-1", f"{name}-2") if joint else (name,)
    return Investor(
        name=name,
        shares=shares,
        purchase_price=shares * PRICE,
        address=ADDRESS,
        contacts=("Contact",),
        blocks=tuple(SignatureBlock(key=key, party=key, person="Contact") for key in keys),
    )


def deal(*investors: Investor) -> Deal:
    """A deal with every kind of condition; three investors, the last of them joint, unless others are given."""
    buyers = investors or (investor("Alpha", 4000), investor("Beta", 3999), investor("Gamma", 1, joint=True))
    total = sum(each.shares for each in buyers)
    return Deal(
        code="test",
        name="Test",
        agreement=Agreement(title="Stock Purchase Agreement", dated=CLOSING_DAY, currency="USD"),
        issuer=Issuer(
            code="issuer",
            name="The Company",
            jurisdiction="US-DE",
            address=ADDRESS,
            contacts=("Contact",),
            blocks=(SignatureBlock(key="issuer", party="The Company", person="Contact"),),
        ),
        security=Security(
            name="Series B Preferred Stock",
            short="Series B",
            price_per_share=PRICE,
            max_shares=total,
            max_amount=total * PRICE,
        ),
        closing=ClosingTerms(at=CLOSING, time_zone="America/Los_Angeles", place="Newport Beach"),
        people=(Person(name="Contact", email="contact@issuer.example"),),
        counsel=(
            Counsel(key="company-counsel", name="Company Counsel", short="CC", side=Side.ISSUER, address=ADDRESS),
            Counsel(
                key="investors-counsel", name="Investors Counsel", short="IC", side=Side.INVESTORS, address=ADDRESS
            ),
        ),
        investors=buyers,
        conditions=conditions(),
        deliverables=tuple(
            Deliverable(key=key, title=key, part="Part", owed_by="issuer", owed_to="investors", signed_by=signed_by)
            for key, signed_by in (
                ("rights", ("issuer", "investors")),
                ("certificate", ("issuer",)),
                ("opinion", ()),
                ("proxies", ()),
            )
        ),
        thresholds=(
            Threshold(matter="move-closing", section="1(b)", of="shares-sold", more_than=Fraction(1, 2)),
            Threshold(
                matter="amendment", section="6(b)", of="shares-outstanding", at_least=Fraction(1, 2), written=True
            ),
        ),
        fees=(FeeCap(section="6(d)", counsel="investors-counsel", cap=Decimal("25000.00")),),
        survival=Survival(section="6(f)", months=18),
    )


def all_in(deal: Deal) -> Facts:
    """The least facts that meet every condition for every investor."""
    return facts_that_meet(deal, BEFORE)


def with_tables(facts: Facts, **tables: Any) -> Facts:
    """The facts with some tables exchanged."""
    return replace(facts, **tables)


def without(facts: Facts, table: str, *positions: int) -> Facts:
    """The facts less some rows of a table."""
    rows = getattr(facts, table)
    return with_tables(facts, **{table: tuple(row for i, row in enumerate(rows) if i not in positions)})


def states(gate: Gate) -> dict[str, dict[str, str]]:
    """The state of every cell, by investor and section."""
    return {
        each.investor.name: {section: cell.state.value for section, cell in each.cells.items()}
        for each in gate.investors
    }


def state(deal: Deal, facts: Facts, section: str, name: str = "Alpha") -> str:
    """The state of one condition for one investor just after the closing hour."""
    return states(evaluate(deal, facts, LATE))[name][section]
