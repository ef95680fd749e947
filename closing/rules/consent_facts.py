"""The facts on file about what others agree to: waivers and consents, proposals and approvals, proxies."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from closing.rules.fact import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver(Fact):
    """A waiver of conditions, as proposed (2(a)) or given by the issuer (2(b)).

    `items` limits it to parts of the condition (a representation, a jurisdiction, a step); none means the whole.
    `for_closing_on` limits it to one occasion, `until` to closings on or before that date. `investors` limits an
    issuer's waiver to those investors; none means all. `text` is the extent set forth in words.
    """

    key: str
    sections: tuple[str, ...]
    text: str
    items: tuple[str, ...] = ()
    for_closing_on: date | None = None
    until: date | None = None
    investors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent(Fact):
    """An investor's answer to a waiver, by the blocks that gave it (all of a joint investor's must).

    `subject_to` is a condition stated in the consent, met at `satisfied_at`; until then the consent has no effect.
    """

    waiver: str
    investor: str
    blocks: tuple[str, ...] = ()
    written: bool = True
    declined: bool = False
    subject_to: str = ""
    satisfied_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy(Fact):
    """An irrevocable proxy or voting agreement of a stockholder over `shares`. Revoked is withdrawn."""

    stockholder: str
    shares: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal(Fact):
    """Something put to a majority: moving the closing, an amendment or waiver, the first public disclosure.

    `to` and `place` belong to moving the closing. `issuer_agreed_at` is the issuer's own agreement.
    """

    key: str
    matter: Literal["move-closing", "amendment", "public-disclosure"]
    text: str = ""
    to: datetime | None = None
    place: str = ""
    issuer_agreed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval(Fact):
    """An investor agrees to a proposal, by the blocks that said so; `written` is False for an oral agreement."""

    proposal: str
    investor: str
    blocks: tuple[str, ...] = ()
    written: bool = True
    declined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A holder of voting stock, by whole votes (shares times votes per share)."""

    name: str
    shares: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VotingStock:
    """The voting stock of the issuer outstanding on a record date, off its cap table."""

    record_date: date
    holders: tuple[Holder, ...]

    @property
    def outstanding(self) -> int:
        """All votes outstanding on the record date."""
        return sum(holder.shares for holder in self.holders)
