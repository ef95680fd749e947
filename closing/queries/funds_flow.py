"""The funds flow of a deal: as it stands now, its frozen versions, and who agreed to which."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from closing.models import Closing, Deal, FundsFlowVersion
from closing.queries.facts import facts_of
from closing.queries.funds_flow_picture import Picture, picture_of
from closing.queries.tie_out import ledger_of
from closing.rules import terms
from closing.rules.funds_flow import FundsFlow, Source, SourceKind, Use
from closing.rules.funds_flow_changes import changes
from closing.rules.funds_flow_versions import FlowCase, FrozenFlow, agreement_refusal
from closing.rules.gate import Gate, evaluate
from closing.rules.plain import from_plain
from closing.rules.prices import stated_amount
from closing.rules.terms import Side
from closing.rules.tie_out import TieOut
from closing.rules.words import count_of, money, number
from investors.models import User

ZERO = Decimal("0.00")
ROWS_SHOWN = 50
FIRST_VERSION = "The first version."
FIGURES = ("amount", "price", "received", "netted", "to_come", "over")
COUNSEL_OF = {Side.ISSUER: "company counsel", Side.INVESTORS: "the investors’ counsel"}


@dataclass(frozen=True, slots=True)
class Agreed:
    """Who agreed for a side, and when. `counsel` is the side's, in words."""

    counsel: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version: what changed against the one before, who agreed. `waits_for` are the counsel who have not, in words.

    `is_latest` is the last frozen for its closing; `is_current` whether the facts still say the same as it.
    """

    number: int
    at: datetime
    by: str
    digest: str
    closing: int
    changes: tuple[str, ...]
    agreed: tuple[Agreed, ...]
    waits_for: tuple[str, ...]
    is_latest: bool
    is_current: bool

    @property
    def is_first(self) -> bool:
        """Whether there was none before it for its closing."""
        return self.changes == (FIRST_VERSION,)

    @property
    def is_agreed(self) -> bool:
        """Whether both counsel agreed to it."""
        return not self.waits_for


@dataclass(frozen=True, slots=True)
class Window:
    """Which sources a page shows, of many: `first` to `last` of `count`."""

    page: int
    pages: int
    first: int
    last: int
    count: int


@dataclass(frozen=True, slots=True)
class FlowTables:
    """A flow as the page draws and lists it: each row is a line with its key in the picture."""

    flow: FundsFlow
    picture: Picture | None
    sources: tuple[tuple[str, Source], ...]
    uses: tuple[tuple[str, Use], ...]
    sums: Source
    window: Window


@dataclass(frozen=True, slots=True)
class FundsFlowPage:
    """The page of one closing, the number `closing` of `closings`, those effected and the one to come.

    `latest` is the last version of this closing, `since` what changed since; `ready` is how many could close now.

    `may_agree` is whether the last version waits for the user's side, `why_not_agree` why it cannot be agreed to as
    things stand, blank where it can. `may_freeze` is whether a new version would be of this closing.
    """

    headline: str
    sentence: str
    closing: int
    closings: int
    is_closed: bool
    now: FrozenFlow
    tables: FlowTables
    tie: TieOut
    versions: tuple[VersionRow, ...]
    latest: VersionRow | None
    since: tuple[str, ...]
    ready: int
    may_agree: bool
    why_not_agree: str
    next_number: int
    may_freeze: bool

    @property
    def numbers(self) -> range:
        """The closings by number."""
        return range(1, self.closings + 1)


def flow_case(deal: Deal, gate: Gate, number: int | None = None) -> FlowCase:
    """The closing of that number, 1 for the first, as it was effected; without one, the closing to come.

    Where none can follow, that is the last effected. Raises KeyError for a number that no closing has.
    """
    effected = gate.facts.closings
    to_come = len(effected) + 1
    number = flow_number(gate) if number is None else number
    if not 0 < number <= to_come:
        raise KeyError(number)
    if number == to_come:
        return FlowCase(gate=gate, number=number, ledger=ledger_of(deal))
    that = effected[number - 1]
    before = replace(facts_of(deal), closings=effected[: number - 1])
    return FlowCase(
        gate=evaluate(gate.deal, before, that.at),
        number=number,
        ledger=ledger_of(deal, before=Closing.objects.get(deal=deal, number=number)),
        closed=tuple(each.name for each in gate.deal.investors if each.name in that.investors),
    )


def flow_number(gate: Gate) -> int:
    """The number of the closing to come; of the last effected, where none can follow."""
    return len(gate.facts.closings) + (0 if gate.is_closed else 1)


def frozen_of(row: FundsFlowVersion) -> FrozenFlow:
    """The flow that a version froze."""
    frozen: FrozenFlow = from_plain(FrozenFlow, row.content)
    return frozen


def tie_of(row: FundsFlowVersion) -> TieOut | None:
    """The tie-out of when a version was frozen; None in versions frozen before it was kept."""
    tie: TieOut | None = from_plain(TieOut | None, row.tie)
    return tie


def funds_flow_page(
    deal: Deal, gate: Gate, user: User, side: Side | None = None, page: int = 1, closing: int | None = None
) -> FundsFlowPage:
    """The funds flow for the counsel of `side`, in a fixed number of queries; `page` is that of the sources.

    `closing` is the number of a closing, as in `flow_case`. What counsel entered for one closing is in no other.
    """
    case = flow_case(deal, gate, closing)
    rows = FundsFlowVersion.objects.visible_to(user).filter(deal=deal).select_related("by")
    # A large deal has large versions, and only the last of them is read whole.
    every = list(rows.defer("content", "tie").prefetch_related("agreements__by").order_by("-number"))
    found = [row for row in every if row.closing_number == case.number]
    last = frozen_of(found[0]) if found else None
    now = case.frozen(last.whom, last.adjustments, last.unmatched) if last else case.frozen("everybody")
    versions = tuple(_version(row, is_latest=at == 0, now=now) for at, row in enumerate(found))
    tie = case.tie(now.whom)
    latest = versions[0] if versions else None
    return FundsFlowPage(
        headline=_headline(now, tie, latest),
        sentence=_sentence(now, tie, latest),
        closing=case.number,
        closings=flow_number(gate),
        is_closed=case.closed is not None,
        now=now,
        tables=flow_tables(now.flow, page),
        tie=tie,
        versions=versions,
        latest=latest,
        since=changes(last.flow, now.flow) if last else (),
        ready=len(gate.ready),
        may_agree=latest is not None and side is not None and COUNSEL_OF[side] in latest.waits_for,
        why_not_agree=agreement_refusal(found[0].digest, now, is_latest=found[0] is every[0]) if found else "",
        next_number=len(every) + 1,
        may_freeze=closing is None or closing == flow_number(gate),
    )


def flow_tables(flow: FundsFlow, page: int = 1) -> FlowTables:
    """The picture and the rows of that page of the sources."""
    picture = picture_of(flow)
    pages = max(1, -(-len(flow.sources) // ROWS_SHOWN))
    at = min(max(page, 1), pages)
    start = (at - 1) * ROWS_SHOWN
    keys = picture.source_keys if picture else ("",) * len(flow.sources)
    shown = tuple(zip(keys, flow.sources, strict=True))[start : start + ROWS_SHOWN]
    sums = {name: sum((getattr(each, name) for each in flow.sources), ZERO) for name in FIGURES}
    return FlowTables(
        flow=flow,
        picture=picture,
        sources=shown,
        uses=tuple(zip(picture.use_keys if picture else ("",) * len(flow.uses), flow.uses, strict=True)),
        sums=Source(kind=SourceKind.INVESTOR, name="All sources", **sums),
        window=Window(at, pages, start + 1, start + len(shown), len(flow.sources)),
    )


def stated_uses(deal: terms.Deal, price: Decimal) -> tuple[tuple[terms.UseOfProceeds, str], ...]:
    """What the agreement says of the use of proceeds of that price, each with its amount in words."""
    currency = deal.agreement.currency
    return tuple(
        (each, f"{'about ' if each.about else ''}{money(stated_amount(each, price), currency)}")
        for each in deal.proceeds
    )


def version_of(deal: Deal, user: User, number: int) -> FundsFlowVersion | None:
    """A version that `user` may see, with who agreed to it."""
    rows = FundsFlowVersion.objects.visible_to(user).filter(deal=deal, number=number)
    return rows.select_related("deal", "by").prefetch_related("agreements__by").first()


def _version(row: FundsFlowVersion, *, is_latest: bool, now: FrozenFlow) -> VersionRow:
    agreed = {Side(each.side): each for each in row.agreements.all()}
    return VersionRow(
        number=row.number,
        at=row.at,
        by=row.by.name if row.by else "",
        digest=row.digest,
        closing=row.closing_number,
        changes=tuple(row.changes),
        agreed=tuple(Agreed(COUNSEL_OF[side], each.by.name, each.at) for side, each in agreed.items()),
        waits_for=tuple(said for side, said in COUNSEL_OF.items() if side not in agreed),
        is_latest=is_latest,
        is_current=is_latest and row.digest == now.digest,
    )


def _headline(now: FrozenFlow, tie: TieOut, latest: VersionRow | None) -> str:
    """The answer: what is missing, or who has still to agree."""
    if now.flow.refusal:
        return "The uses come to more than the sources"
    if not now.flow.names:
        return "Nobody is left to close"
    wrong = sum(1 for each in tie.lines if not each.ties)
    if wrong:
        return f"{count_of(wrong, 'line')} of {number(len(tie.lines))} {'does' if wrong == 1 else 'do'} not tie yet"
    return _agreed_line(latest)


def _agreed_line(latest: VersionRow | None) -> str:
    if latest is None:
        return "It ties, and no version is frozen yet"
    if not latest.is_current:
        return f"Version {latest.number} is not current any more"
    if latest.waits_for:
        return f"It ties; version {latest.number} waits for {' and '.join(latest.waits_for)}"
    return f"It ties, and both counsel agreed to version {latest.number}"


def _sentence(now: FrozenFlow, tie: TieOut, latest: VersionRow | None) -> str:
    flow = now.flow
    said = [flow.refusal or f"Sources and uses are {money(flow.total, flow.currency)} each."]
    if flow.to_come:
        said.append(f"{money(flow.to_come, flow.currency)} has still to come in.")
    if tie.refusal:
        said.append(tie.refusal)
    if latest is not None and not latest.is_current:
        said.append(f"The facts changed since version {latest.number} was frozen; what changed is below.")
    elif latest is not None and latest.waits_for and (tie.refusal or flow.refusal):
        said.append(f"Version {latest.number} waits for {' and '.join(latest.waits_for)}.")
    return " ".join(said)
