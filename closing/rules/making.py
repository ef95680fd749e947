"""The states of what a worker makes, and what may happen to one: a table, and the reasons that go with it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class MakingState(StrEnum):
    """How far a packet or a closing book is."""

    QUEUED = "queued"
    MAKING = "making"
    MADE = "made"
    FAILED = "failed"
    CANCELLED = "cancelled"


TRANSITIONS: Mapping[MakingState, frozenset[MakingState]] = MappingProxyType(
    {
        MakingState.QUEUED: frozenset({MakingState.MAKING, MakingState.CANCELLED, MakingState.FAILED}),
        MakingState.MAKING: frozenset(
            {MakingState.MADE, MakingState.QUEUED, MakingState.CANCELLED, MakingState.FAILED}
        ),
        MakingState.MADE: frozenset(),
        MakingState.FAILED: frozenset({MakingState.QUEUED}),
        MakingState.CANCELLED: frozenset({MakingState.QUEUED}),
    }
)


class NotFromHere(ValueError):
    """What is made cannot go from its state to the one asked for. The message says why."""


def check_transition(state: MakingState, to: MakingState, what: str) -> None:
    """Raise NotFromHere where `what`, a packet or a closing book, in `state` cannot become `to`."""
    if to not in TRANSITIONS[state]:
        raise NotFromHere(_why_not(state, to, what))


def may_become(state: MakingState, to: MakingState) -> bool:
    """Whether what is in `state` can become `to`."""
    return to in TRANSITIONS[state]


def _why_not(state: MakingState, to: MakingState, what: str) -> str:
    if to is MakingState.CANCELLED:
        if state is MakingState.MADE:
            return f"This {what} is made already. Leave it unused; nothing need be cancelled."
        return f"This {what} is {state.value} already."
    if to is MakingState.QUEUED:
        return f"This {what} is {state.value}; only a failed or cancelled one is made again."
    return f"A {what} that is {state.value} cannot become {to.value}."
