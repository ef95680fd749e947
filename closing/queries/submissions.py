"""Who has which deliverable, and since when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from closing.models import Counsel, Deal, Deliverable, Submission
from closing.rules.access import side_of_party
from closing.rules.submissions import DONE, Ball, Made, Move, Parties, ball_of, counsel_of
from closing.rules.terms import Side
from investors.models import User


@dataclass(frozen=True, slots=True)
class Done:
    """A move that was made, for people. `version` is the number of the file, None where none was on file."""

    what: str
    counsel: str
    by: str
    at: datetime
    version: int | None
    reason: str


def balls(deal: Deal) -> Mapping[str, Ball]:
    """Every deliverable of `deal` by key, in the checklist's order, and who has it. One query.

    For counsel's pages: an investor is not told what goes between the two counsel.
    """
    return _balls(Deliverable.objects.filter(deal=deal))


def ball_on(deliverable: Deliverable) -> Ball:
    """Who has this deliverable. One query."""
    return _balls(Deliverable.objects.filter(pk=deliverable.pk))[deliverable.key]


def moves_of(deliverable: Deliverable, user: User) -> tuple[Done, ...]:
    """What was done with a deliverable, as far as `user` may know, the latest first. One query."""
    rows = Submission.objects.visible_to(user).filter(deliverable=deliverable).select_related("by", "version")
    return tuple(
        Done(
            what=f"{DONE[Move(row.move)][:1].upper()}{DONE[Move(row.move)][1:]}",
            counsel=counsel_of(Side(row.side)),
            by=str(row.by or "the operator"),
            at=row.at,
            version=row.version.number if row.version else None,
            reason=row.reason,
        )
        for row in rows.order_by("-number")
    )


def _balls(rows: "QuerySet[Deliverable]") -> Mapping[str, Ball]:
    """Deliverables without a move come with one row of blanks: that is the outer join."""
    side_of = Counsel.objects.filter(deal=OuterRef("deal"))
    lines = (
        rows.annotate(
            owing=Subquery(side_of.filter(key=OuterRef("owed_by")).values("side")[:1]),
            benefiting=Subquery(side_of.filter(key=OuterRef("owed_to")).values("side")[:1]),
        )
        .order_by("position", "submissions__number")
        .values_list(
            "key",
            "owed_by",
            "owing",
            "owed_to",
            "benefiting",
            "submissions__move",
            "submissions__side",
            "submissions__at",
            "submissions__version__number",
            "submissions__reason",
        )
    )
    parties: dict[str, Parties] = {}
    moves: dict[str, list[Made]] = {}
    for key, owed_by, owing, owed_to, benefiting, *made in lines:
        parties[key] = Parties(_side(owed_by, owing), _side(owed_to, benefiting))
        moves.setdefault(key, []).extend(_made(made))
    return MappingProxyType({key: ball_of(parties[key], made) for key, made in moves.items()})


def _side(party: str, counsel: str | None) -> Side:
    return side_of_party(party, Side(counsel) if counsel else None)


def _made(values: list[Any]) -> Iterable[Made]:
    move, side, at, version, reason = values
    if move is not None:
        yield Made(move=Move(move), side=Side(side), at=at, version=version, reason=reason)
