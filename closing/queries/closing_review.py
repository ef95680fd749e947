"""What the closing to come would do, as its page shows it and as the action under the lock finds it again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from closing.models import Deal, FundsFlowVersion
from closing.queries.funds_flow import COUNSEL_OF, frozen_of
from closing.queries.tie_out import ledger_of
from closing.rules.closing_confirmations import Confirmed, digest_of, lines_of
from closing.rules.closing_warnings import warnings
from closing.rules.closings import ClosingReview, closing_review
from closing.rules.funds_flow import FundsFlow, funds_flow
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
    lines = (*lines_of(review, gate), _flow_line(version))
    return Reviewed(
        gate=gate,
        review=review,
        flow=flow_by(version, gate, review.expected),
        version=version.number if version else None,
        warnings=(*warnings(gate), *_flow_warnings(gate, review, ledger, version)) if review.ready else (),
        lines=lines,
        digest=digest_of(lines),
    )


def last_version(deal: Deal, closing: int, until: datetime | None = None) -> FundsFlowVersion | None:
    """The last version of the funds flow for the closing of that number, frozen `until` then, and who agreed to it."""
    rows = FundsFlowVersion.objects.filter(deal=deal, closing_number=closing)
    if until is not None:
        rows = rows.filter(at__lte=until)
    return rows.prefetch_related("agreements").order_by("-number").first()


def flow_by(version: FundsFlowVersion | None, gate: Gate, names: Iterable[str]) -> FundsFlow:
    """The funds flow of a closing for these investors, with what counsel entered in a version, if there is one."""
    if version is None:
        return funds_flow(gate, names)
    frozen = frozen_of(version)
    return funds_flow(gate, names, frozen.adjustments, frozen.unmatched)


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
    if frozen.digest != case.frozen(frozen.whom, frozen.adjustments, frozen.unmatched).digest:
        yield f"{said} is not current: the facts changed since it was frozen."
    elif frozen.flow.names != review.expected:
        yield f"{said} is for {number(len(frozen.flow.names))} investors, and {number(len(review.ready))} would close."
    agreed = {Side(each.side) for each in version.agreements.all()}
    waits = [counsel for side, counsel in COUNSEL_OF.items() if side not in agreed]
    if waits:
        yield f"{said} waits for the agreement of {' and '.join(waits)}."
