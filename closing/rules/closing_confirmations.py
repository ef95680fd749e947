"""What each side's counsel confirms before a closing, line by line, so that a change says itself in words.

Two confirmations count together where they are of the same lines: the same investors, money, pages and dates.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from closing.rules.closings import ClosingReview
from closing.rules.gate import Gate
from closing.rules.terms import ISSUER
from closing.rules.tie_out import Tied
from closing.rules.words import at_time, listing, money, number, on_day

STOPS = ".;:"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A line of what is confirmed: `what` it is about, and what is said of it. `key` finds it again."""

    key: str
    what: str
    says: str


def lines_of(review: ClosingReview, gate: Gate) -> tuple[Confirmed, ...]:
    """Everything that the closing would do, and who is left out, as whoever confirms it sees it.

    What others follow from comes first: investors and money before totals and pages.
    """
    return (
        *_when(review, gate),
        *_investors(review),
        *_money(review, gate),
        *_totals(review),
        *_pages(review, gate),
        *_after(review),
    )


def digest_of(lines: Iterable[Confirmed]) -> str:
    """SHA-256 of the lines: two equal ones are the same closing."""
    said = json.dumps([[each.key, each.says] for each in lines], separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def changes(seen: Iterable[Confirmed], now: Iterable[Confirmed]) -> tuple[str, ...]:
    """What is otherwise now than it was seen, a sentence for each line, what others follow from first."""
    before, after = {each.key: each for each in seen}, {each.key: each for each in now}
    return tuple(
        _change(before.get(key), after.get(key))
        for key in {**before, **after}
        if key not in before or key not in after or before[key].says != after[key].says
    )


def _change(before: Confirmed | None, now: Confirmed | None) -> str:
    if now is None:
        assert before is not None
        return f"{before.what}: no longer {before.says.rstrip(STOPS)}."
    if before is None:
        return f"{now.what}: now {now.says.rstrip(STOPS)}."
    return f"{now.what}: {before.says.rstrip(STOPS)} when it was confirmed, and now {now.says.rstrip(STOPS)}."


def _when(review: ClosingReview, gate: Gate) -> Iterator[Confirmed]:
    at = at_time(gate.closing.at, gate.deal.closing.time_zone)
    yield Confirmed("closing", "The closing", f"number {review.number}, {at}, {gate.closing.place}")


def _investors(review: ClosingReview) -> Iterator[Confirmed]:
    for line in review.tie_out.lines:
        if line.kind is Tied.INVESTOR:
            yield Confirmed(f"investor {line.what}", line.what, f"closes, {line.says}")
    for left in review.left_out:
        yield Confirmed(f"investor {left.investor.name}", left.investor.name, "left out")


def _totals(review: ClosingReview) -> Iterator[Confirmed]:
    for line in review.tie_out.lines:
        if line.kind is not Tied.INVESTOR:
            yield Confirmed(f"tie-out {line.kind}", line.what, line.says)


def _pages(review: ClosingReview, gate: Gate) -> Iterator[Confirmed]:
    """The pages released, by party, each with the version that was signed."""
    of = gate.deal
    pages: dict[str, list[str]] = {}
    for document, block, version in sorted(review.pages):
        title = of.deliverable_by_key[document].title
        pages.setdefault(of.party_of_block[block], []).append(f"{title} {version[:8]}".strip())
    for party in (ISSUER, *(each.name for each in review.ready)):
        if party in pages:
            what = f"Signature pages of {of.issuer.name if party == ISSUER else party}"
            yield Confirmed(f"pages {party}", what, f"released: {listing(pages[party], most=len(pages[party]))}")


def _money(review: ClosingReview, gate: Gate) -> Iterator[Confirmed]:
    of, currency = gate.deal, gate.deal.agreement.currency
    for each in review.reimbursed:
        said = f"{money(each.fees, currency)} of fees and {money(each.expenses, currency)} of expenses reimbursed"
        netted = f", {money(each.netted, currency)} of it netted from wires" if each.netted else ""
        yield Confirmed(f"reimbursed {each.counsel}", of.party_name(each.counsel), said + netted)
    if review.over_cap:
        said = listing((f"{name} {money(part, currency)}" for name, part in review.over_cap), most=len(review.over_cap))
        yield Confirmed("over the cap", "Over the cap", f"{money(review.fees_over_cap, currency)}, with {said}")
    for use, amount in review.proceeds:
        about = "about " if use.about else ""
        yield Confirmed(f"proceeds {use.purpose}", use.purpose, f"{about}{money(Decimal(amount), currency)}")


def _after(review: ClosingReview) -> Iterator[Confirmed]:
    yield Confirmed("survival", "The representations", f"survive until {on_day(review.survival_until)}")
    for each in review.after:
        due = f"due {on_day(each.due_on)}" if each.due_on else "due after the closing"
        yield Confirmed(f"after {each.key}", each.heading, f"opened, {due}")
    for at, legend in enumerate(review.legends, start=1):
        yield Confirmed(f"legend {at}", f"Legend {number(at)}", legend)
