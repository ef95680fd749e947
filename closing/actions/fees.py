"""Counsel's bills and what is taken off them (Section 6(d)). Amounts in the deal's currency."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import cast

from django.core.files.base import File

from closing.actions.base import Act, ActionRefused, acting
from closing.actions.conditions import check_first_time
from closing.actions.documents import UploadRefused, name_of, read_whole
from closing.actions.facts import put_on_file, record_fact, withdraw_fact
from closing.actions.stored_files import store
from closing.models import Bill, CreditNote, Deal, FactRow, FeePayment, FeeReversal, OverCapAllotment, WriteOff
from closing.pdf.uploads import check_upload
from closing.queries.deals import deal_terms, roles_in
from closing.queries.documents import FOLDER
from closing.queries.facts import fact_of, facts_of
from closing.rules import facts
from closing.rules.access import Verb, check_may
from closing.rules.fact_verbs import verb_of
from closing.rules.fee_payments import reduction_refusal
from closing.rules.fees import by_kind
from closing.rules.terms import LineKind
from investors.models import User

NOT_A_PDF = "A bill is kept as a PDF. Print or scan it to one, and choose that file."


def record_bill(
    deal: Deal,
    by: User | None,
    *,
    number: str,
    dated: date,
    lines: Sequence[facts.BillLine],
    counsel: str = "",
    received_on: date | None = None,
    payee: str = "",
    paper: File[bytes] | None = None,
    note: str = "",
) -> Bill:
    """Put a bill on file, with the `paper` itself where it is at hand.

    `counsel` is a key, left out that of the first counsel whose fees the issuer reimburses. The same bill again is the
    one on file. Raises NotAllowed; UploadRefused for a paper that is not taken; and ActionRefused for a number that
    another bill of that counsel has, a bill without lines, amounts of nothing, or a date still to come.
    """
    if by is not None and paper is not None:
        # Looking at a file takes up to ten seconds: not under the deal's lock, and not for whoever may not bill.
        check_may(roles_in(by, deal), Verb.CORRECT_BILL)
    content = _looked_at(paper) if paper is not None else b""
    with acting(deal, by) as act:
        number = " ".join(number.split())
        whose = counsel or deal_terms(act.deal).fees[0].counsel
        taken = Bill.objects.filter(deal=act.deal, counsel__key=whose, number=number).first()
        bill = facts.Bill(
            at=act.now,
            number=number,
            counsel=whose,
            dated=dated,
            lines=tuple(lines),
            received_on=received_on,
            paper=store(content, FOLDER).sha256 if content else "",
            payee=payee.strip(),
            note=note,
        )
        if taken is not None and not _is_same(taken, bill):
            raise ActionRefused(
                f"A bill {number} of {taken.counsel.name} is on file already. A withdrawn bill keeps its number too: "
                "give this one another."
            )
        return cast(Bill, record_fact(act.deal, bill, by))


def add_bill_paper(bill: Bill, paper: File[bytes], by: User | None) -> Bill:
    """Keep the PDF of a bill that came on file without it. The same file again changes nothing.

    Raises NotAllowed, UploadRefused, and ActionRefused where the bill has another PDF already, or was withdrawn.
    """
    if by is not None:
        check_may(roles_in(by, bill.deal), Verb.CORRECT_BILL)
    content = _looked_at(paper)
    with acting(bill.deal, by) as act:
        fresh = _own_bill(act, bill)
        sha256 = hashlib.sha256(content).hexdigest()
        if fresh.withdrawn_at is not None:
            raise ActionRefused(f"Bill {fresh.number} was withdrawn.")
        if fresh.paper == sha256:
            return fresh
        if fresh.paper:
            raise ActionRefused(
                f"Bill {fresh.number} has its PDF already. If that is the wrong one, withdraw the bill and put it on "
                "file again under another number."
            )
        fresh.paper = store(content, FOLDER).sha256
        fresh.save(update_fields=["paper"])
        act.record("bill-paper-added", fresh, f"The PDF of bill {fresh.number} is on file")
    return fresh


def withdraw_bill(bill: Bill, reason: str, by: User | None) -> Bill:
    """Take a bill back, with a reason. Raises NotAllowed, and ActionRefused where anything stands paid towards it."""
    with acting(bill.deal, by):
        for model in (FeePayment, FeeReversal):
            if model.objects.filter(bill=bill, withdrawn_at=None).exists():
                raise ActionRefused(
                    f"Payments towards bill {bill.number} are on file. Withdraw those first, then the bill."
                )
        return cast(Bill, withdraw_fact(bill, reason, by))


def record_credit_note(
    bill: Bill, by: User | None, *, number: str, dated: date, lines: Sequence[facts.BillLine], note: str = ""
) -> CreditNote:
    """Take off a bill what its counsel credits. The same note again is the one on file.

    Raises NotAllowed, and ActionRefused for more than is not paid, with what that is, or for a number that another
    credit note of the bill has.
    """
    with acting(bill.deal, by) as act:
        fresh = _own_bill(act, bill)
        number = " ".join(number.split())
        said = facts.CreditNote(
            at=act.now,
            counsel=fresh.counsel.key,
            bill=fresh.number,
            number=number,
            dated=dated,
            lines=tuple(lines),
            note=note,
        )
        taken = CreditNote.objects.filter(bill=fresh, number=number).first()
        if taken is not None:
            known = fact_of(taken)
            assert isinstance(known, facts.CreditNote)
            if known.withdrawn_at is None and (known.dated, known.lines) == (said.dated, said.lines):
                return taken
            raise ActionRefused(
                f"Bill {fresh.number} has a credit note {number} already. Give this one another number."
            )
        _check_reduction(act, fresh, by_kind((line.kind, line.amount) for line in lines))
        return cast(CreditNote, record_fact(act.deal, said, by))


def write_off(
    bill: Bill, by: User | None, *, kind: LineKind, amount: Decimal, note: str = "", form: str = ""
) -> WriteOff:
    """Give up a part of a bill. `form` is the key of the form that states it.

    Raises NotAllowed, SentAlready, and ActionRefused for more than is not paid, with what that is.
    """
    with acting(bill.deal, by) as act:
        check_first_time(act, form)
        fresh = _own_bill(act, bill)
        _check_reduction(act, fresh, {kind: amount})
        said = facts.WriteOff(
            at=act.now, counsel=fresh.counsel.key, bill=fresh.number, kind=kind, amount=amount, note=note
        )
        return cast(WriteOff, record_fact(act.deal, said, by, form=form))


def withdraw_correction(row: CreditNote | WriteOff, reason: str, by: User | None) -> FactRow:
    """Take a credit note or a write-off back, with a reason: the bill has it again.

    Raises NotAllowed and ActionRefused.
    """
    with acting(row.deal, by) as act:
        _own_bill(act, row.bill)
        return withdraw_fact(row, reason, by)


def allot_over_cap(
    deal: Deal, by: User | None, *, parts: Mapping[str, Decimal], note: str = "", form: str = ""
) -> OverCapAllotment:
    """Say who bears what is over the cap, in parts by investor's name; the last said is in force.

    Raises NotAllowed, SentAlready, and ActionRefused where nobody has a part.
    """
    with acting(deal, by, Verb.ALLOT_OVER_CAP) as act:
        check_first_time(act, form)
        of = deal_terms(act.deal)
        said = tuple(facts.OverCapPart(investor=name, parts=part) for name, part in parts.items() if part)
        if not said:
            raise ActionRefused("Nobody would bear what is over the cap. Give at least one investor a part.")
        fact = facts.OverCapAllotment(at=act.now, parts=said, note=note)
        return cast(OverCapAllotment, put_on_file(act, fact, of, form=form)[0])


def withdraw_allotment(row: OverCapAllotment, reason: str, by: User | None) -> FactRow:
    """Take an allotment back, with a reason: the one before it, or pro rata by shares, is in force again."""
    return withdraw_fact(row, reason, by)


def _own_bill(act: Act, bill: Bill) -> Bill:
    """The bill's row, fresh. Raises NotAllowed unless the bill is of the counsel for whom the user acts."""
    fresh = Bill.objects.select_related("deal", "counsel").get(pk=bill.pk)
    act.check_may(verb_of(fact_of(fresh), deal_terms(act.deal)))
    return fresh


def _check_reduction(act: Act, bill: Bill, lines: Mapping[LineKind, Decimal]) -> None:
    billed = fact_of(bill)
    assert isinstance(billed, facts.Bill)
    refusal = reduction_refusal(deal_terms(act.deal), facts_of(act.deal).on(act.now), billed, lines)
    if refusal:
        raise ActionRefused(refusal)


def _looked_at(paper: File[bytes]) -> bytes:
    """A bill's PDF, whole. Raises UploadRefused for what may not be kept."""
    content = read_whole(paper)
    checked = check_upload(name_of(paper), content)
    if checked.kind != "pdf":
        raise UploadRefused(NOT_A_PDF)
    return content


def _is_same(row: Bill, bill: facts.Bill) -> bool:
    known = fact_of(row)
    assert isinstance(known, facts.Bill)
    stands = known.withdrawn_at is None
    same = (known.counsel, known.dated, known.lines, known.payee) == (bill.counsel, bill.dated, bill.lines, bill.payee)
    return stands and same and known.received_on == bill.received_on
