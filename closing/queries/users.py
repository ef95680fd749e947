"""The users' pages: who has an account, and what each may do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from closing.models import Deal, Event, Membership
from closing.rules.access import Role
from investors.models import Contact, Investor, User


@dataclass(frozen=True, slots=True)
class Seat:
    """A lawyer's place on a deal."""

    code: str
    deal: str
    role: str


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user and his roles. `investors` are (id, name) of those he acts for."""

    id: int
    name: str
    email: str
    is_admin: bool
    is_active: bool
    has_password: bool
    last_seen: datetime | None
    seats: tuple[Seat, ...]
    investors: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class UserPage:
    """A user with what was done about the account, the latest first."""

    row: UserRow
    events: tuple[tuple[datetime, str, str], ...]


def user_rows() -> tuple[UserRow, ...]:
    """Every user by name, in three queries."""
    return _rows(User.objects.order_by("-is_active", "name", "pk"))


def user_page(user: User) -> UserPage:
    """One user, in four queries."""
    about = Event.objects.filter(deal=None, subject_kind="user", subject_id=user.pk).select_related("actor")
    events = about.order_by("-id")[:30]
    return UserPage(
        row=_rows([user])[0],
        events=tuple((each.at, each.summary, str(each.actor or "the operator")) for each in events),
    )


def _rows(users: Iterable[User]) -> tuple[UserRow, ...]:
    listed = list(users)
    seats: dict[int, list[Seat]] = {}
    for each in Membership.objects.filter(user__in=listed).select_related("deal").order_by("deal__code"):
        seats.setdefault(each.user_id, []).append(Seat(each.deal.code, each.deal.name, each.get_role_display()))
    investors: dict[int, dict[int, str]] = {}
    contacts = Contact.objects.filter(user__in=listed).order_by("investor__name")
    for user, pk, name in contacts.values_list("user", "investor", "investor__name"):
        if user is not None:
            investors.setdefault(user, {})[pk] = name
    return tuple(
        UserRow(
            id=each.pk,
            name=str(each),
            email=each.email,
            is_admin=each.is_admin,
            is_active=each.is_active,
            has_password=each.has_usable_password(),
            last_seen=each.last_login,
            seats=tuple(seats.get(each.pk, ())),
            investors=tuple(investors.get(each.pk, {}).items()),
        )
        for each in listed
    )


def deals_and_investors(user: User) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[int, str], ...]]:
    """What may be given to a user: seats as (`code|role`, words), and investors as (id, name) that he lacks."""
    seats = []
    sides = ((Role.COMPANY_COUNSEL, "company counsel"), (Role.INVESTORS_COUNSEL, "investors’ counsel"))
    for code, name in Deal.objects.exclude(memberships__user=user).order_by("code").values_list("code", "name"):
        seats += [(f"{code}|{role.value}", f"{name}: {words}") for role, words in sides]
    lacking = Investor.objects.filter(allotments__isnull=False).exclude(contacts__user=user).distinct()
    return tuple(seats), tuple(lacking.order_by("name").values_list("pk", "name"))
