"""A deal's terms as rows: written once, or brought from what they were to what they are."""

from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

from django.db.models import Model
from django.db.models.functions import Lower

from closing.models import Allotment, Condition, Counsel, Deal, Deliverable, FeeCap, SignatureBlock
from closing.queries.deals import LONG_TAIL
from closing.rules import terms
from closing.rules.plain import to_plain
from investors.actions.ledger import register_holders
from investors.models import Address, Contact, Investor, Issuer, ShareClass

AnyModel = TypeVar("AnyModel", bound=Model)
Values = Mapping[str, Any]


def write(row: Deal | None, deal: terms.Deal) -> Deal:
    """Write all rows of a deal. Raises ProtectedError where a row that is left out is still needed."""
    values = _deal_values(deal)
    if row is None:
        row = Deal.objects.create(code=deal.code, **values)
    else:
        # While Schedule A changes the larger maximum holds; the new one is saved last.
        row.max_shares = max(row.max_shares, deal.security.max_shares)
        row.max_amount = max(row.max_amount, deal.security.max_amount)
        row.save(update_fields=["max_shares", "max_amount"])
    firms = _sync(Counsel, row, "key", {each.key: _counsel_values(each) for each in deal.counsel})
    _sync(FeeCap, row, "counsel_id", {firms[each.counsel].pk: _fee_cap_values(each) for each in deal.fees})
    allotments = _write_schedule(row, deal)
    _sync(SignatureBlock, row, "key", _block_values(deal, allotments))
    sections = {each.section: _condition_values(each) for each in deal.conditions}
    conditions = _sync(Condition, row, "section", sections)
    _write_deliverables(row, deal, conditions)
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    return row


def contact_emails(row: Deal) -> set[str]:
    """The e-mail addresses, in lower case, of the contacts of the deal's investors."""
    contacts = Contact.objects.filter(investor__allotments__deal=row)
    return set(contacts.values_list(Lower("email"), flat=True))


def _sync(model: type[AnyModel], row: Deal, key: str, wanted: Mapping[Any, Values]) -> dict[Hashable, AnyModel]:
    """Make the deal's rows of a model those of `wanted`, by key, in its order; the rows by key."""
    manager = model._default_manager
    known = {getattr(each, key): each for each in manager.filter(deal=row)}
    # An item that counsel withdrew is no part of the terms, and its row stays with what refers to it.
    gone = [
        each.pk for name, each in known.items() if name not in wanted and getattr(each, "withdrawn_at", None) is None
    ]
    if gone:
        manager.filter(pk__in=gone).delete()
    new, changed, fields = [], [], ["position"]
    for position, (name, values) in enumerate(wanted.items()):
        stated = {**values, "position": position}
        fields = list(stated)
        if name not in known:
            new.append(model(deal=row, **{key: name}, **stated))
        elif any(getattr(known[name], field) != value for field, value in stated.items()):
            for field, value in stated.items():
                setattr(known[name], field, value)
            changed.append(known[name])
    if changed:
        manager.bulk_update(changed, fields)
    written = manager.bulk_create(new)
    known.update({getattr(each, key): each for each in written})
    return {name: known[name] for name in wanted}


def _deal_values(deal: terms.Deal) -> Values:
    issuer = _write_issuer(deal.issuer)
    tail = {name: to_plain(getattr(deal, name)) for name in LONG_TAIL}
    return {
        "name": deal.name,
        "issuer": issuer,
        "share_class": _write_share_class(issuer, deal.security),
        "agreement_title": deal.agreement.title,
        "agreement_dated": deal.agreement.dated,
        "currency": deal.agreement.currency,
        "governing_law": deal.agreement.governing_law,
        "security_name": deal.security.name,
        "security_short": deal.security.short,
        "price_per_share": deal.security.price_per_share,
        "max_shares": deal.security.max_shares,
        "max_amount": deal.security.max_amount,
        "legends": list(deal.security.legends),
        "certificate_prefix": deal.security.certificate_prefix,
        "closing_at": deal.closing.at,
        "time_zone": deal.closing.time_zone,
        "place": deal.closing.place,
        "further_closings": deal.closing.further_closings,
        "further_until": deal.closing.further_until,
        "survival_section": deal.survival.section,
        "survival_months": deal.survival.months,
        "terms": {**tail, "issuer_contacts": list(deal.issuer.contacts)},
    }


def _address_values(address: terms.Address) -> Values:
    return {
        "address_lines": list(address.lines),
        "address_jurisdiction": address.jurisdiction,
        "attention": address.attention,
    }


def _write_issuer(issuer: terms.Issuer) -> Issuer:
    values = {"name": issuer.name, "jurisdiction": issuer.jurisdiction, **_address_values(issuer.address)}
    return Issuer.objects.update_or_create(code=issuer.code, defaults=values)[0]


def _write_share_class(issuer: Issuer, security: terms.Security) -> ShareClass:
    """The class that the deal sells. The file's maximum is all that is known to be authorized.

    The file does not say how the security votes, so it has no votes until the admin says so.
    """
    row, is_new = ShareClass.objects.get_or_create(
        issuer=issuer,
        name=security.name,
        defaults={
            "kind": ShareClass.Kind.PREFERRED,
            "authorized": security.max_shares,
            "votes_per_share": 0,
            "price": security.price_per_share,
        },
    )
    if not is_new and row.authorized is not None and row.authorized < security.max_shares:
        row.authorized = security.max_shares
        row.save(update_fields=["authorized"])
    return row


def _counsel_values(counsel: terms.Counsel) -> Values:
    return {
        "name": counsel.name,
        "short": counsel.short,
        "side": counsel.side.value,
        "contacts": list(counsel.contacts),
        **_address_values(counsel.address),
    }


def _fee_cap_values(fees: terms.FeeCap) -> Values:
    return {
        "section": fees.section,
        "cap": fees.cap,
        "cap_covers": [kind.value for kind in fees.cap_covers],
        "only_if_closed": fees.only_if_closed,
    }


def _write_schedule(row: Deal, deal: terms.Deal) -> dict[str, Allotment]:
    """Schedule A, by registered name, with the addresses and contacts of its investors."""
    investors = register_holders(row.issuer, [each.name for each in deal.investors])
    before = {each.investor_id: each for each in Allotment.objects.filter(deal=row)}
    addresses = _write_addresses(row, deal, investors, before)
    _write_contacts(deal, investors, before)
    wanted: dict[Hashable, Values] = {
        investors[each.name].pk: {
            "shares": each.shares,
            "purchase_price": each.purchase_price,
            "address": addresses[each.name],
            "care_of": each.care_of,
            "contacts": list(each.contacts),
        }
        for each in deal.investors
    }
    rows = _sync(Allotment, row, "investor_id", wanted)
    return {each.name: rows[investors[each.name].pk] for each in deal.investors}


def _write_addresses(
    row: Deal, deal: terms.Deal, investors: Mapping[str, Investor], before: Mapping[int, Allotment]
) -> dict[str, Address]:
    """The address that Schedule A states for each investor, from the date of the agreement on.

    An address that the file corrects becomes a new row of the same date: rows are never changed.
    """
    known = Address.objects.in_bulk([each.address_id for each in before.values()])
    stated, new = {}, {}
    for each in deal.investors:
        investor = investors[each.name]
        address = Address(
            investor=investor,
            lines=list(each.address.lines),
            attention=each.address.attention,
            jurisdiction=each.address.jurisdiction,
            effective_from=deal.agreement.dated,
        )
        allotment = before.get(investor.pk)
        earlier = known.get(allotment.address_id) if allotment else None
        if earlier is not None and _same_address(earlier, address):
            stated[each.name] = earlier
        else:
            new[each.name] = address
    Address.objects.bulk_create(new.values())
    return stated | new


def _same_address(one: Address, other: Address) -> bool:
    fields = ("lines", "attention", "jurisdiction", "effective_from")
    return all(getattr(one, field) == getattr(other, field) for field in fields)


def _write_contacts(deal: terms.Deal, investors: Mapping[str, Investor], before: Mapping[int, Allotment]) -> None:
    """The contacts that Schedule A names; those that the file named before and no longer does go."""
    emails = {person.name: person.email for person in deal.people}
    wanted = {(investors[each.name].pk, name, emails[name]) for each in deal.investors for name in each.contacts}
    stated = {(allotment.investor_id, name) for allotment in before.values() for name in allotment.contacts}
    known = {}
    concerned = {investor.pk for investor in investors.values()} | set(before)
    for contact in Contact.objects.filter(investor__in=concerned):
        known[contact.investor_id, contact.name, contact.email] = contact
    gone = [contact.pk for key, contact in known.items() if key not in wanted and (key[0], key[1]) in stated]
    Contact.objects.filter(pk__in=gone).delete()
    Contact.objects.bulk_create(
        Contact(investor_id=investor, name=name, email=email) for investor, name, email in sorted(wanted - known.keys())
    )


def _block_values(deal: terms.Deal, allotments: Mapping[str, Allotment]) -> dict[Hashable, Values]:
    emails = {person.name: person.email.strip().lower() for person in deal.people}
    parties: list[tuple[Allotment | None, tuple[terms.SignatureBlock, ...]]] = [(None, deal.issuer.blocks)]
    parties += [(allotments[each.name], each.blocks) for each in deal.investors]
    return {
        block.key: {
            "allotment": allotment,
            "party": block.party,
            "chain": to_plain(block.chain),
            "signer": block.signer,
            "title": block.title,
            "title_line": block.title_line,
            "person": block.person,
            "person_email": emails.get(block.person, ""),
            "individual": block.individual,
        }
        for allotment, blocks in parties
        for block in blocks
    }


def _condition_values(condition: terms.Condition) -> Values:
    return {
        "heading": condition.heading,
        "text": condition.text,
        "obligation": condition.obligation.value,
        "counted": condition.counted.value,
        "kind": condition.evidence.kind,
        "evidence": to_plain(condition.evidence),
    }


def _write_deliverables(row: Deal, deal: terms.Deal, conditions: Mapping[Hashable, Condition]) -> None:
    wanted: dict[Hashable, Values] = {
        each.key: {
            "title": each.title,
            "part": each.part,
            "owed_by": each.owed_by,
            "owed_to": each.owed_to,
            "signed_by": list(each.signed_by),
            "section": each.section,
            "act": each.act,
            "signing_order": to_plain(each.signing_order),
            "withdrawn_at": None,
            "withdrawn_reason": "",
            "withdrawn_by": None,
        }
        for each in deal.deliverables
    }
    rows = _sync(Deliverable, row, "key", wanted)
    links = Deliverable.serves.through
    links.objects.filter(deliverable__deal=row).delete()
    links.objects.bulk_create(
        links(deliverable=rows[each.key], condition=conditions[section])
        for each in deal.deliverables
        for section in each.serves
    )
