"""What the closing to come would do, as its page shows it and as the action under the lock finds it again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from closing.models import Deal, FundsFlowVersion
from closing.queries.funds_flow import COUNSEL_OF, frozen_of
from closing.queries.tie_out import ledger_of
from closing.rules.closing_confirmations import Confirmed, digest_of, lines_of
from closing.rules.closing_warnings import warnings
from closing.rules.closings import ClosingReview, closing_review
from closing.rules.funds_flow import Adjustment, FundsFlow, funds_flow
from closing.rules.funds_flow_versions import FlowCase
from closing.rules.gate import Gate
from closing.rules.terms import Side
from closing.rules.tie_out import LedgerFigures
from closing.rules.words import number


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """The review, the funds flow of those who are ready, and the `lines` that one confirms, with their `digest`.

    `warnings` refuse nothing. `version` is the last frozen of the funds flow, None where there is none.
    """

    gate: Gate
    review: ClosingReview
    flow: FundsFlow
    version: int | None
    warnings: tuple[str, ...]
    lines: tuple[Confirmed, ...]
    digest: str


def reviewed(deal: Deal, gate: Gate) -> Reviewed:
    """The review of the next closing of `deal` by its `gate`, in a few queries."""
    ledger = ledger_of(deal)
    review = closing_review(gate, ledger)
    version = last_version(deal, review.number)
    adjustments = frozen_of(version).adjustments if version else ()
    lines = (*lines_of(review, gate), _flow_line(version))
    return Reviewed(
        gate=gate,
        review=review,
        flow=funds_flow(gate, review.expected, adjustments),
        version=version.number if version else None,
        warnings=(*warnings(gate), *_flow_warnings(gate, review, ledger, version)) if review.ready else (),
        lines=lines,
        digest=digest_of(lines),
    )


def last_version(deal: Deal, closing: int) -> FundsFlowVersion | None:
    """The last version of the funds flow for the closing of that number, with who agreed to it."""
    rows = FundsFlowVersion.objects.filter(deal=deal, closing_number=closing)
    return rows.prefetch_related("agreements").order_by("-number").first()


def adjustments_of(deal: Deal, closing: int) -> Sequence[Adjustment]:
    """What counsel entered in the last version of the funds flow for the closing of that number."""
    version = last_version(deal, closing)
    return frozen_of(version).adjustments if version else ()


def _flow_line(version: FundsFlowVersion | None) -> Confirmed:
    return Confirmed("funds flow", "Funds flow", f"version {number(version.number)}" if version else "none frozen")


def _flow_warnings(
    gate: Gate, review: ClosingReview, ledger: LedgerFigures, version: FundsFlowVersion | None
) -> Iterator[str]:
    """What the funds flow still lacks."""
    if version is None:
        yield "No version of the funds flow is frozen."
        return
    frozen, said = frozen_of(version), f"Version {number(version.number)} of the funds flow"
    case = FlowCase(gate=gate, number=review.number, ledger=ledger)
    if frozen.digest != case.frozen(frozen.whom, frozen.adjustments).digest:
        yield f"{said} is not current: the facts changed since it was frozen."
    elif frozen.flow.names != review.expected:
        yield f"{said} is for {number(len(frozen.flow.names))} investors, and {number(len(review.ready))} would close."
    agreed = {Side(each.side) for each in version.agreements.all()}
    waits = [counsel for side, counsel in COUNSEL_OF.items() if side not in agreed]
    if waits:
        yield f"{said} waits for the agreement of {' and '.join(waits)}."
