"""A deal read back as the frozen terms that its file states, and who is what on it."""

from collections import defaultdict
from typing import Any
from zoneinfo import ZoneInfo

from closing.models import Allotment, Condition, Counsel, Deal, Deliverable, FeeCap, Membership, SignatureBlock
from closing.queries.money import money
from closing.rules import terms
from closing.rules.access import SIDES, Role
from closing.rules.evidence import Evidence
from closing.rules.plain import from_plain
from investors.models import Contact, User, Viewer

# The parts of a deal file that lie in `Deal.terms`, by name, with their types.
LONG_TAIL: dict[str, Any] = {
    "people": tuple[terms.Person, ...],
    "thresholds": tuple[terms.Threshold, ...],
    "covenants": tuple[terms.Covenant, ...],
    "faults": tuple[terms.Fault, ...],
    "proceeds": tuple[terms.UseOfProceeds, ...],
}


def roles_in(user: Viewer, deal: Deal) -> frozenset[Role]:
    """What the user is on the deal. The admin's role is his on every deal, and opens no checklist."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    roles = {Role(role) for role in Membership.objects.filter(user=user, deal=deal).values_list("role", flat=True)}
    if Contact.objects.filter(user=user, investor__allotments__deal=deal).exists():
        roles.add(Role.INVESTOR)
    if SignatureBlock.objects.filter(deal=deal, person_email=user.email).exists():
        roles.add(Role.SIGNATORY)
    if user.is_admin:
        roles.add(Role.ADMIN)
    return frozenset(roles)


def counsel_of(deal: Deal, side: terms.Side | None = None) -> list[User]:
    """Who may act as counsel of a side of the deal, or of both."""
    roles = [role.value for role, of in SIDES.items() if side in (None, of)]
    members = Membership.objects.filter(deal=deal, role__in=roles, user__is_active=True).select_related("user")
    return [each.user for each in members.order_by("id")]


def investor_names_of(user: Viewer, deal: Deal) -> frozenset[str]:
    """The investors of the deal whose contact the user is, by name."""
    if not user.is_authenticated:
        return frozenset()
    own = Allotment.objects.filter(deal=deal, investor__contacts__user=user)
    return frozenset(own.values_list("investor__name", flat=True))


def deal_terms(deal: Deal) -> terms.Deal:
    """The deal as its file states it: the exact inverse of `actions.deals.load_deal`.

    Seven queries, whatever the number of investors and conditions; eight where the issuer's row is
    not loaded yet.
    """
    blocks: dict[int | None, list[terms.SignatureBlock]] = defaultdict(list)
    for row in SignatureBlock.objects.filter(deal=deal).order_by("position"):
        blocks[row.allotment_id].append(_block(row))
    tail = {name: from_plain(hint, deal.terms.get(name, ())) for name, hint in LONG_TAIL.items()}
    return terms.Deal(
        code=deal.code,
        name=deal.name,
        agreement=terms.Agreement(
            title=deal.agreement_title,
            dated=deal.agreement_dated,
            currency=deal.currency,
            governing_law=deal.governing_law,
        ),
        issuer=_issuer(deal, tuple(blocks[None])),
        security=_security(deal),
        closing=terms.ClosingTerms(
            at=deal.closing_at.astimezone(zone_of(deal)),
            time_zone=deal.time_zone,
            place=deal.place,
            further_closings=deal.further_closings,
            further_until=deal.further_until,
        ),
        counsel=tuple(_counsel(row) for row in Counsel.objects.filter(deal=deal).order_by("position")),
        investors=_investors(deal, blocks),
        conditions=tuple(_condition(row) for row in Condition.objects.filter(deal=deal).order_by("position")),
        deliverables=_deliverables(deal),
        fees=_fees(deal),
        survival=terms.Survival(section=deal.survival_section, months=deal.survival_months),
        **tail,
    )


def zone_of(deal: Deal) -> ZoneInfo:
    """The zone in which the deal's times are shown."""
    return ZoneInfo(deal.time_zone)


def _issuer(deal: Deal, blocks: tuple[terms.SignatureBlock, ...]) -> terms.Issuer:
    row = deal.issuer
    return terms.Issuer(
        code=row.code,
        name=row.name,
        jurisdiction=row.jurisdiction,
        address=_address(row),
        contacts=tuple(deal.terms["issuer_contacts"]),
        blocks=blocks,
    )


def _address(row: Any) -> terms.Address:
    """The address in the columns that an issuer's and a counsel's rows share."""
    return terms.Address(lines=tuple(row.address_lines), jurisdiction=row.address_jurisdiction, attention=row.attention)


def _security(deal: Deal) -> terms.Security:
    return terms.Security(
        name=deal.security_name,
        short=deal.security_short,
        price_per_share=money(deal.price_per_share),
        max_shares=deal.max_shares,
        max_amount=money(deal.max_amount),
        legends=tuple(deal.legends),
        certificate_prefix=deal.certificate_prefix,
    )


def _fees(deal: Deal) -> tuple[terms.FeeCap, ...]:
    return tuple(
        terms.FeeCap(
            section=row.section,
            counsel=row.counsel.key,
            cap=None if row.cap is None else money(row.cap),
            cap_covers=tuple(terms.LineKind(kind) for kind in row.cap_covers),
            only_if_closed=row.only_if_closed,
        )
        for row in FeeCap.objects.filter(deal=deal).select_related("counsel").order_by("position")
    )


def _counsel(row: Counsel) -> terms.Counsel:
    return terms.Counsel(
        key=row.key,
        name=row.name,
        short=row.short,
        side=terms.Side(row.side),
        address=_address(row),
        contacts=tuple(row.contacts),
    )


def _block(row: SignatureBlock) -> terms.SignatureBlock:
    return terms.SignatureBlock(
        key=row.key,
        party=row.party,
        person=row.person,
        chain=from_plain(tuple[terms.ChainLink, ...], row.chain),
        signer=row.signer,
        title=row.title,
        title_line=row.title_line,
        individual=row.individual,
    )


def _investors(deal: Deal, blocks: dict[int | None, list[terms.SignatureBlock]]) -> tuple[terms.Investor, ...]:
    rows = Allotment.objects.filter(deal=deal).select_related("investor", "address").order_by("position")
    return tuple(
        terms.Investor(
            name=row.investor.name,
            shares=row.shares,
            purchase_price=money(row.purchase_price),
            address=terms.Address(
                lines=tuple(row.address.lines),
                jurisdiction=row.address.jurisdiction,
                attention=row.address.attention,
            ),
            contacts=tuple(row.contacts),
            blocks=tuple(blocks[row.pk]),
            care_of=row.care_of,
        )
        for row in rows
    )


def _condition(row: Condition) -> terms.Condition:
    return terms.Condition(
        section=row.section,
        heading=row.heading,
        text=row.text,
        obligation=terms.Obligation(row.obligation),
        counted=terms.Counted(row.counted),
        evidence=from_plain(Evidence, row.evidence),
    )


def _deliverables(deal: Deal) -> tuple[terms.Deliverable, ...]:
    serves: dict[int, list[str]] = defaultdict(list)
    links = Deliverable.serves.through.objects.filter(deliverable__deal=deal).order_by("id")
    for deliverable, section in links.values_list("deliverable", "condition__section"):
        serves[deliverable].append(section)
    return tuple(
        terms.Deliverable(
            key=row.key,
            title=row.title,
            part=row.part,
            owed_by=row.owed_by,
            owed_to=row.owed_to,
            serves=tuple(serves[row.pk]),
            signed_by=tuple(row.signed_by),
            section=row.section,
            act=row.act,
            signing_order=from_plain(tuple[tuple[str, ...], ...], row.signing_order),
        )
        for row in Deliverable.objects.filter(deal=deal, withdrawn_at__isnull=True).order_by("position")
    )
