"""What a person confirms the lines of a bank's statement to be, and takes back. Amounts in the deal's currency."""

from collections.abc import Sequence

from django.db import IntegrityError
from django.db.models import Count

from closing.actions.base import Act, ActionRefused, acting, told_by_database
from closing.actions.facts import withdraw_fact
from closing.actions.payments import (
    CameIn,
    Part,
    record_parts,
    record_wires,
    refund_payment,
    restore_payment,
    return_payment,
)
from closing.models import BankBooking, BankLine, BankStatement, Deal, Payment, Refund
from closing.queries.bank import as_line, ledger_of, open_lines_of, why_not_again
from closing.queries.gates import gate_of
from closing.queries.money import money
from closing.queries.purchase_price import wire_of
from closing.rules.access import Verb
from closing.rules.bank_lines import Becomes, Proposal
from closing.rules.bank_matching import proposals
from closing.rules.terms import Side
from closing.rules.words import listing, money as in_words, number, on_day
from investors.models import User

CAME = (Becomes.RECEIVED, Becomes.ON_FILE)
OTHERS = "What the line is was changed meanwhile. Load the page again; nothing was booked."


class SettledAlready(ActionRefused):
    """Somebody said what the line is before."""


def confirm_line(
    line: BankLine,
    by: User,
    becomes: Becomes,
    *,
    parts: Sequence[Part] = (),
    wire: int | None = None,
    confirmed: frozenset[str] = frozenset(),
) -> BankBooking:
    """Book what a person says that a line is; what is booked comes to the line, to the cent.

    `parts` are of a payment received, or the one of a refund; `wire` is a payment on file that the line is, or takes
    back. Raises NotAllowed; SettledAlready; ActionRefused for what the line cannot be, NeedsConfirming as
    `record_parts` does.
    """
    with acting(line.statement.deal, by, Verb.IMPORT_STATEMENT, Verb.RECORD_PAYMENT) as act:
        fresh = _open_line(act, line)
        _check_line(act, fresh, becomes)
        return _booked(act, fresh, becomes, parts, wire, confirmed)


def confirm_sure(deal: Deal, by: User, statement: BankStatement) -> int:
    """Book every line of the statement that can be but one thing; how many. Raises NotAllowed and ActionRefused."""
    with acting(deal, by, Verb.IMPORT_STATEMENT, Verb.RECORD_PAYMENT) as act:
        lines = list(open_lines_of(act.deal).select_related("statement__deal"))
        found = proposals(ledger_of(act.deal, gate_of(act.deal)), map(as_line, lines))
        sure = [
            (line, best)
            for line in lines
            if line.statement_id == statement.pk and (best := _sure(found.get(line.pk, ()))) is not None
        ]
        came = [(line, best) for line, best in sure if best.becomes is Becomes.RECEIVED]
        times = _times_booked([line for line, _ in came])
        wires = [_came_in(line, _parts(best), times.get(line.pk, 0)) for line, best in came]
        for (line, best), rows in zip(came, record_wires(act, wires), strict=True):
            _tie(act, line, best.becomes, payment=rows[0])
        for line, best in sure:
            if best.becomes is not Becomes.RECEIVED:
                _booked(act, line, best.becomes, _parts(best), best.wire, frozenset())
        return len(sure)


def _sure(found: Sequence[Proposal]) -> Proposal | None:
    return found[0] if found and found[0].is_sure else None


def _times_booked(lines: Sequence[BankLine]) -> dict[int, int]:
    """How often lines were booked before and undone, by their ids."""
    counted = BankBooking.objects.filter(line__in=lines).order_by().values_list("line").annotate(times=Count("id"))
    return dict(counted)


def _came_in(line: BankLine, parts: Sequence[Part], times: int) -> CameIn:
    """The line as a wire. Each time that it is booked has a receipt of its own."""
    return CameIn(
        parts=tuple(parts),
        # Each investor reads the reference of its part, and what the payer wrote may name the others.
        reference=line.bank_reference or (line.reference[:140] if len(parts) == 1 else ""),
        note=f"From the bank’s statement, booked on {on_day(line.booked_on)}",
        receipt=f"bank-line-{line.pk}-{times + 1}",
    )


def ignore_lines(lines: Sequence[BankLine], by: User, reason: str) -> int:
    """Set lines aside that are nothing of this deal; how many that were open. Raises NotAllowed and ActionRefused."""
    if not lines:
        return 0
    statement = lines[0].statement
    with acting(statement.deal, by, Verb.IMPORT_STATEMENT) as act:
        if not reason.strip():
            raise ActionRefused("Say why: whoever reads the file later will ask.")
        asked = [each.pk for each in lines]
        waiting = list(open_lines_of(act.deal).filter(pk__in=asked, statement=statement))
        BankBooking.objects.bulk_create(
            BankBooking(line=each, becomes=BankBooking.Becomes.IGNORED, reason=reason.strip(), at=act.now, by=by)
            for each in waiting
        )
        if waiting:
            told = f"Lines of a bank statement set aside: {number(len(waiting))}"
            act.record("bank-lines-ignored", statement, told, reason=reason.strip(), only_for=Side.ISSUER)
        return len(waiting)


def undo_booking(
    booking: BankBooking, by: User, reason: str, *, confirmed: frozenset[str] = frozenset()
) -> BankBooking:
    """Take back what a line was confirmed to be: the line is open again, and what was booked from it is withdrawn.

    A payment on file before stays, and one that was taken for returned is put on file again, so that it counts from now
    on. Raises NotAllowed; ActionRefused, also for a payment that another line took back; NeedsConfirming as
    `restore_payment` does.
    """
    with acting(booking.line.statement.deal, by, Verb.IMPORT_STATEMENT, Verb.RECORD_PAYMENT) as act:
        fresh = BankBooking.objects.select_related("line__statement", "payment", "refund").get(pk=booking.pk)
        if fresh.undone_at is not None:
            return fresh
        if not reason.strip():
            raise ActionRefused("Say why: whoever reads the file later will ask.")
        if fresh.becomes == Becomes.RECEIVED and fresh.payment is not None:
            _check_not_taken_back(fresh.payment)
            return_payment(fresh.payment, reason, by)
        if fresh.refund is not None:
            withdraw_fact(fresh.refund, reason, by)
        _undo(act, fresh, reason.strip())
        if fresh.becomes == Becomes.RETURNED and fresh.payment is not None:
            _stands_again(act, fresh.payment, confirmed)
        return fresh


def _check_not_taken_back(payment: Payment) -> None:
    """Raises ActionRefused where another line took the payment back: undone later, it would put it on file again."""
    back = BankBooking.objects.filter(payment=payment, becomes=Becomes.RETURNED.value, undone_at=None)
    found = back.select_related("line__statement").first()
    if found is not None:
        where = f"row {found.line.row} of {found.line.statement.filename}"
        raise ActionRefused(f"The payment came back by {where}. Undo that line first.")


def stand_again(payment: Payment, by: User | None) -> list[Payment]:
    """Put a payment on file again that was marked as returned by hand and had not come back: it counts from now on.

    Asked twice it is done once. Raises NotAllowed, and ActionRefused where it is not such a payment, or would be more
    than the price.
    """
    with acting(payment.deal, by, Verb.RECORD_PAYMENT) as act:
        fresh = Payment.objects.select_related("deal").get(pk=payment.pk)
        done = list(Payment.objects.filter(again_of__in=wire_of(fresh)).order_by("id"))
        if done:
            return done
        refusal = why_not_again(act.deal, fresh)
        if refusal:
            raise ActionRefused(refusal)
        return _stands_again(act, fresh)


def _undo(act: Act, booking: BankBooking, reason: str) -> None:
    booking.undone_at, booking.undone_by, booking.undone_reason = act.now, act.user, reason
    try:
        booking.save(update_fields=["undone_at", "undone_by", "undone_reason"])
    except IntegrityError as error:
        raise ActionRefused(told_by_database(error)) from error
    told = f"Line {booking.line.row} of {booking.line.statement.filename}: undone"
    act.record("bank-line-undone", booking, told, reason=reason, only_for=Side.ISSUER)


def _stands_again(act: Act, returned: Payment, confirmed: frozenset[str] = frozenset()) -> list[Payment]:
    """Put the payment on file again, and have the line by which it came lead to it."""
    rows = restore_payment(returned, act.user, confirmed=confirmed)
    came = BankBooking.objects.filter(payment__in=wire_of(returned), becomes__in=CAME, undone_at=None)
    for each in came.select_related("line__statement"):
        _undo(act, each, "Its payment was taken for returned, and stands again.")
        _tie(act, each.line, Becomes(each.becomes), payment=rows[0])
    return rows


def _open_line(act: Act, line: BankLine) -> BankLine:
    fresh = BankLine.objects.select_related("statement__deal").get(pk=line.pk)
    settled = BankBooking.objects.filter(line=fresh, undone_at=None).select_related("by").first()
    if settled is not None:
        who = settled.by or "Somebody"
        raise SettledAlready(
            f"{who} said so before you: {settled.get_becomes_display().lower()}. Nothing was done twice."
        )
    return fresh


def _check_line(act: Act, line: BankLine, becomes: Becomes) -> None:
    if line.repeats_id is not None:
        raise ActionRefused("This line came before, in another file. Look at it there.")
    if line.currency != act.deal.currency:
        raise ActionRefused(f"The line is in {line.currency}, and the purchase price in {act.deal.currency}.")
    if line.is_credit is not (becomes in CAME):
        raise ActionRefused("What came is received; what went was returned or sent back.")


def _booked(
    act: Act, line: BankLine, becomes: Becomes, parts: Sequence[Part], wire: int | None, confirmed: frozenset[str]
) -> BankBooking:
    payment: Payment | None = None
    refund: Refund | None = None
    if becomes is Becomes.RECEIVED:
        payment = _received(act, line, parts, confirmed)
    elif becomes is Becomes.REFUND:
        refund = _sent_back(act, line, parts)
    else:
        payment = _on_file(act, line, wire)
        if becomes is Becomes.RETURNED:
            # The investor reads the reason, and the line may name others.
            return_payment(payment, f"It went back by the bank’s statement of {on_day(line.booked_on)}", act.user)
    return _tie(act, line, becomes, payment=payment, refund=refund)


def _tie(
    act: Act, line: BankLine, becomes: Becomes, *, payment: Payment | None = None, refund: Refund | None = None
) -> BankBooking:
    """Write down what the line is."""
    booking = BankBooking(line=line, becomes=becomes.value, payment=payment, refund=refund, at=act.now, by=act.user)
    try:
        booking.save()
    except IntegrityError as error:
        raise ActionRefused(told_by_database(error)) from error
    told = f"Line {line.row} of {line.statement.filename}: {booking.get_becomes_display().lower()}"
    act.record("bank-line-confirmed", booking, told, only_for=Side.ISSUER)
    return booking


def _received(act: Act, line: BankLine, parts: Sequence[Part], confirmed: frozenset[str]) -> Payment:
    wire = _came_in(line, parts, _times_booked([line]).get(line.pk, 0))
    rows = record_parts(
        act.deal,
        act.user,
        parts,
        money(line.amount),
        currency=line.currency,
        reference=wire.reference,
        note=wire.note,
        receipt=wire.receipt,
        confirmed=confirmed,
    )
    return min(rows, key=lambda row: row.pk)


def _sent_back(act: Act, line: BankLine, parts: Sequence[Part]) -> Refund:
    if len(parts) != 1 or parts[0].amount != money(line.amount):
        raise ActionRefused("A refund goes to one investor, and comes to the whole line.")
    reference = line.bank_reference or line.reference[:140]
    return refund_payment(act.deal, act.user, investor=parts[0].investor, amount=parts[0].amount, reference=reference)


def _on_file(act: Act, line: BankLine, wire: int | None) -> Payment:
    """The payment that the line is, or takes back; with its parts it comes to the line. Raises ActionRefused."""
    payment = Payment.objects.filter(deal=act.deal, pk=wire or 0, withdrawn_at=None).first()
    if payment is None:
        raise ActionRefused(OTHERS)
    parts = wire_of(payment)
    if sum(money(each.amount) for each in parts) != money(line.amount):
        raise ActionRefused(
            f"The payment of {listing(each.allotment.investor.name for each in parts)} does not come to the line, "
            f"{in_words(money(line.amount), line.currency)}."
        )
    return parts[0]


def _parts(proposal: Proposal) -> tuple[Part, ...]:
    return tuple(Part(each.investor, each.amount) for each in proposal.parts)
