"""Executed versions: of what each is made, which are made, and why others are not."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from closing.models import Counterpart, Deal, ExecutedVersion
from closing.queries.gates import gate_of
from closing.rules.executed import page_label, released_pages, why_not_executed
from closing.rules.execution import in_force
from closing.rules.gate import Gate
from closing.rules.terms import Deliverable
from closing.rules.words import on_day
from investors.models import Viewer

FOLDER = "executed"
SUFFIX = ".pdf"
# Changes with the way in which executed versions are put together, so that no older one is taken for new.
FORM = 1
ENDED = (ExecutedVersion.State.FAILED, ExecutedVersion.State.CANCELLED)

Signed = tuple[str, str, str]
"""A signed page: document, block, version."""


class NotExecuted(ValueError):
    """A document is not executed yet. The message says what is missing."""


@dataclass(frozen=True, slots=True)
class ExecutedPart:
    """A signed page in its place: its file by SHA-256, or blank where the room has none and it is conformed."""

    block: str
    label: str
    counterpart: str
    signer: str
    title: str
    signed_on: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """Of what an executed version is made. Equal keys are equal executed versions."""

    document: str
    title: str
    version: str
    number: int
    blank_pages: tuple[int, ...]
    parts: tuple[ExecutedPart, ...]

    @property
    def key(self) -> str:
        """SHA-256 of all that goes in."""
        said = json.dumps({"form": FORM, **asdict(self)}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(said.encode()).hexdigest()

    @property
    def conformed(self) -> int:
        """How many of the pages have no file here."""
        return sum(1 for each in self.parts if not each.counterpart)


def counterparts_of(deal: Deal) -> Mapping[Signed, str]:
    """The files of the signed pages on file, by page. One query."""
    rows = Counterpart.objects.filter(signature__deal=deal, signature__withdrawn_at=None)
    fields = ("signature__deliverable__key", "signature__block__key", "signature__version", "sha256")
    return {(document, block, version): sha256 for document, block, version, sha256 in rows.values_list(*fields)}


def recipe_of(
    gate: Gate, deliverable: Deliverable, counterparts: Mapping[Signed, str], investor: str | None = None
) -> Recipe:
    """What the executed version of a document consists of, counsel's or one investor's. Raises NotExecuted."""
    why_not = why_not_executed(gate, deliverable)
    execution = in_force(gate.facts, deliverable.key)
    if why_not or execution is None:
        raise NotExecuted(f"{deliverable.title}: {why_not}")
    pages = released_pages(gate, deliverable, investor)
    zone = ZoneInfo(gate.deal.closing.time_zone)
    return Recipe(
        document=deliverable.key,
        title=deliverable.title,
        version=execution.version,
        number=execution.number,
        blank_pages=execution.blank_pages,
        parts=tuple(
            ExecutedPart(
                block=page.block,
                label=page_label(gate.deal, page),
                counterpart=counterparts.get((page.document, page.block, page.version), ""),
                signer=page.signer,
                title=page.title,
                signed_on=on_day(page.at.astimezone(zone).date()),
            )
            for page in pages
        ),
    )


@dataclass(frozen=True, slots=True)
class ExecutedRow:
    """The executed version of a document as its page shows it: made, under way, failed, or why there is none yet.

    `is_current` is whether it is, or is being, made of what is on file now.
    """

    id: int | None
    state: str
    pages: int
    size: int | None
    sha256: str
    made_at: datetime | None
    conformed: int
    error: str
    why_not: str
    is_current: bool

    @property
    def is_under_way(self) -> bool:
        """Whether a worker has still to finish it."""
        return self.state in ("queued", "making")

    @property
    def may_download(self) -> bool:
        """Whether there is a file."""
        return self.state == "made"


def executed_row(deal: Deal, document: str, user: Viewer, investor: str | None = None) -> ExecutedRow:
    """The executed version of a document that `user` may see; with `investor`, that investor's. A few queries."""
    gate = gate_of(deal)
    deliverable = gate.deal.deliverable_by_key[document]
    try:
        key = recipe_of(gate, deliverable, counterparts_of(deal), investor).key
        why_not = ""
    except NotExecuted:
        key, why_not = "", why_not_executed(gate, deliverable)
    rows = ExecutedVersion.objects.visible_to(user).filter(deal=deal, deliverable__key=document)
    rows = rows.filter(allotment__isnull=True) if investor is None else rows.filter(allotment__investor__name=investor)
    newest = rows.order_by("-id").first()
    return ExecutedRow(
        id=newest.pk if newest else None,
        state=newest.state if newest else "",
        pages=newest.pages_total if newest else 0,
        size=newest.size if newest else None,
        sha256=(newest.sha256 or "") if newest else "",
        made_at=newest.made_at if newest else None,
        conformed=newest.conformed if newest else 0,
        error=newest.error if newest else "",
        why_not=why_not,
        is_current=bool(newest and key and newest.content_key == key and newest.state not in ENDED),
    )
