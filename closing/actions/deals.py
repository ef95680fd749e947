"""Loading a deal file, and letting its lawyers and investors in."""

from dataclasses import fields, replace
from enum import StrEnum

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import ProtectedError

from closing.actions import deal_rows, events
from closing.actions.base import ActionRefused, NotAllowed, acting, told_by_database
from closing.actions.users import seat_counsel
from closing.models import Closing, Deal
from closing.queries.deals import deal_terms
from closing.queries.facts import facts_of
from closing.rules import terms
from closing.rules.access import Role, Verb, why_not
from closing.rules.facts_file import check_facts
from investors.actions.users import open_account, tie_contacts
from investors.models import User

ROLE_OF_SIDE = {
    terms.Side.ISSUER: Role.COMPANY_COUNSEL,
    terms.Side.INVESTORS: Role.INVESTORS_COUNSEL,
}


class Loaded(StrEnum):
    """What loading a deal file did."""

    LOADED = "loaded"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


def load_deal(deal: terms.Deal, by: User | None = None) -> Deal:
    """Store a deal as its file states it. Twice is the same as once: no change, and no event.

    Raises ActionRefused where the facts on file, or papers already made, have no place in the new
    terms, and where the deal has closed. NotAllowed unless it is the operator's doing.
    """
    return load_deal_file(deal, by)[0]


def load_deal_file(deal: terms.Deal, by: User | None = None) -> tuple[Deal, Loaded]:
    """As `load_deal`, and what it did."""
    try:
        with transaction.atomic():
            _wait_for_turn(deal.code)
            row = Deal.objects.filter(code=deal.code).first()
            return _create(deal, by) if row is None else _change(row, deal, by)
    except IntegrityError as error:
        raise ActionRefused(told_by_database(error)) from error
    except DatabaseError as error:
        raise ActionRefused(f"The database cannot keep this: {error}") from error


def open_accounts(row: Deal, by: User | None = None) -> list[User]:
    """An account for every counsel's and investor's contact of the deal, with its role, and for who signs; all of them.

    Accounts have no password until somebody sets one. Twice is the same as once.
    """
    with acting(row, by, Verb.MANAGE_USERS) as act:
        deal = deal_terms(act.deal)
        people = {person.name: person for person in deal.people}
        seats = {name: ROLE_OF_SIDE[firm.side] for firm in deal.counsel for name in firm.contacts}
        names = [*seats, *(name for investor in deal.investors for name in investor.contacts)]
        names += [block.person for block in deal.block_by_key.values()]
        users = []
        for name in dict.fromkeys(names):
            user = open_account(people[name].email, name)
            users.append(user)
            if name in seats:
                seat_counsel(by, user, act.deal, seats[name])
    return users


def _wait_for_turn(code: str) -> None:
    """Two loads of one code follow each other, also where neither finds a row to lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"deal {code}"])


def _create(deal: terms.Deal, by: User | None) -> tuple[Deal, Loaded]:
    if by is not None:
        raise NotAllowed(why_not((), Verb.LOAD_DEAL))
    row = deal_rows.write(None, deal)
    _tie_users(row)
    events.record(row, by, "deal-loaded", row, f"{deal.name} loaded")
    return row, Loaded.LOADED


def _change(row: Deal, deal: terms.Deal, by: User | None) -> tuple[Deal, Loaded]:
    with acting(row, by, Verb.LOAD_DEAL) as act:
        before = deal_terms(act.deal)
        changed = [each.name for each in fields(deal) if getattr(before, each.name) != getattr(deal, each.name)]
        if not changed:
            return act.deal, Loaded.UNCHANGED
        _check_changeable(act.deal, before, deal)
        try:
            written = deal_rows.write(act.deal, deal)
        except ProtectedError as error:
            raise ActionRefused(_still_needed(error)) from error
        _tie_users(written)
        act.record("deal-changed", written, f"{', '.join(changed)} changed by its file", data={"changed": changed})
    return written, Loaded.CHANGED


def _check_changeable(row: Deal, before: terms.Deal, after: terms.Deal) -> None:
    if Closing.objects.filter(deal=row).exists() and not _allows_further(before, after):
        raise ActionRefused(f"{row.name} has closed; its terms are fixed, but for whether further closings follow.")
    if before.issuer.code != after.issuer.code:
        raise ActionRefused(
            f"[issuer]: {row.code} is a deal of {before.issuer.code}; give a deal of another issuer a code of its own."
        )
    on_file = facts_of(row)
    known = set(check_facts(on_file, before))
    problems = [problem for problem in check_facts(on_file, after) if problem not in known]
    if problems:
        told = "\n".join(f"  {problem}" for problem in problems)
        raise ActionRefused(f"Facts are on file that the new terms have no place for:\n{told}")


def _allows_further(before: terms.Deal, after: terms.Deal) -> bool:
    """Whether nothing changes but whether, and until when, those left out may close later: an amendment may say so."""
    further, until = after.closing.further_closings, after.closing.further_until
    return replace(before, closing=replace(before.closing, further_closings=further, further_until=until)) == after


def _still_needed(error: ProtectedError) -> str:
    """What the new terms leave out and papers already made refer to."""
    papers = sorted({str(each._meta.verbose_name_plural) for each in error.protected_objects})
    return f"The new terms leave out what {', '.join(papers)} on file refer to; put it back, or load a new code."


def _tie_users(row: Deal) -> None:
    """Contacts with the e-mail address of a user are that user's from now on."""
    for user in User.objects.filter(email__in=deal_rows.contact_emails(row)):
        tie_contacts(user)
