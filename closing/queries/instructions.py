"""Wire instructions as counsel see them, and those in force as an investor does."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import QuerySet

from closing.models import Deal, WireInstruction
from closing.queries.deals import zone_of
from closing.rules.access import Role, Verb, why_not
from closing.rules.wire_instructions import NOT_YOURSELF, masked
from investors.models import User


@dataclass(frozen=True, slots=True)
class Instructions:
    """A version. `state` is proposed, in force, replaced or rejected; `account` is shown whole on a press only.

    It is blank for whoever has still to hear it by telephone; `ending` is `ending 4321`.
    """

    id: int
    number: int
    holder: str
    bank: str
    routing: str
    account: str
    ending: str
    is_iban: bool
    reference: str
    note: str
    state: str
    proposed_by: str
    at: datetime
    decided_by: str
    decided_at: datetime | None
    checked_with: str
    reason: str

    @property
    def account_groups(self) -> str:
        """The account number in groups of four, as people read it out."""
        return " ".join(self.account[at : at + 4] for at in range(0, len(self.account), 4))


@dataclass(frozen=True, slots=True)
class InstructionsPage:
    """The versions, the latest first. `why_not_*` say why this user may not; blank where he may."""

    time_zone: str
    in_force: Instructions | None
    proposed: Instructions | None
    before: tuple[Instructions, ...]
    why_not_propose: str
    why_not_confirm: str


def instructions_page(deal: Deal, user: User, role: Role) -> InstructionsPage:
    """Every version of the deal's wire instructions for one of its counsel. One query."""
    rows = list(_rows(deal, user))
    force = next((row for row in rows if row.confirmed_at), None)
    waiting = next((row for row in rows if not row.confirmed_at and not row.rejected_at), None)
    propose = why_not({role}, Verb.PROPOSE_INSTRUCTIONS)
    if not propose and waiting is not None:
        propose = "A proposal waits already. Reject that one first, or have it confirmed."
    confirm = why_not({role}, Verb.CONFIRM_INSTRUCTIONS)
    if not confirm and waiting is not None and waiting.by_id == user.pk:
        confirm = NOT_YOURSELF
    return InstructionsPage(
        time_zone=str(zone_of(deal)),
        in_force=said(force, "in force") if force else None,
        proposed=_proposed(waiting, user) if waiting else None,
        before=tuple(
            said(row, "replaced" if row.confirmed_at else "rejected") for row in rows if row not in (force, waiting)
        ),
        why_not_propose=propose,
        why_not_confirm=confirm,
    )


def _proposed(row: WireInstruction, user: User) -> Instructions:
    """A proposal: who may put it in force types the account that he hears, and cannot have read it here."""
    found = said(row, "proposed")
    return found if row.by_id == user.pk else replace(found, account="")


def in_force(deal: Deal, user: User) -> WireInstruction | None:
    """The instructions in force, as `user` may see them. One query."""
    return _rows(deal, user).filter(confirmed_at__isnull=False).first()


def _rows(deal: Deal, user: User) -> QuerySet[WireInstruction]:
    rows = WireInstruction.objects.visible_to(user).filter(deal=deal)
    return rows.select_related("by", "confirmed_by", "rejected_by").order_by("-number")


def said(row: WireInstruction, state: str = "in force") -> Instructions:
    """A version as pages show it."""
    decider = row.confirmed_by or row.rejected_by
    return Instructions(
        id=row.pk,
        number=row.number,
        holder=row.holder,
        bank=row.bank,
        routing=row.routing,
        account=row.account,
        ending=masked(row.account),
        is_iban=row.account[:2].isalpha(),
        reference=row.reference,
        note=row.note,
        state=state,
        proposed_by=row.by.name or row.by.email,
        at=row.at,
        decided_by=(decider.name or decider.email) if decider else "",
        decided_at=row.confirmed_at or row.rejected_at,
        checked_with=row.checked_with,
        reason=row.rejected_reason,
    )
