"""The way through every action of the admin: ask for access, act, record; one transaction.

These actions belong to no deal, so there is no deal's row to lock: each locks the rows that it decides on.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model

from closing.actions import events
from closing.models import Event
from closing.rules.access import Role, Verb, check_may
from investors.clock import now
from investors.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """An action of the admin under way. `user` None is the operator at the command line."""

    user: User | None
    now: datetime

    def record(
        self, verb: str, subject: Model, summary: str, *, reason: str = "", data: Mapping[str, Any] | None = None
    ) -> Event:
        """Write the event of this action."""
        return events.record(None, self.user, verb, subject, summary, reason=reason, data=data, at=self.now)


@contextmanager
def administering(user: User | None, verb: Verb) -> Iterator[Administration]:
    """Ask whether `user` may, then run the block in one transaction. Raises NotAllowed."""
    with transaction.atomic():
        if user is not None:
            fresh = User.objects.filter(pk=user.pk, is_active=True, is_admin=True).exists()
            check_may({Role.ADMIN} if fresh else set(), verb)
        yield Administration(user=user, now=now())
