"""Work that waits in rows: claim a row by a lease, do the work, and finish only while the lease is one's own.

A worker that dies in the middle leaves a lease that runs out; the sweeper then rings for the row again. Whoever lost
its lease finishes nothing, so what is made is made once. No task talks to another: the row is all there is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q

from closing.actions.base import ActionRefused
from closing.models import LeasedRow
from closing.rules.making import MakingState, NotFromHere, check_transition
from investors.clock import now

Row = TypeVar("Row", bound=LeasedRow)
Made = TypeVar("Made")
State = LeasedRow.State
MOST_ATTEMPTS = 5
GAVE_UP = "Given up after {} attempts: the worker stopped in the middle each time. Ask for it again."


class CannotBeMade(ValueError):
    """What is asked for cannot be made as things stand; trying again would not help. The message says what to do."""


class LeaseLost(Exception):
    """The row was cancelled, or another worker has it: stop."""


@dataclass(frozen=True)
class Queue(Generic[Row]):
    """One kind of work.

    `lease` is how long a worker may be silent: longer than its task's time limit, or than it goes on without saying how
    far it is. `told` is called in the transaction that ends a row, for the event: made or failed.
    """

    model: type[Row]
    lease: timedelta
    told: Callable[[Row], None]

    def waiting(self) -> list[int]:
        """The rows that somebody should come for: queued, or left by a worker that died. Gives up on the hopeless."""
        moment = now()
        for row in self._rows().filter(self._lapsed(moment), attempts__gte=MOST_ATTEMPTS):
            if row.lease_token is not None:
                self._end(row, row.lease_token, state=State.FAILED, error=GAVE_UP.format(row.attempts))
        free = self._rows().filter(Q(state=State.QUEUED) | self._lapsed(moment), attempts__lt=MOST_ATTEMPTS)
        return list(free.order_by("id").values_list("pk", flat=True))

    def claim(self, pk: int) -> UUID | None:
        """Take the lease of a row that is queued, or whose lease ran out. None where there is nothing to take."""
        return self._claim([pk])

    def claim_all(self, pks: Iterable[int]) -> tuple[UUID, list[Row]]:
        """Take the leases of those of the rows that are free, under one token; and those rows, in order."""
        token = self._claim(pks)
        rows = self._rows().filter(lease_token=token, state=State.MAKING).order_by("id") if token else []
        return token or uuid4(), list(rows)

    def _claim(self, pks: Iterable[int]) -> UUID | None:
        moment, token = now(), uuid4()
        free = Q(state=State.QUEUED) | self._lapsed(moment)
        claimed = (
            self._rows()
            .filter(free, pk__in=list(pks), attempts__lt=MOST_ATTEMPTS)
            .update(state=State.MAKING, lease_until=moment + self.lease, lease_token=token, attempts=F("attempts") + 1)
        )
        return token if claimed else None

    def work(self, pk: int, make: Callable[["Held[Row]"], dict[str, Any]]) -> bool:
        """Claim the row, `make` what it asks for, and save what that returns. True if this call finished it.

        CannotBeMade fails the row at once, with the reason; any other error puts it back in the queue, and fails it
        after MOST_ATTEMPTS.
        """
        token = self.claim(pk)
        if token is None:
            return False
        held = Held(self, self._rows().get(pk=pk), token)
        values = self.attempt(held, lambda: make(held))
        if values is None:
            return False
        made = {"pages_made": F("pages_total"), "error": "", **values}
        return self._end(held.row, token, state=State.MADE, made_at=now(), **made)

    def attempt(self, held: "Held[Row]", make: Callable[[], Made]) -> Made | None:
        """What `make` returns. What goes wrong ends the row as `work` says: None, or the error is raised."""
        try:
            return make()
        except LeaseLost:
            return None
        except CannotBeMade as refused:
            self._end(held.row, held.token, state=State.FAILED, error=str(refused))
            return None
        except Exception as error:
            gave_up = held.row.attempts >= MOST_ATTEMPTS
            state = State.FAILED if gave_up else State.QUEUED
            self._end(held.row, held.token, state=state, error=f"{type(error).__name__}: {error}")
            raise

    def _rows(self) -> Any:
        return self.model._default_manager

    def _lapsed(self, moment: datetime) -> Q:
        """Being made under a lease that ran out, or that was given before the clock was set back."""
        return Q(state=State.MAKING) & (Q(lease_until__lte=moment) | Q(lease_until__gt=moment + self.lease))

    @transaction.atomic
    def _end(self, row: Row, token: UUID, **values: Any) -> bool:
        """Give the row its state, if the lease is still held under `token`; and tell of it where it is over."""
        held = self._rows().filter(pk=row.pk, state=State.MAKING, lease_token=token)
        ended = held.update(lease_until=None, lease_token=None, **values)
        if ended and values["state"] != State.QUEUED:
            self.told(self._rows().get(pk=row.pk))
        return bool(ended)


@dataclass(frozen=True)
class Held(Generic[Row]):
    """A row under one's own lease."""

    queue: Queue[Row]
    row: Row
    token: UUID

    def progress(self, pages_made: int, pages_total: int | None = None) -> None:
        """Say how far it is, and keep the lease. Raises LeaseLost where the lease is no longer one's own."""
        values: dict[str, Any] = {"pages_made": pages_made, "lease_until": now() + self.queue.lease}
        if pages_total is not None:
            values["pages_total"] = pages_total
        held = self.queue._rows().filter(pk=self.row.pk, state=State.MAKING, lease_token=self.token)
        if not held.update(**values):
            raise LeaseLost


def call_off(row: Row, what: str) -> Row:
    """Cancel a row that is not made yet, in an action under way; a worker at it throws its work away.

    Raises ActionRefused where it is made or over; `what` is what the reason calls it.
    """
    locked = lock_to(row, MakingState.CANCELLED, what)
    locked.state, locked.lease_until, locked.lease_token = State.CANCELLED, None, None
    locked.save(update_fields=["state", "lease_until", "lease_token"])
    return locked


def queue_again(locked: LeasedRow, at: datetime) -> None:
    """Put a locked row back in the queue, its attempts counted afresh."""
    locked.state, locked.attempts, locked.error, locked.requested_at = State.QUEUED, 0, "", at
    locked.save(update_fields=["state", "attempts", "error", "requested_at"])


def lock_to(row: Row, to: MakingState, what: str) -> Row:
    """The row, locked and fresh, if it may become `to`. Raises ActionRefused where it may not."""
    locked: Row = type(row)._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
    try:
        check_transition(MakingState(locked.state), to, what)
    except NotFromHere as refused:
        raise ActionRefused(str(refused)) from refused
    return locked
