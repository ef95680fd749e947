"""What must hold between the tables of a deal file. Each check reads a few tables and yields the problems it finds.

A check is left out where one of its tables could not be read whole, so that one mistake is told once.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from closing.rules import signing_order
from closing.rules.deal_wrong import (
    blank,
    check_address,
    check_contacts,
    check_party,
    check_section,
    check_slug,
    known_people,
    twice,
    unknown,
)
from closing.rules.evidence_checks import check_evidence
from closing.rules.prices import purchase_price, stated_amount
from closing.rules.terms import INVESTORS, ISSUER, Deal, LineKind
from closing.rules.toml_form import Problem

CURRENCY = re.compile(r"[A-Z]{3}")
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

Check = Callable[[Deal], Iterator[Problem]]
_checks: list[tuple[frozenset[str], Check]] = []


def reads(*tables: str) -> Callable[[Check], Check]:
    """Register a check with the tables that it reads."""

    def register(check: Check) -> Check:
        _checks.append((frozenset(tables), check))
        return check

    return register


def check_deal(deal: Deal, spoilt: frozenset[str] = frozenset()) -> list[Problem]:
    """Every problem between the tables of `deal`, leaving out checks that read a table in `spoilt`."""
    return [problem for tables, check in _checks if not tables & spoilt for problem in check(deal)]


@reads("code", "name")
def check_names(deal: Deal) -> Iterator[Problem]:
    """The deal has a name, and a code that fits in an address."""
    yield from blank(Problem(""), name=deal.name)
    yield from check_slug(Problem("", field="code"), deal.code)


@reads("agreement", "survival")
def check_agreement(deal: Deal) -> Iterator[Problem]:
    """A title, a currency by its ISO 4217 code, and a survival of some months."""
    yield from blank(Problem("", "agreement"), title=deal.agreement.title)
    if not CURRENCY.fullmatch(deal.agreement.currency):
        told = f'"{deal.agreement.currency}" should be three capital letters, for example "USD"'
        yield Problem(told, "agreement", field="currency")
    if deal.survival.months > 1200:
        yield Problem("is more than a hundred years", "survival", field="months")


@reads("closing")
def check_closing(deal: Deal) -> Iterator[Problem]:
    """The zone exists, and the time has the offset that the zone had on that day, or UTC's."""
    yield from blank(Problem("", "closing"), place=deal.closing.place)
    try:
        zone = ZoneInfo(deal.closing.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        told = f'"{deal.closing.time_zone}" is no time zone; write for example America/Los_Angeles'
        yield Problem(told, "closing", field="time_zone")
        return
    local = deal.closing.at.astimezone(zone)
    if deal.closing.at.utcoffset() not in (local.utcoffset(), UTC.utcoffset(None)):
        told = f"{deal.closing.at.isoformat()} is not {deal.closing.time_zone}'s offset that day"
        yield Problem(f"{told}; it would be {local.isoformat()}", "closing", field="at")
    until = deal.closing.further_until
    if until is not None and not deal.closing.further_closings:
        yield Problem("belongs to further_closings = true", "closing", field="further_until")
    elif until is not None and until < local.date():
        yield Problem(f"{until} lies before the closing, {local.date()}", "closing", field="further_until")


@reads("security")
def check_security(deal: Deal) -> Iterator[Problem]:
    """A name, a price above nothing, and a most that is above nothing."""
    place = Problem("", "security")
    yield from blank(place, name=deal.security.name, short=deal.security.short)
    for name in ("price_per_share", "max_shares", "max_amount"):
        if not getattr(deal.security, name):
            yield place.inside(name).saying("should be more than 0")


@reads("people")
def check_people(deal: Deal) -> Iterator[Problem]:
    """People have a name and an e-mail address each, and nobody is there twice."""
    for row, person in enumerate(deal.people, start=1):
        place = Problem("", "people", row, person.name)
        yield from blank(place, name=person.name)
        if not MAIL.fullmatch(person.email):
            yield place.inside("email").saying(f'"{person.email}" is no e-mail address')
    yield from twice("people", "name", [person.name for person in deal.people])
    yield from twice("people", "email", [person.email for person in deal.people])


@reads("issuer", "people")
def check_issuer(deal: Deal) -> Iterator[Problem]:
    """The issuer's code, address, contacts and signature blocks."""
    place = Problem("", "issuer")
    yield from blank(place, name=deal.issuer.name)
    yield from check_slug(place.inside("code"), deal.issuer.code)
    yield from check_address(place, deal.issuer.address)
    yield from check_party(known_people(deal), place, deal.issuer.contacts, deal.issuer.blocks)


@reads("counsel", "people")
def check_counsel(deal: Deal) -> Iterator[Problem]:
    """Law firms have a key that is no word for a party, an address and known contacts."""
    people = known_people(deal)
    for row, firm in enumerate(deal.counsel, start=1):
        place = Problem("", "counsel", row, firm.name)
        yield from blank(place, name=firm.name, short=firm.short)
        yield from check_slug(place.inside("key"), firm.key)
        if firm.key in (ISSUER, INVESTORS):
            yield place.inside("key").saying(f'"{firm.key}" already means a party; choose another')
        yield from check_address(place, firm.address)
        yield from check_contacts(people, place, firm.contacts)
    yield from twice("counsel", "key", [firm.key for firm in deal.counsel])


@reads("investors", "people", "counsel")
def check_investors(deal: Deal) -> Iterator[Problem]:
    """Investors have names of their own, shares, an address, known contacts and signature blocks."""
    taken = {ISSUER, INVESTORS, *deal.counsel_by_key}
    people = known_people(deal)
    for row, investor in enumerate(deal.investors, start=1):
        place = Problem("", "investors", row, investor.name)
        yield from blank(place, name=investor.name)
        if investor.name in taken:
            yield place.inside("name").saying("already means somebody else in this file")
        if not investor.shares:
            yield place.inside("shares").saying("should be at least 1")
        yield from check_address(place, investor.address)
        yield from check_party(people, place, investor.contacts, investor.blocks)
    yield from twice("investors", "name", [investor.name for investor in deal.investors])
    if not deal.investors:
        yield Problem("has no row", "investors")


@reads("investors", "security")
def check_prices(deal: Deal) -> Iterator[Problem]:
    """A row's price is its shares times the price per share; the rows stay below the most that is sold (1(a))."""
    each = deal.security.price_per_share
    for row, investor in enumerate(deal.investors, start=1):
        due = purchase_price(investor.shares, each)
        if investor.purchase_price != due:
            told = f"{investor.purchase_price:f} is not {investor.shares} shares x {each} = {due:f}"
            yield Problem(told, "investors", row, investor.name, "purchase_price")
    if deal.shares > deal.security.max_shares:
        told = f"Schedule A sells {deal.shares} shares, more than {deal.security.max_shares}"
        yield Problem(told, "security", field="max_shares")
    if deal.purchase_price > deal.security.max_amount:
        told = f"Schedule A sells for {deal.purchase_price:f}, more than {deal.security.max_amount:f}"
        yield Problem(told, "security", field="max_amount")


@reads("issuer", "investors")
def check_block_keys(deal: Deal) -> Iterator[Problem]:
    """A signature block's key is unique in the deal."""
    seen = Counter(block.key for block in deal.issuer.blocks)
    for row, investor in enumerate(deal.investors, start=1):
        for block in investor.blocks:
            if seen[block.key]:
                told = f'"{block.key}" is the key of an earlier signature block; choose another'
                yield Problem(told, "investors", row, investor.name, "blocks, key")
            seen[block.key] += 1
    for key, times in Counter(block.key for block in deal.issuer.blocks).items():
        if times > 1:
            yield Problem(f'"{key}" is the key of two signature blocks', "issuer", field="blocks, key")


@reads("conditions", "deliverables", "counsel", "covenants", "investors")
def check_conditions(deal: Deal) -> Iterator[Problem]:
    """Conditions have sections of their own and evidence that refers to what is in the file."""
    for row, condition in enumerate(deal.conditions, start=1):
        place = Problem("", "conditions", row, condition.section)
        yield from blank(place, heading=condition.heading)
        yield from check_section(place, condition.section)
        yield from check_evidence(deal, condition, place.inside("evidence"))
    yield from twice("conditions", "section", [each.section for each in deal.conditions])
    if not deal.conditions:
        yield Problem("has no row", "conditions")


@reads("deliverables", "conditions", "counsel", "investors")
def check_deliverables(deal: Deal) -> Iterator[Problem]:
    """Deliverables serve known conditions, and are owed by, owed to and signed by known parties."""
    signers = {ISSUER, INVESTORS, *deal.investor_by_name}
    parties = {*signers, *deal.counsel_by_key}
    for row, each in enumerate(deal.deliverables, start=1):
        place = Problem("", "deliverables", row, each.key)
        yield from blank(place, title=each.title, part=each.part)
        yield from check_slug(place.inside("key"), each.key)
        serves = place.inside("serves")
        yield from unknown(serves, each.serves, deal.condition_by_section, "condition")
        yield from unknown(place.inside("owed_by"), (each.owed_by,), parties, "party")
        yield from unknown(place.inside("owed_to"), (each.owed_to,), parties, "party")
        yield from unknown(place.inside("signed_by"), each.signed_by, signers, "party that signs")
        for told in signing_order.problems_of(deal, each):
            yield place.inside("signing_order").saying(told)
        if each.act and each.signed_by:
            yield place.inside("signed_by").saying("an act is not signed; name the document instead")
    yield from twice("deliverables", "key", [each.key for each in deal.deliverables])


@reads("thresholds")
def check_thresholds(deal: Deal) -> Iterator[Problem]:
    """A threshold is either more than or at least a fraction between 0 and 1; one for each matter."""
    for row, each in enumerate(deal.thresholds, start=1):
        place = Problem("", "thresholds", row, each.matter)
        given = [part for part in (each.more_than, each.at_least) if part is not None]
        if len(given) != 1:
            yield place.saying("give exactly one of more_than and at_least")
        elif not 0 < given[0] < 1 and not (each.at_least is not None and given[0] == 1):
            yield place.saying(f"{given[0]} should lie between 0 and 1")
    yield from twice("thresholds", "matter", [each.matter for each in deal.thresholds])


@reads("fees", "counsel")
def check_fees(deal: Deal) -> Iterator[Problem]:
    """Each cap names a known counsel of its own, and the kinds of line that it limits."""
    for row, fees in enumerate(deal.fees, start=1):
        place = Problem("", "fees", row, fees.section)
        yield from blank(place, section=fees.section)
        yield from unknown(place.inside("counsel"), (fees.counsel,), deal.counsel_by_key, "counsel")
        covers = place.inside("cap_covers")
        if LineKind.DISPUTE in fees.cap_covers:
            yield covers.saying("what a dispute costs stands outside every cap; leave it out")
        if fees.cap is not None and not fees.cap_covers:
            yield covers.saying('names nothing that the cap limits; for no cap write cap = "none"')
    yield from twice("fees", "counsel", [fees.counsel for fees in deal.fees])
    if not deal.fees:
        yield Problem('has no row; where nothing limits the reimbursement, say so with cap = "none"', "fees")


@reads("proceeds", "investors")
def check_proceeds(deal: Deal) -> Iterator[Problem]:
    """Each use has a purpose of its own and is a fraction or an amount; together they are no more than the proceeds."""
    used = Decimal(0)
    for row, each in enumerate(deal.proceeds, start=1):
        place = Problem("", "proceeds", row, each.section)
        yield from blank(place, purpose=each.purpose)
        yield from check_section(place, each.section)
        if (each.fraction is None) is (each.amount is None):
            yield place.saying("give exactly one of fraction and amount")
        elif each.fraction is not None and not 0 < each.fraction <= 1:
            yield place.inside("fraction").saying(f"{each.fraction} should be more than 0 and at most 1")
        elif each.amount is not None and not each.amount:
            yield place.inside("amount").saying("should be more than 0")
        used += stated_amount(each, deal.purchase_price)
    yield from twice("proceeds", "purpose", [each.purpose for each in deal.proceeds])
    if used > deal.purchase_price:
        told = f"these uses come to {used:f}, more than the {deal.purchase_price:f} of Schedule A"
        yield Problem(told, "proceeds")


@reads("covenants", "counsel")
def check_covenants(deal: Deal) -> Iterator[Problem]:
    """Covenants have sections of their own and a party that owes them."""
    parties = {ISSUER, INVESTORS, *deal.counsel_by_key}
    for row, each in enumerate(deal.covenants, start=1):
        place = Problem("", "covenants", row, each.section)
        yield from blank(place, section=each.section, heading=each.heading)
        yield from unknown(place.inside("owed_by"), (each.owed_by,), parties, "party")
    yield from twice("covenants", "section", [each.section for each in deal.covenants])
