"""Whom a waiver binds, and how far it reaches: Sections 2(a), 2(b) and 6(b) of the reference agreement."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from closing.rules.facts import Consent, Facts, Waiver
from closing.rules.findings import Case, Missing
from closing.rules.majorities import given_at
from closing.rules.terms import Deal, Investor, Obligation


@dataclass(frozen=True, slots=True)
class Cover:
    """What waivers cover of one condition for one investor: all of it, or the named items of it."""

    whole: bool = False
    items: frozenset[str] = frozenset()

    def covers(self, missing: Missing) -> bool:
        """Whether this missing thing is waived."""
        return self.whole or missing.item in self.items


NOTHING = Cover()


def is_for_closing(waiver: Waiver, closing_day: date) -> bool:
    """Whether the waiver reaches a closing on that day: one occasion, or until a date (effective only as it says)."""
    if waiver.for_closing_on is not None and waiver.for_closing_on != closing_day:
        return False
    return waiver.until is None or closing_day <= waiver.until


def is_effective(consent: Consent, moment: datetime) -> bool:
    """Whether a consent binds: written, not a refusal, and any condition stated in it is satisfied (6(b))."""
    if consent.declined or not consent.written:
        return False
    return not consent.subject_to or (consent.satisfied_at is not None and consent.satisfied_at <= moment)


def consented(waiver: Waiver, investor: Investor, consents: list[Consent], moment: datetime) -> bool:
    """Whether the investor consented in writing to the waiver: all of its signature blocks did (2(a), lead-in)."""
    return given_at(investor, [each for each in consents if is_effective(each, moment)]) is not None


def consents_by_waiver(facts: Facts) -> Mapping[str, Mapping[str, list[Consent]]]:
    """Consents by waiver key and investor name."""
    found: dict[str, dict[str, list[Consent]]] = defaultdict(lambda: defaultdict(list))
    for each in facts.consents:
        found[each.waiver][each.investor].append(each)
    return found


def bound_by(waiver: Waiver, deal: Deal, facts: Facts, moment: datetime) -> tuple[Investor, ...]:
    """The investors for whom the waiver has effect.

    A waiver of a condition to the investors' obligation binds those who consented in writing; one of a condition to the
    issuer's obligation needs nobody's consent, and is for the investors that it names, or for all.
    """
    return _bound(waiver, deal, consents_by_waiver(facts), moment)


def _bound(
    waiver: Waiver, deal: Deal, consents: Mapping[str, Mapping[str, list[Consent]]], moment: datetime
) -> tuple[Investor, ...]:
    if _is_issuers(waiver, deal):
        return tuple(each for each in deal.investors if not waiver.investors or each.name in waiver.investors)
    given = consents.get(waiver.key, {})
    return tuple(each for each in deal.investors if consented(waiver, each, given.get(each.name, []), moment))


def _is_issuers(waiver: Waiver, deal: Deal) -> bool:
    sections = [deal.condition_by_section[section] for section in waiver.sections]
    return all(each.obligation is Obligation.ISSUER for each in sections)


def covers(case: Case) -> Mapping[str, Mapping[str, Cover]]:
    """What waivers cover, by section and by the name of each investor bound; who is not bound is not in it."""
    found: dict[str, dict[str, Cover]] = defaultdict(dict)
    consents = consents_by_waiver(case.facts)
    for waiver in case.facts.waivers:
        if not is_for_closing(waiver, case.closing_day):
            continue
        bound = _bound(waiver, case.deal, consents, case.moment)
        for section in waiver.sections:
            for investor in bound:
                before = found[section].get(investor.name, NOTHING)
                whole = before.whole or not waiver.items
                found[section][investor.name] = Cover(whole, before.items | frozenset(waiver.items))
    return found
