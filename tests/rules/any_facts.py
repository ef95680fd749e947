"""Random facts about the Cerplex deal, of every kind, none of which cannot be."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from closing.rules.deal_file import read_deal
from closing.rules.evidence import BringDown, SignedByAll, SignedOff
from closing.rules.facts import (
    Approval,
    Bill,
    BillLine,
    CarryOver,
    Certificate,
    Closed,
    Confirmation,
    Consent,
    CreditNote,
    Delivery,
    Disclosure,
    ExecutionVersion,
    Facts,
    FeePayment,
    FeeReversal,
    Holder,
    Opinion,
    OverCapAllotment,
    OverCapPart,
    Payment,
    Proposal,
    Proxy,
    Qualification,
    Refund,
    Signature,
    SignOff,
    ThirdPartyConsent,
    VotingStock,
    Waiver,
    WriteOff,
)
from closing.rules.terms import INVESTORS, LineKind

SAMPLES = Path(__file__).parents[2] / "closing" / "samples"
CERPLEX = read_deal((SAMPLES / "cerplex-1996.toml").read_text(), "cerplex-1996.toml")

INVESTOR_NAMES = st.sampled_from([each.name for each in CERPLEX.investors])
BEFORE = datetime(1995, 1, 1, tzinfo=UTC)
FIRST, LAST = datetime(1996, 1, 1), datetime(1996, 12, 31)  # noqa: DTZ001 - the strategy adds the zone
ZONES = [UTC, timezone(timedelta(hours=-7)), timezone(timedelta(minutes=345))]
moments = st.datetimes(FIRST, LAST, timezones=st.sampled_from(ZONES))
days = st.dates(date(1995, 1, 1), date(1998, 1, 1))
words = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).map(str.strip).filter(bool)
amounts = st.integers(1, 10**9).map(lambda cents: Decimal(cents) / 100)


def of(kind: type[Any], **values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Some facts of a kind, on file at some moment, some of them taken back later."""

    def build(at: datetime, back: timedelta | None, note: str, rest: dict[str, Any]) -> Any:
        taken: dict[str, Any] = {} if back is None else {"withdrawn_at": at + back, "withdrawn_reason": note}
        return kind(at=at, note=note, **taken, **rest)

    back = st.none() | st.timedeltas(timedelta(0), timedelta(days=400))
    one = st.builds(build, moments, back, words, st.fixed_dictionaries(values))
    return st.lists(one, max_size=4).map(tuple)


def once(facts: tuple[Any, ...], *names: str) -> tuple[Any, ...]:
    """The facts without those that repeat an earlier one's key."""
    return tuple({tuple(getattr(each, name) for name in names): each for each in reversed(facts)}.values())


def section_and(kind: type[Any], part: str) -> st.SearchStrategy[tuple[str, str]]:
    pairs = [
        (each.section, item.key if hasattr(item, "key") else item.ref)
        for each in CERPLEX.conditions
        if isinstance(each.evidence, kind)
        for item in getattr(each.evidence, part)
    ]
    return st.sampled_from(pairs)


def sign_offs() -> list[tuple[str, str]]:
    found = []
    for each in CERPLEX.conditions:
        if isinstance(each.evidence, SignedOff):
            names = tuple(CERPLEX.investor_by_name) if INVESTORS in each.evidence.by else ()
            found += [(each.section, party) for party in (*each.evidence.by, *names) if party != INVESTORS]
    return found


PAGES = [(paper.key, block.key) for paper in CERPLEX.deliverables for block in CERPLEX.blocks_for(paper)]
AGREEMENT = "registration-rights-agreement"
AGREED = [page for page in PAGES if page[0] == AGREEMENT]
REFS = [
    each.ref
    for condition in CERPLEX.conditions
    if isinstance(condition.evidence, BringDown)
    for each in condition.evidence.representations
]


@st.composite
def money_of_bills(draw: st.DrawFn, bills: tuple[Bill, ...]) -> dict[str, Any]:
    """What became of bills that stand: taken off, paid, netted and come back, within each bill and the cap."""
    found: dict[str, list[Any]] = {"credit_notes": [], "write_offs": [], "fee_payments": [], "fee_reversals": []}
    room = Decimal(25000)
    for bill in [each for each in bills if each.withdrawn_at is None]:
        line = bill.lines[0]
        fact: Any = {"at": draw(moments), "counsel": bill.counsel, "bill": bill.number}
        parts = sorted(draw(st.lists(st.integers(0, int(line.amount * 100)), min_size=4, max_size=4)))
        credit, off, pay, back = (
            Decimal(upper - lower) / 100 for lower, upper in zip([0, *parts[:3]], parts, strict=True)
        )
        if credit:
            of_note = (replace(line, amount=credit),)
            found["credit_notes"].append(CreditNote(**fact, number=draw(words), dated=bill.dated, lines=of_note))
        if off:
            found["write_offs"].append(WriteOff(**fact, kind=line.kind, amount=off))
        is_own = bill.counsel != "investors-counsel"
        paid = pay + back if is_own else min(pay + back, room)
        if paid and line.kind is not LineKind.DISPUTE:
            wires = st.just("") if is_own else st.just("") | INVESTOR_NAMES
            said: Any = {**fact, "kind": line.kind, "netted_from": draw(wires)}
            found["fee_payments"].append(FeePayment(**said, amount=paid))
            if 0 < back <= paid:
                found["fee_reversals"].append(FeeReversal(**said, amount=back))
            room -= paid if not is_own else 0
    return {name: tuple(rows) for name, rows in found.items()}


@st.composite
def valid_facts(draw: st.DrawFn) -> Facts:
    """Facts of every kind about the Cerplex deal, none of which cannot be."""

    def some(kind: type[Any], **values: st.SearchStrategy[Any]) -> tuple[Any, ...]:
        return draw(of(kind, **values))

    def split(facts: tuple[Any, ...], name: str, first: str, second: str) -> tuple[Any, ...]:
        return tuple(replace(each, **{first: getattr(each, name)[0], second: getattr(each, name)[1]}) for each in facts)

    def pairs(
        kind: type[Any], first: str, second: str, source: st.SearchStrategy[Any], **more: st.SearchStrategy[Any]
    ) -> tuple[Any, ...]:
        return split(some(kind, **{first: source, second: st.just("")}, **more), first, first, second)

    stock = VotingStock(
        record_date=date(1996, 5, 20),
        holders=(Holder(name="Ådel & Co", shares=draw(st.integers(100, 10**9))), Holder(name="Other", shares=100)),
    )
    waivers = once(
        some(
            Waiver,
            key=st.sampled_from(["a", "b-1"]),
            sections=st.just(("2(a)(vi)", "2(a)(i)")),
            text=words,
            items=st.lists(st.sampled_from(["US-CA", "3(h)"]), unique=True).map(tuple),
            for_closing_on=st.none() | days,
            until=st.none() | days,
        ),
        "key",
    )
    waivers = tuple(replace(each, at=BEFORE) for each in waivers)
    proposals = once(
        some(
            Proposal,
            key=st.sampled_from(["p", "q"]),
            matter=st.just("move-closing"),
            to=moments,
            text=words,
            place=words,
            issuer_agreed_at=st.none() | moments,
        ),
        "key",
    )
    proposals = tuple(replace(each, at=BEFORE) for each in proposals)
    versions = some(
        ExecutionVersion,
        document=st.just(AGREEMENT),
        version=st.sampled_from(["0" * 64, "f" * 64, "0123456789abcdef" * 4]),
        number=st.integers(0, 3),
        blank_pages=st.lists(st.integers(1, 40), unique=True, max_size=3).map(tuple),
    )
    versions = tuple(replace(each, at=BEFORE) for each in versions)
    lines = st.builds(BillLine, kind=st.sampled_from(LineKind), description=words, amount=amounts)
    fairbairns = {"investor": st.just("Malcolm and Emily Fairbairn"), "blocks": st.just(("emily-fairbairn",))}
    payments = some(
        Payment,
        investor=INVESTOR_NAMES,
        amount=amounts,
        currency=st.just("USD"),
        method=st.sampled_from(["wire", "check"]),
        reference=words,
    )
    payments = tuple(
        replace(each, cleared_at=each.at + timedelta(hours=1)) if each.method == "check" else each for each in payments
    )
    bills = once(
        some(
            Bill,
            number=words,
            counsel=st.sampled_from(["investors-counsel", "company-counsel"]),
            dated=st.just(date(1995, 12, 1)),
            lines=st.lists(lines, min_size=1, max_size=3).map(tuple),
            received_on=st.none() | st.just(date(1995, 12, 3)),
            paper=st.sampled_from(["", "a" * 64]),
        ),
        "counsel",
        "number",
    )
    parts = st.builds(OverCapPart, investor=INVESTOR_NAMES, parts=amounts)
    kinds: dict[str, tuple[Any, ...]] = {
        "execution_versions": versions,
        "signatures": once(
            pairs(
                Signature,
                "document",
                "block",
                st.sampled_from(PAGES if not versions else AGREED),
                signer=words,
                version=st.sampled_from(["", *(each.version for each in versions)]),
            ),
            "document",
            "block",
        ),
        "carry_overs": some(
            CarryOver,
            document=st.just(AGREEMENT),
            version=st.sampled_from([each.version for each in versions]),
            authority=words,
            blocks=st.lists(st.sampled_from([block for _, block in AGREED]), unique=True, max_size=3).map(tuple),
        )
        if versions
        else (),
        "sign_offs": pairs(SignOff, "section", "party", st.sampled_from(sign_offs())),
        "confirmations": some(
            Confirmation,
            section=st.just("2(b)(i)"),
            party=INVESTOR_NAMES,
            as_of=days,
            representations=st.lists(st.sampled_from([ref for ref in REFS if ref[0] == "4"])).map(tuple),
        ),
        "disclosures": some(Disclosure, representation=st.sampled_from(REFS), text=words),
        "deliveries": some(
            Delivery,
            document=st.sampled_from([each.key for each in CERPLEX.deliverables]),
            investor=st.none() | INVESTOR_NAMES,
        ),
        "certificates": some(
            Certificate, document=st.just("compliance-certificate"), signer=words, title=words, dated=days
        ),
        "opinions": some(
            Opinion,
            document=st.just("opinion-of-company-counsel"),
            counsel=st.sampled_from(list(CERPLEX.counsel_by_key)),
            dated=days,
        ),
        "qualifications": some(Qualification, jurisdiction=st.sampled_from(["US-CA", "US-MA"]), effective_on=days),
        "third_party_consents": pairs(
            ThirdPartyConsent, "section", "third_party", section_and(SignedByAll, "third_parties")
        ),
        "payments": payments,
        "refunds": tuple(
            Refund(at=each.at, investor=each.investor, amount=each.amount / 2, currency="USD", reference=each.reference)
            for each in once(payments, "investor")
            if each.stands(each.at) and each.amount * 50 % 1 == 0
        ),
        "waivers": waivers,
        "consents": once(
            some(Consent, waiver=st.sampled_from([each.key for each in waivers]), subject_to=words, **fairbairns),
            "waiver",
        )
        if waivers
        else (),
        "proxies": some(Proxy, stockholder=st.sampled_from(["Ådel & Co", "Other"]), shares=st.integers(1, 100)),
        "proposals": proposals,
        "approvals": some(Approval, proposal=st.sampled_from([each.key for each in proposals]), **fairbairns)
        if proposals
        else (),
        "bills": bills,
        **draw(money_of_bills(bills)),
        "over_cap_allotments": some(
            OverCapAllotment,
            parts=st.lists(parts, min_size=1, max_size=3, unique_by=lambda part: part.investor).map(tuple),
        ),
        "closings": once(some(Closed, investors=INVESTOR_NAMES.map(lambda name: (name,))), "investors"),
    }
    return Facts(deal=CERPLEX.code, voting_stock=stock, **kinds)
