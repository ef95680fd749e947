"""Who holds what, computed from ledger entries. Shares and votes are whole numbers."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a stock ledger: `shares` come to `holder` in a class, or go where negative."""

    share_class: str
    holder: str
    shares: int


@dataclass(frozen=True, slots=True)
class Holding:
    """What a holder has of a class, never nothing."""

    share_class: str
    holder: str
    shares: int


def holdings(entries: Iterable[Entry]) -> tuple[Holding, ...]:
    """Every holding that is left, in the order in which class and holder first appear."""
    totals: dict[tuple[str, str], int] = {}
    for entry in entries:
        key = (entry.share_class, entry.holder)
        totals[key] = totals.get(key, 0) + entry.shares
    return tuple(Holding(share_class, holder, shares) for (share_class, holder), shares in totals.items() if shares)


def share_of(part: int, whole: int) -> Fraction:
    """The part of a whole, exactly; nothing of nothing is nothing."""
    return Fraction(part, whole) if whole else Fraction(0)


def votes(held: Iterable[Holding], votes_per_share: dict[str, int]) -> dict[str, int]:
    """Votes by holder, in the order of `held`; holders without a vote are left out."""
    totals: dict[str, int] = {}
    for holding in held:
        count = holding.shares * votes_per_share.get(holding.share_class, 0)
        if count:
            totals[holding.holder] = totals.get(holding.holder, 0) + count
    return totals
