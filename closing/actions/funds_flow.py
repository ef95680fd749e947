"""The funds flow: frozen in versions by counsel of either side, and agreed to by both."""

from collections.abc import Sequence

from closing.actions.base import Act, ActionRefused, acting
from closing.actions.money_papers import paper_for
from closing.models import Deal, FundsFlowAgreement, FundsFlowVersion, MoneyPaper
from closing.queries.deals import deal_terms
from closing.queries.facts import facts_of
from closing.queries.funds_flow import COUNSEL_OF, FIRST_VERSION, flow_case, frozen_of
from closing.queries.funds_flow_paper import flow_paper
from closing.rules.access import Verb
from closing.rules.funds_flow import Adjustment, Unmatched
from closing.rules.funds_flow_changes import changes
from closing.rules.funds_flow_versions import FlowCase, Whom, agreement_refusal, freeze_refusal
from closing.rules.gate import evaluate
from closing.rules.plain import to_plain
from closing.rules.words import money
from investors.models import User

TOLD = 20
"""How many of the changes an event keeps; the version has all."""


def freeze_funds_flow(
    deal: Deal,
    by: User | None,
    *,
    adjustments: Sequence[Adjustment] = (),
    unmatched: Sequence[Unmatched] = (),
    whom: Whom = "everybody",
) -> FundsFlowVersion:
    """Freeze the funds flow as it stands now as the next version, with these adjustments, and what belongs to nobody.

    Its tie-out is kept with it.
    Where the last version of that closing says the same, it is returned as it is. Raises NotAllowed, and ActionRefused
    where nobody would close, an adjustment is not right, or the uses come to more than the sources.
    """
    with acting(deal, by, Verb.FREEZE_FUNDS_FLOW) as act:
        case = _case(act)
        frozen = case.frozen(whom, adjustments, unmatched)
        refusal = freeze_refusal(frozen)
        if refusal:
            raise ActionRefused(refusal)
        every = FundsFlowVersion.objects.filter(deal=act.deal).order_by("number")
        last = every.filter(closing_number=frozen.closing).last()
        if last is not None and last.digest == frozen.digest:
            return last
        row = FundsFlowVersion.objects.create(
            deal=act.deal,
            number=every.count() + 1,
            closing_number=frozen.closing,
            at=act.now,
            by=by,
            content=to_plain(frozen),
            digest=frozen.digest,
            changes=list(changes(frozen_of(last).flow, frozen.flow)) if last else [FIRST_VERSION],
            tie=to_plain(case.tie(whom)),
        )
        said = f"Funds flow, version {row.number}: {money(frozen.flow.total, frozen.flow.currency)} each way"
        act.record("funds-flow-frozen", row, said, data={"digest": row.digest, "changes": row.changes[:TOLD]})
        return row


def agree_to_funds_flow(version: FundsFlowVersion, by: User) -> FundsFlowAgreement:
    """Agree to a version for the side whose counsel `by` is; twice is the same as once.

    Raises NotAllowed, and ActionRefused for a version that is not the latest, or that the facts have left behind.
    """
    with acting(version.deal, by, Verb.AGREE_TO_FUNDS_FLOW) as act:
        assert act.side is not None, "only counsel may agree, and each has a side"
        given = FundsFlowAgreement.objects.filter(version=version, side=act.side.value).first()
        if given is not None:
            return given
        frozen = frozen_of(version)
        now = _case(act, version.closing_number).frozen(frozen.whom, frozen.adjustments, frozen.unmatched)
        is_latest = not FundsFlowVersion.objects.filter(deal=act.deal, number__gt=version.number).exists()
        refusal = agreement_refusal(version.digest, now, is_latest=is_latest)
        if refusal:
            raise ActionRefused(refusal)
        row = FundsFlowAgreement.objects.create(version=version, side=act.side.value, at=act.now, by=by)
        said = f"Funds flow, version {version.number}: agreed to for {COUNSEL_OF[act.side]}"
        act.record("funds-flow-agreed", row, said, data={"version": version.number, "digest": version.digest})
        return row


def request_flow_paper(version: FundsFlowVersion, by: User | None) -> MoneyPaper:
    """Ask for the PDF of a version, with who agreed to it by now. Raises NotAllowed."""
    with acting(version.deal, by, Verb.MAKE_MONEY_PAPER) as act:
        return paper_for(act, MoneyPaper.Kind.FUNDS_FLOW, flow_paper(deal_terms(act.deal), version))


def _case(act: Act, closing: int | None = None) -> FlowCase:
    """The closing that a flow is for, as things stand under the lock."""
    return flow_case(act.deal, evaluate(deal_terms(act.deal), facts_of(act.deal), act.now), closing)
