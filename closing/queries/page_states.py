"""Where every signature page of a deal is, in four queries, whatever the number of signatories."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from closing.models import Deal, Declining, ReturnedPage, Signature, SignaturePage
from closing.rules import facts
from closing.rules.execution import versions_by_document
from closing.rules.gate import Gate
from closing.rules.signatures import PageStanding, PageTrail, page_standing

Place = tuple[str, str]
"""A page: deliverable key, block key."""

PLACE = ("page__deliverable__key", "page__block__key")


@dataclass(frozen=True, slots=True)
class PageStates:
    """The trails of the pages of a deal, for the version of each document that is in force."""

    signed: Mapping[Place, facts.Signature]
    stale: Mapping[Place, facts.Signature]
    went: Mapping[Place, tuple[datetime | None, datetime | None]]
    came_back: Mapping[Place, datetime]
    declined: Mapping[Place, tuple[datetime, str]]
    withdrawn: Mapping[Place, datetime]

    def of(self, document: str, block: str) -> PageStanding:
        """Where the page of that block for that document is."""
        place = (document, block)
        sent_at, viewed_at = self.went.get(place, (None, None))
        declined_at, reason = self.declined.get(place, (None, ""))
        return page_standing(
            PageTrail(
                signature=self.signed.get(place),
                stale=self.stale.get(place),
                sent_at=sent_at,
                viewed_at=viewed_at,
                came_back_at=self.came_back.get(place),
                declined_at=declined_at,
                declined=reason,
                withdrawn_at=self.withdrawn.get(place),
            )
        )


def page_states(deal: Deal, gate: Gate) -> PageStates:
    """The trails of every page of `deal`, as at the gate's moment."""
    in_force = {document: rows[-1].version for document, rows in versions_by_document(gate.facts).items()}
    rows = SignaturePage.objects.filter(deal=deal)
    fields = ("deliverable__key", "block__key", "version__sha256", "sent_at", "viewed_at")
    went = {
        (document, block): (_by(sent_at, gate.moment), _by(viewed_at, gate.moment))
        for document, block, version, sent_at, viewed_at in rows.values_list(*fields)
        if (version or "") == in_force.get(document, "")
    }
    # A scan that nobody signed, or of a signature since taken back, is no sign that the page is signed; one of another
    # version none that this one is.
    doubtful = [ReturnedPage.Finding.BLANK, ReturnedPage.Finding.WITHDRAWN]
    waiting = ReturnedPage.objects.filter(file__deal=deal, state=ReturnedPage.State.TO_CONFIRM, page__isnull=False)
    waiting = waiting.exclude(finding__in=doubtful)
    standing = Declining.objects.filter(page__deal=deal, taken_back_at=None, at__lte=gate.moment)
    gone = Signature.objects.filter(deal=deal, withdrawn_at__lte=gate.moment).order_by("withdrawn_at")
    return PageStates(
        signed={(each.document, each.block): each for each in gate.facts.signatures},
        stale={(each.document, each.block): each for each in gate.stale},
        went=went,
        came_back={
            (document, block): at
            for document, block, version, at in waiting.values_list(
                *PLACE, "page__version__sha256", "file__requested_at"
            )
            if (version or "") == in_force.get(document, "")
        },
        declined={_place(place): (at, reason) for *place, at, reason in standing.values_list(*PLACE, "at", "reason")},
        withdrawn={
            _place(place): at
            for *place, at in gone.values_list("deliverable__key", "block__key", "withdrawn_at")
            if at is not None
        },
    )


def _place(keys: list[str]) -> Place:
    document, block = keys
    return document, block


def _by(at: datetime | None, moment: datetime) -> datetime | None:
    return at if at is not None and at <= moment else None
