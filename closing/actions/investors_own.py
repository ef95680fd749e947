"""What an investor says for itself on its own pages: answers to waivers, confirmations, sign-offs, payments announced.

Each is in writing and under the typed name of who says it; an investor's contact says it for his own investors only.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from closing.actions.base import Act, ActionRefused, acting
from closing.actions.conditions import check_first_time, record_facts
from closing.actions.facts import withdraw_fact
from closing.models import Allotment, Announcement, Consent, Deal
from closing.queries.deals import zone_of
from closing.queries.gates import gate_of
from closing.queries.portal import person_of
from closing.rules import facts
from closing.rules.access import Verb
from closing.rules.duties import blocks_of, closing_day, why_not_answer
from closing.rules.gate import Gate
from closing.rules.words import money, on_day
from investors.models import User


def answer_own_waiver(
    deal: Deal,
    row: Allotment,
    waiver: str,
    by: User,
    *,
    typed_name: str,
    declined: bool = False,
    subject_to: str = "",
    form: str = "",
) -> None:
    """Consent to the waiver of that key in writing, or decline it, by the blocks that the user signs by.

    Of joint owners each answers for himself. A new answer takes the place of the one that stood before. Raises
    NotAllowed; ActionRefused where the waiver cannot be answered (any more) or the name is not the user's.
    """
    with acting(deal, by, Verb.ANSWER_WAIVER) as act:
        name, gate = _own(act, row), gate_of(act.deal)
        person = _check_name(typed_name, by)
        refused = why_not_answer(gate, waiver, gate.deal.investor_by_name[name], person)
        if refused:
            raise ActionRefused(refused)
        keys = [block.key for block in blocks_of(gate.deal.investor_by_name[name], person)]
        said = [
            facts.Consent(
                at=act.now,
                waiver=waiver,
                investor=name,
                blocks=(key,),
                declined=declined,
                subject_to="" if declined else subject_to.strip(),
                note=f"Answered in the closing room by {person}",
            )
            for key in keys
        ]
        for each in Consent.objects.filter(
            deal=act.deal, waiver__key=waiver, allotment=row, blocks__overlap=keys, withdrawn_at=None
        ):
            if each.declined != declined or each.subject_to != said[0].subject_to or not each.written:
                withdraw_fact(each, f"Answered anew by {person}.", by)
        record_facts(act.deal, said, by, form=form)


def confirm_own_representations(
    deal: Deal,
    row: Allotment,
    section: str,
    representations: Sequence[str],
    by: User,
    *,
    as_of: date,
    typed_name: str,
    form: str = "",
) -> None:
    """Confirm representations of the investor as of the closing day. `as_of` is the day that the user read.

    Raises NotAllowed; ActionRefused where the closing has moved since, or nothing is confirmed.
    """
    with acting(deal, by, Verb.CONFIRM_FOR_INVESTOR) as act:
        name, gate = _own(act, row), gate_of(act.deal)
        person = _check_name(typed_name, by)
        _check_day(gate, as_of)
        if not representations:
            raise ActionRefused("Mark at least one representation.")
        said = facts.Confirmation(
            at=act.now,
            section=section,
            party=name,
            as_of=as_of,
            representations=tuple(representations),
            note=f"Confirmed in the closing room by {person}",
        )
        record_facts(act.deal, [said], by, form=form)


def sign_off_own(deal: Deal, row: Allotment, section: str, by: User, *, typed_name: str, form: str = "") -> None:
    """The investor is satisfied on a condition that asks it. Raises NotAllowed and ActionRefused."""
    with acting(deal, by, Verb.SIGN_OFF_FOR_INVESTOR) as act:
        name = _own(act, row)
        person = _check_name(typed_name, by)
        said = facts.SignOff(
            at=act.now, section=section, party=name, note=f"Signed off in the closing room by {person}"
        )
        record_facts(act.deal, [said], by, form=form)


def announce_payment(
    deal: Deal, row: Allotment, by: User, *, amount: Decimal, method: str, sent_on: date, reference: str, form: str = ""
) -> Announcement:
    """Note that the investor says it has paid. It meets no condition: only money received does (2(b)(ii)).

    `amount` in the deal's currency. Raises NotAllowed; SentAlready for the same form; ActionRefused for a payment
    of the future, and once the deal has closed.
    """
    with acting(deal, by, Verb.ANNOUNCE_PAYMENT) as act:
        name, gate = _own(act, row), gate_of(act.deal)
        check_first_time(act, form)
        if gate.is_closed or gate.investor(name).has_closed:
            raise ActionRefused("The closing has been effected; no payment is announced any more.")
        if sent_on > act.now.astimezone(zone_of(act.deal)).date():
            raise ActionRefused(f"{on_day(sent_on)} has not come yet. Announce a payment once it is sent.")
        announced = Announcement.objects.create(
            deal=act.deal,
            allotment=row,
            amount=amount,
            currency=gate.deal.agreement.currency,
            method=method,
            sent_on=sent_on,
            reference=reference,
            at=act.now,
            by=by,
        )
        act.record("payment-announced", announced, f"{name} announces {_announced(announced)}", data={"form": form})
        return announced


def take_back_announcement(row: Announcement, reason: str, by: User) -> Announcement:
    """The payment was not sent after all. Twice is the same as once. Raises NotAllowed and ActionRefused."""
    with acting(row.deal, by, Verb.ANNOUNCE_PAYMENT) as act:
        name = _own(act, row.allotment)
        fresh = Announcement.objects.get(pk=row.pk)
        if fresh.withdrawn_at is not None:
            return fresh
        if not reason.strip():
            raise ActionRefused("Say why: whoever reads the file later will ask.")
        fresh.withdrawn_at, fresh.withdrawn_by, fresh.withdrawn_reason = act.now, by, reason.strip()
        fresh.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
        told = f"{name} takes back its announcement of {_announced(fresh)}"
        act.record("announcement-withdrawn", fresh, told, reason=reason.strip())
        return fresh


def _announced(row: Announcement) -> str:
    said = f"{money(row.amount, row.currency)} by {row.method}, sent on {on_day(row.sent_on)}"
    return said + (f", {row.reference}" if row.reference else "")


def _own(act: Act, row: Allotment) -> str:
    name = row.investor.name
    act.check_own([name])
    return name


def _check_name(typed: str, by: User) -> str:
    """The name under which the papers know the user, if that is what he typed."""
    person = person_of(by)
    if " ".join(typed.split()).casefold() != " ".join(person.split()).casefold():
        raise ActionRefused(f"Type your name as it stands in the agreement’s papers: {person}.")
    return person


def _check_day(gate: Gate, as_of: date) -> None:
    day = closing_day(gate)
    if as_of != day:
        raise ActionRefused(
            f"The closing is now set for {on_day(day)}; you read of {on_day(as_of)}. Read it again and confirm anew."
        )
