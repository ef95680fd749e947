"""Executed versions: asked for, and made in a worker out of the execution version and the signed pages, sealed last."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db.models import F

from closing.actions import events
from closing.actions.base import Act, ActionRefused, acting
from closing.actions.leases import CannotBeMade, Held, Queue
from closing.actions.sealing import seal_file
from closing.actions.signature_pages import page_rows
from closing.actions.stored_files import fetch, store_path
from closing.models import Allotment, Deal, Deliverable, ExecutedVersion, SignaturePage
from closing.pdf.book_spec import DocumentCannotBeBound
from closing.pdf.conformed import conform_page
from closing.pdf.executed import CounterpartPage, make_executed
from closing.pdf.seals import CannotSeal
from closing.pdf.signature_specs import PageCannotBeMade
from closing.queries.counterparts import FOLDER as COUNTERPARTS
from closing.queries.deals import deal_terms
from closing.queries.documents import FOLDER as DOCUMENTS
from closing.queries.executed import FOLDER, SUFFIX, ExecutedPart, NotExecuted, Recipe, counterparts_of, recipe_of
from closing.queries.facts import facts_of
from closing.queries.gates import gate_of
from closing.queries.packet_specs import frame_of, page_spec, printed_pages
from closing.rules import terms
from closing.rules.access import Verb
from closing.rules.executed import is_for, why_not_executed
from closing.rules.gate import Gate, evaluate
from closing.rules.words import number
from investors.models import User

LIVE = (ExecutedVersion.State.QUEUED, ExecutedVersion.State.MAKING, ExecutedVersion.State.MADE)
CHANGED = "Signed pages came or went since this was asked for. Ask for the executed version again."


def request_executed(
    deal: Deal, by: User | None, documents: Sequence[str] | None = None, investor: str | None = None
) -> list[ExecutedVersion]:
    """Ask for the executed versions of these documents, or of all that are executed; with `investor`, its copies.

    What is made of the same pages already is returned as it is. Raises NotAllowed, and ActionRefused for a document
    named that is not executed yet.
    """
    with acting(deal, by, Verb.MAKE_EXECUTED) as act:
        gate = evaluate(deal_terms(act.deal), facts_of(act.deal), act.now)
        chosen = [each for each in gate.deal.deliverables if _is_asked(gate, each, documents, investor)]
        counterparts = counterparts_of(act.deal)
        try:
            recipes = [recipe_of(gate, each, counterparts, investor) for each in chosen]
        except NotExecuted as refused:
            raise ActionRefused(str(refused)) from refused
        return rows_for(act, gate, recipes, investor)


def request_released(act: Act) -> list[ExecutedVersion]:
    """Ask for the executed version of everything that is executed now, in an action under way."""
    gate = evaluate(deal_terms(act.deal), facts_of(act.deal), act.now)
    counterparts = counterparts_of(act.deal)
    executed = [each for each in gate.deal.deliverables if not why_not_executed(gate, each)]
    return rows_for(act, gate, [recipe_of(gate, each, counterparts) for each in executed], None)


def rows_for(act: Act, gate: Gate, recipes: Sequence[Recipe], investor: str | None) -> list[ExecutedVersion]:
    """The rows of these executed versions, those that are new made now; who may ask has been asked before."""
    # A conformed page carries the code of its signature page, so that must be there.
    places = [(recipe.document, part.block) for recipe in recipes for part in recipe.parts if not part.counterpart]
    if places:
        page_rows(act.deal, gate.facts, places)
    return [_row(act, each, investor) for each in recipes]


def _is_asked(
    gate: Gate, deliverable: terms.Deliverable, documents: Sequence[str] | None, investor: str | None
) -> bool:
    if investor is not None and not is_for(deliverable, investor):
        return False
    return deliverable.key in documents if documents is not None else not why_not_executed(gate, deliverable)


def _row(act: Act, recipe: Recipe, investor: str | None) -> ExecutedVersion:
    deliverable = Deliverable.objects.get(deal=act.deal, key=recipe.document)
    allotment = Allotment.objects.get(deal=act.deal, investor__name=investor) if investor is not None else None
    same = ExecutedVersion.objects.filter(
        deliverable=deliverable, allotment=allotment, content_key=recipe.key, state__in=LIVE
    ).first()
    if same is not None:
        return same
    row = ExecutedVersion.objects.create(
        deal=act.deal,
        deliverable=deliverable,
        allotment=allotment,
        version=recipe.version,
        content_key=recipe.key,
        conformed=recipe.conformed,
        pages_total=len(recipe.parts),
        requested_by=act.user,
        requested_at=act.now,
    )
    act.record("executed-version-requested", row, f"The executed version of {recipe.title} was asked for")
    return row


def _told(row: ExecutedVersion) -> None:
    """The event of an executed version made, or failed for good."""
    title = row.deliverable.title
    if row.state == ExecutedVersion.State.MADE:
        said = f"The executed version of {title} is made and sealed, {number(row.pages_total)} pages"
        events.record(row.deal, None, "executed-version-made", row, said, data={"sha256": row.sha256})
    elif row.state == ExecutedVersion.State.FAILED:
        events.record(row.deal, None, "executed-version-failed", row, f"{title} could not be made", reason=row.error)


QUEUE: Queue[ExecutedVersion] = Queue(ExecutedVersion, timedelta(seconds=settings.BOOK_LEASE_SECONDS), _told)


def make(pk: int) -> bool:
    """Make an executed version, if nobody else is at it. True if this call made it. In worker processes only."""
    return QUEUE.work(pk, _make)


def _make(held: Held[ExecutedVersion]) -> dict[str, Any]:
    row = held.row
    gate = gate_of(row.deal)
    investor = row.allotment.investor.name if row.allotment else None
    try:
        deliverable = gate.deal.deliverable_by_key[row.deliverable.key]
        recipe = recipe_of(gate, deliverable, counterparts_of(row.deal), investor)
    except (NotExecuted, KeyError) as refused:
        raise CannotBeMade(CHANGED) from refused
    if recipe.key != row.content_key:
        raise CannotBeMade(CHANGED)
    with TemporaryDirectory() as folder:
        made, pages = _bind(held, recipe, Path(folder))
        kept = store_path(_seal(made, recipe), FOLDER, SUFFIX)
        return {"sha256": kept.sha256, "size": kept.size, "pages_total": pages, "pages_made": pages}


def _bind(held: Held[ExecutedVersion], recipe: Recipe, folder: Path) -> tuple[Path, int]:
    execution = fetch(DOCUMENTS, recipe.version, "", folder)
    pages = []
    for at, part in enumerate(recipe.parts, start=1):
        pages.append(CounterpartPage(part.label, _signed_page(held.row.deal, recipe, part, folder)))
        if at % 20 == 0:
            held.progress(at)
    try:
        made = make_executed(execution, pages, recipe.blank_pages, folder / "executed.pdf")
    except (DocumentCannotBeBound, ValueError) as refused:
        raise CannotBeMade(str(refused)) from refused
    return folder / "executed.pdf", made.pages


def _signed_page(deal: Deal, recipe: Recipe, part: ExecutedPart, folder: Path) -> Path:
    """The signed page's file: the counterpart, or a conformed page that says where the signed one is."""
    if part.counterpart:
        return fetch(COUNTERPARTS, part.counterpart, SUFFIX, folder)
    rows = SignaturePage.objects.filter(deal=deal, deliverable__key=recipe.document, block__key=part.block)
    current = rows.filter(version__sha256=recipe.version) | rows.filter(version__isnull=True)
    latest = F("version__number").desc(nulls_last=True)
    frame, (page,) = frame_of(deal), printed_pages(current.order_by(latest)[:1])
    said = (
        "Conformed page: the signed page is on file with counsel as it came; no scan of it is in the room.",
        f"Recorded as signed on {part.signed_on}. Execution version {number(recipe.number)} of {recipe.title}, "
        f"SHA-256 {recipe.version}.",
    )
    path = folder / f"conformed-{part.block}.pdf"
    try:
        made = conform_page(page_spec(frame, page), part.signer, part.title, said, deal_name=frame.deal_name)
    except PageCannotBeMade as refused:
        raise CannotBeMade(str(refused)) from refused
    path.write_bytes(made)
    return path


def _seal(made: Path, recipe: Recipe) -> Path:
    try:
        return seal_file(made, made.with_name("sealed.pdf"), f"Executed version of {recipe.title}")
    except CannotSeal as refused:
        raise CannotBeMade(str(refused)) from refused
