"""What is on file for one investor, in words: its own pages, payments, confirmations and answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from closing.rules.duties import own_pages
from closing.rules.facts import Consent, Facts
from closing.rules.gate import Gate
from closing.rules.terms import Investor
from closing.rules.words import listing, money


@dataclass(frozen=True, slots=True)
class Done:
    """Something on file for the investor. `is_wrong` marks what was undone: a payment returned."""

    text: str
    at: datetime
    note: str = ""
    is_wrong: bool = False


def done_of(gate: Gate, on_file: Facts, investor: Investor) -> tuple[Done, ...]:
    """Everything on file for the investor, the latest first. `on_file` has what was taken back, too."""
    found = [*_signed(gate, investor), *_paid(gate, on_file, investor), *_said(gate, investor)]
    return tuple(sorted(found, key=lambda each: each.at, reverse=True))


def _signed(gate: Gate, investor: Investor) -> Iterator[Done]:
    released = {(each.document, each.block) for each in gate.facts.signatures if each.released_at}
    for page in own_pages(gate, investor):
        if page.signed_at is not None:
            whom = f" by {page.block.party}" if len(investor.blocks) > 1 else ""
            where = "released" if (page.document, page.block.key) in released else "in escrow"
            yield Done(f"{page.title} signed{whom}, {where}", page.signed_at)


def _paid(gate: Gate, on_file: Facts, investor: Investor) -> Iterator[Done]:
    currency = gate.deal.agreement.currency
    for paid in on_file.payments:
        if paid.investor != investor.name or paid.at > gate.moment:
            continue
        yield Done(f"{short(paid.amount, currency)} received by {paid.method}", paid.at, paid.reference)
        if paid.withdrawn_at is not None and paid.withdrawn_at <= gate.moment:
            said = f"{short(paid.amount, currency)} returned"
            yield Done(said, paid.withdrawn_at, paid.withdrawn_reason, is_wrong=True)
    for sent in gate.facts.refunds:
        if sent.investor == investor.name:
            yield Done(f"{short(sent.amount, currency)} sent back to you by {sent.method}", sent.at, sent.reference)


def _said(gate: Gate, investor: Investor) -> Iterator[Done]:
    for confirmed in gate.facts.confirmations:
        if confirmed.party == investor.name:
            what = f" {', '.join(confirmed.representations)}" if confirmed.representations else ""
            yield Done(f"Representations{what} confirmed, {confirmed.section}", confirmed.at, confirmed.note)
    for each in gate.facts.sign_offs:
        if each.party == investor.name:
            heading = gate.deal.condition_by_section[each.section].heading
            yield Done(f"{heading} signed off, {each.section}", each.at, each.note)
    for consent in gate.facts.consents:
        if consent.investor == investor.name:
            yield Done(answer_in_words(consent, gate, investor), consent.at, on_condition(consent))


def answer_in_words(consent: Consent, gate: Gate, investor: Investor) -> str:
    """What was answered to a waiver, and by whom where several sign for the investor."""
    sections = next(
        (listing(each.sections) for each in gate.facts.waivers if each.key == consent.waiver), consent.waiver
    )
    parties = [block.party for block in investor.blocks if block.key in consent.blocks]
    whom = f", by {listing(parties)}" if len(investor.blocks) > 1 and parties else ""
    if consent.declined:
        return f"Waiver of {sections} declined{whom}"
    how = "" if consent.written else " orally, which has no effect until it is in writing"
    return f"Consented to the waiver of {sections}{how}{whom}"


def on_condition(consent: Consent) -> str:
    if not consent.subject_to:
        return ""
    state = "met" if consent.satisfied_at else "without effect until it is met"
    return f"On condition that: {consent.subject_to} ({state})"


def short(amount: Decimal, currency: str) -> str:
    """`$103,000` for a whole amount, `$1,212.40` for another."""
    return money(amount, currency).removesuffix(".00")
