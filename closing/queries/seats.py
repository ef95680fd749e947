"""On which deals somebody has a part."""

from dataclasses import dataclass
from datetime import datetime

from closing.models import Deal, Membership
from closing.models.base import deals_of_contact
from closing.rules.access import Role
from investors.models import User


@dataclass(frozen=True, slots=True)
class Place:
    """A deal that the user sees. `closing_at` is the deal file's; a closing that moved says so on the overview.

    `role` is what brings him there: counsel's, an investor's contact's, or a signatory's who is nothing else.
    """

    code: str
    name: str
    issuer: str
    closing_at: datetime
    time_zone: str
    role: Role


def deals_of(user: User) -> tuple[Place, ...]:
    """The user's deals by the time of their closing, in three queries."""
    roles = dict(Membership.objects.filter(user=user).values_list("deal_id", "role"))
    as_contact = set(deals_of_contact(user).values_list("investor__allotments__deal", flat=True))
    rows = Deal.objects.visible_to(user).select_related("issuer").order_by("closing_at", "code")
    found = []
    for each in rows:
        other = Role.INVESTOR if each.pk in as_contact else Role.SIGNATORY
        role = Role(roles[each.pk]) if each.pk in roles else other
        found.append(Place(each.code, each.name, each.issuer.name, each.closing_at, each.time_zone, role))
    return tuple(found)
