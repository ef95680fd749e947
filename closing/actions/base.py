"""The way through every action: lock the deal, ask for access, ask the rule, save, record.

    with acting(deal, user, Verb.RECORD_PAYMENT) as act:
        ...                                   # the rule, asked again under the lock; the rows
        act.record("payment-recorded", row, "$100,000.00 from Andrea Martin")

The whole of it is one transaction: an action that raises leaves nothing behind.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model

from closing.actions import events
from closing.models import Deal, Event
from closing.queries.deals import investor_names_of, roles_in
from closing.rules.access import SIDES, NotAllowed, Role, Verb, check_may
from closing.rules.terms import Side
from investors.clock import now
from investors.models import User

__all__ = ["Act", "ActionRefused", "NotAllowed", "acting", "told_by_database"]


class ActionRefused(ValueError):
    """A rule refuses what was asked. The message says why, and what to do next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An action under way: the deal's row, locked and fresh, who acts and as what, and when.

    `user` None is the operator at the command line or the software itself: it may do everything.
    """

    deal: Deal
    user: User | None
    roles: frozenset[Role]
    now: datetime

    @property
    def is_limited(self) -> bool:
        """Whether the user acts as an investor's contact only, and so only for his own."""
        return self.user is not None and not self.roles & {Role.COMPANY_COUNSEL, Role.INVESTORS_COUNSEL}

    @property
    def side(self) -> Side | None:
        """The side as whose counsel the user acts; None for whoever is no counsel of the deal."""
        return next((SIDES[role] for role in SIDES if role in self.roles), None)

    def check_may(self, verb: Verb) -> None:
        """Raises NotAllowed unless the user's roles on the deal may do this."""
        if self.user is not None:
            check_may(self.roles, verb)

    def check_own(self, names: Iterable[str]) -> None:
        """An investor's contact acts for his own investors only. Raises NotAllowed."""
        if self.user is None or not self.is_limited:
            return
        others = set(names) - investor_names_of(self.user, self.deal)
        if others:
            raise NotAllowed(f"You are not a contact of {', '.join(sorted(others))}.")

    def record(
        self,
        verb: str,
        subject: Model | None,
        summary: str,
        *,
        reason: str = "",
        data: Mapping[str, Any] | None = None,
        only_for: Side | None = None,
    ) -> Event:
        """Write the event of this action; with `only_for`, for that side's counsel alone."""
        return events.record(
            self.deal, self.user, verb, subject, summary, reason=reason, data=data, at=self.now, only_for=only_for
        )


def hold(deal: Deal) -> Deal:
    """The deal, fresh, with its row held until the transaction under way ends: what changes a deal goes one by one."""
    return Deal.objects.select_for_update(of=("self",), no_key=True).get(pk=deal.pk)


@contextmanager
def acting(deal: Deal, user: User | None, *verbs: Verb) -> Iterator[Act]:
    """One action on a deal, in one transaction that holds the deal's row.

    Raises NotAllowed unless the user's roles on the deal may do every one of `verbs`.
    """
    with transaction.atomic():
        locked = hold(deal)
        roles = roles_in(user, locked) if user is not None else frozenset()
        act = Act(deal=locked, user=user, roles=roles, now=now())
        for verb in verbs:
            act.check_may(verb)
        yield act


def told_by_database(error: IntegrityError) -> str:
    """What a constraint or trigger said, as a sentence."""
    diagnosis = getattr(error.__cause__, "diag", None)
    text = getattr(diagnosis, "message_primary", None) or str(error)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}. Nothing was changed."
