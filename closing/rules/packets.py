"""The states of a packet, and what may happen to one: a table, and the reasons that go with it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class PacketState(StrEnum):
    """How far a packet is."""

    QUEUED = "queued"
    MAKING = "making"
    MADE = "made"
    FAILED = "failed"
    CANCELLED = "cancelled"


TRANSITIONS: Mapping[PacketState, frozenset[PacketState]] = MappingProxyType(
    {
        PacketState.QUEUED: frozenset({PacketState.MAKING, PacketState.CANCELLED, PacketState.FAILED}),
        PacketState.MAKING: frozenset(
            {PacketState.MADE, PacketState.QUEUED, PacketState.CANCELLED, PacketState.FAILED}
        ),
        PacketState.MADE: frozenset(),
        PacketState.FAILED: frozenset({PacketState.QUEUED}),
        PacketState.CANCELLED: frozenset({PacketState.QUEUED}),
    }
)


class NotFromHere(ValueError):
    """A packet cannot go from its state to the one asked for. The message says why."""


def check_transition(state: PacketState, to: PacketState) -> None:
    """Raise NotFromHere where a packet in `state` cannot become `to`."""
    if to not in TRANSITIONS[state]:
        raise NotFromHere(_why_not(state, to))


def may_become(state: PacketState, to: PacketState) -> bool:
    """Whether a packet in `state` can become `to`."""
    return to in TRANSITIONS[state]


def _why_not(state: PacketState, to: PacketState) -> str:
    if to is PacketState.CANCELLED:
        if state is PacketState.MADE:
            return "This packet is made already. Leave it unused; nothing need be cancelled."
        return f"This packet is {state.value} already."
    if to is PacketState.QUEUED:
        return f"This packet is {state.value}; only a failed or cancelled one is made again."
    return f"A packet that is {state.value} cannot become {to.value}."
