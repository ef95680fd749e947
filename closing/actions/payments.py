"""Purchase price received, cleared, returned and sent back (Section 2(b)(ii)). Amounts in the deal's currency."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal, cast
from zoneinfo import ZoneInfo

from django.db import IntegrityError

from closing.actions.base import Act, ActionRefused, acting, told_by_database
from closing.actions.conditions import check_first_time
from closing.actions.fact_rows import References, insert
from closing.actions.facts import put_on_file, record_fact, withdraw_fact
from closing.actions.latches import clear_check
from closing.models import Deal, Payment, Refund
from closing.queries.deals import deal_terms
from closing.queries.fact_kinds import KIND_OF_FACT
from closing.queries.facts import fact_of, facts_of
from closing.queries.purchase_price import wire_of
from closing.rules import facts, terms
from closing.rules.access import Verb
from closing.rules.facts_file import check_facts
from closing.rules.fees import ZERO
from closing.rules.purchase_price import over_refusal, refund_refusal, twice_refusal
from closing.rules.summaries import summary
from closing.rules.words import money, on_day
from investors.models import User

Method = Literal["wire", "check"]
AGAIN = ", which stands again: it had not come back"

__all__ = [
    "CameIn",
    "NeedsConfirming",
    "Part",
    "clear_check",
    "record_parts",
    "record_payment",
    "record_wires",
    "refund_payment",
    "restore_payment",
    "return_payment",
]


class NeedsConfirming(ActionRefused):
    """What was asked is done on an explicit word only: `over` the price, or `twice` with one reference and amount."""

    def __init__(self, told: str, what: Literal["over", "twice"]) -> None:
        super().__init__(told)
        self.what = what


@dataclass(frozen=True, slots=True)
class Part:
    """What of a wire or check is one investor's, by registered name, in the deal's currency."""

    investor: str
    amount: Decimal


def record_payment(
    deal: Deal,
    by: User | None,
    *,
    investor: str,
    amount: Decimal,
    currency: str = "",
    method: Method = "wire",
    reference: str = "",
    note: str = "",
    form: str = "",
    confirmed: frozenset[str] = frozenset(),
) -> Payment:
    """Put a payment by one investor (a registered name) on file; `currency` left out is the deal's.

    Raises as `record_parts` does.
    """
    parts = (Part(investor, amount),)
    said = {"currency": currency, "method": method, "reference": reference, "note": note}
    return record_parts(deal, by, parts, amount, form=form, confirmed=confirmed, **said)[0]  # type: ignore[arg-type]


def record_parts(
    deal: Deal,
    by: User | None,
    parts: Sequence[Part],
    total: Decimal,
    *,
    currency: str = "",
    method: Method = "wire",
    reference: str = "",
    note: str = "",
    receipt: str = "",
    form: str = "",
    confirmed: frozenset[str] = frozenset(),
) -> list[Payment]:
    """Put one wire or check of `total` on file, with what of it is each investor's.

    `receipt` is the key that its parts share; left out, one is made where there are several. Raises NotAllowed;
    SentAlready where the form of that key came before; ActionRefused for parts that do not add up to the wire, an
    unknown investor, another currency; and NeedsConfirming for more than an investor owes, or for one reference and
    amount twice, unless `confirmed` holds `over` or `twice`.
    """
    with acting(deal, by) as act:
        check_first_time(act, form)
        of = deal_terms(act.deal)
        currency = currency or of.agreement.currency
        _check_parts(parts, total, currency)
        _check_confirmed(act, of, {each.investor: each.amount for each in parts}, currency, reference, confirmed)
        shared = receipt or (f"{method}-{uuid.uuid4().hex[:12]}" if len(parts) > 1 else "")
        return [
            cast(Payment, record_fact(act.deal, each, by, form=form))
            for each in _facts(parts, act.now, currency, method, reference, note, shared)
        ]


def _check_confirmed(
    act: Act, of: terms.Deal, parts: Mapping[str, Decimal], currency: str, reference: str, confirmed: frozenset[str]
) -> None:
    """Raises NeedsConfirming for parts, by investor, that come to too much or are on file, without the word for it."""
    standing = facts_of(act.deal).on(act.now)
    over = over_refusal(of, standing, parts, currency)
    if over and "over" not in confirmed:
        raise NeedsConfirming(over, "over")
    twice = twice_refusal(standing, sum(parts.values(), ZERO), currency, reference, of.closing.time_zone)
    if twice and "twice" not in confirmed:
        raise NeedsConfirming(twice, "twice")


@dataclass(frozen=True, slots=True)
class CameIn:
    """A wire that came, as a bank's statement tells of it; its `parts` share the key `receipt`."""

    parts: tuple[Part, ...]
    reference: str
    note: str
    receipt: str


def record_wires(act: Act, wires: Sequence[CameIn]) -> list[list[Payment]]:
    """Put many wires on file within an action under way, and read what is on file once; the payments of each.

    Raises NotAllowed, and ActionRefused, also for more than an investor owes; then nothing is recorded.
    """
    act.check_may(Verb.RECORD_PAYMENT)
    agreed, on_file = deal_terms(act.deal), facts_of(act.deal)
    currency = agreed.agreement.currency
    coming: dict[str, Decimal] = defaultdict(lambda: ZERO)
    said: list[facts.Payment] = []
    for wire in wires:
        said += _facts(wire.parts, act.now, currency, "wire", wire.reference, wire.note, wire.receipt)
        for part in wire.parts:
            coming[part.investor] += part.amount
    over = over_refusal(agreed, on_file.on(act.now), coming, currency)
    if over:
        raise ActionRefused(over)
    known = set(check_facts(on_file, agreed))
    problems = check_facts(replace(on_file, payments=(*on_file.payments, *said)), agreed)
    if wrong := [each.text for each in problems if each not in known]:
        raise ActionRefused("\n".join(wrong))
    try:
        rows = insert(act.deal, KIND_OF_FACT[facts.Payment], said, References(act.deal), act.user)
    except IntegrityError as error:
        raise ActionRefused(told_by_database(error)) from error
    for row, fact in zip(rows, said, strict=True):
        act.record("payment-recorded", row, summary(fact, agreed))
    left = iter(cast(list[Payment], rows))
    return [[next(left) for _ in wire.parts] for wire in wires]


def _facts(
    parts: Sequence[Part], at: datetime, currency: str, method: Method, reference: str, note: str, receipt: str
) -> list[facts.Payment]:
    return [
        facts.Payment(
            at=at,
            investor=part.investor,
            amount=part.amount,
            currency=currency,
            method=method,
            reference=reference,
            note=note,
            receipt=receipt,
        )
        for part in parts
    ]


def _check_parts(parts: Sequence[Part], total: Decimal, currency: str) -> None:
    added = sum((each.amount for each in parts), ZERO)
    if not parts or added != total:
        raise ActionRefused(
            f"The parts come to {money(added, currency)}, and {money(total, currency)} came. They must be the same."
        )
    names = [each.investor for each in parts]
    if len(set(names)) < len(names):
        raise ActionRefused("An investor is named twice. Give it one part.")


def return_payment(payment: Payment, reason: str, by: User | None) -> Payment:
    """The payment bounced or was sent back: it counts no more, and stays on file with the reason.

    A wire for several investors comes back with all of its parts. Raises NotAllowed and ActionRefused.
    """
    return cast(Payment, withdraw_fact(payment, reason, by))


def restore_payment(payment: Payment, by: User | None, *, confirmed: frozenset[str] = frozenset()) -> list[Payment]:
    """Put a payment that was wrongly taken for returned on file again, with all of its parts: it counts from now on.

    The rows taken back stay, with the reason. A check that had cleared has. Raises NotAllowed; ActionRefused; and
    NeedsConfirming as `record_parts` does, since it may have been recorded anew by hand.
    """
    with acting(payment.deal, by, Verb.RECORD_PAYMENT) as act:
        agreed = deal_terms(act.deal)
        shared = f"{payment.method}-{uuid.uuid4().hex[:12]}" if payment.receipt else ""
        parts = list(_again(act, wire_of(payment), shared))
        amounts = {each.investor: each.amount for _, each in parts}
        _check_confirmed(act, agreed, amounts, payment.currency, payment.reference, confirmed)
        rows = []
        for back, again in parts:
            row = cast(Payment, put_on_file(act, again, agreed, how=AGAIN)[0])
            row.again_of = back
            try:
                row.save(update_fields=["again_of"])
            except IntegrityError as error:
                raise ActionRefused(told_by_database(error)) from error
            rows.append(row)
        return rows


def _again(act: Act, rows: Iterable[Payment], receipt: str) -> Iterator[tuple[Payment, facts.Payment]]:
    """Each payment, and as it came, on file from now on."""
    for row in rows:
        said = cast(facts.Payment, fact_of(row))
        again = replace(
            said,
            at=act.now,
            withdrawn_at=None,
            withdrawn_reason="",
            cleared_at=act.now if said.cleared_at else None,
            receipt=receipt,
            note=f"Received {on_day(said.at.astimezone(ZoneInfo(act.deal.time_zone)).date())}; it had not come back.",
        )
        yield row, again


def refund_payment(
    deal: Deal,
    by: User | None,
    *,
    investor: str,
    amount: Decimal,
    method: Method = "wire",
    reference: str = "",
    note: str = "",
    form: str = "",
) -> Refund:
    """Put on file that the company sent back what an investor paid beyond its price.

    Raises NotAllowed; SentAlready; ActionRefused for more than the investor is over by.
    """
    with acting(deal, by, Verb.RECORD_PAYMENT) as act:
        check_first_time(act, form)
        of, standing = deal_terms(act.deal), facts_of(act.deal).on(act.now)
        refusal = refund_refusal(of, standing, investor, amount)
        if refusal:
            raise ActionRefused(refusal)
        fact = facts.Refund(
            at=act.now,
            investor=investor,
            amount=amount,
            currency=of.agreement.currency,
            method=method,
            reference=reference,
            note=note,
        )
        return cast(Refund, record_fact(act.deal, fact, by, form=form))
