"""The door for seeing: what somebody may not see does not exist for him, and is a 404.

Each view of a deal calls one of these on its first line. The door for doing is `closing.rules.access`, asked in each
action; what it refuses is a 403 page with the reason (`closing.web.errors`).
"""

from dataclasses import dataclass

from django.http import Http404, HttpRequest
from django.urls import reverse

from closing.models import Allotment, Deal, Membership
from closing.rules.access import Role
from investors.models import User

NO_SUCH_DEAL = "There is no such deal, or you have no part in it."


@dataclass(frozen=True)
class Seat:
    """Who somebody is on a deal. `investors` are the registered names that a contact acts for; empty for counsel."""

    deal: Deal
    user: User
    role: Role
    investors: tuple[str, ...] = ()

    @property
    def is_counsel(self) -> bool:
        """Whether the seat is one of the two counsel's."""
        return self.role in (Role.COMPANY_COUNSEL, Role.INVESTORS_COUNSEL)

    @property
    def title(self) -> str:
        """What the top of the page says of him."""
        if self.role is Role.COMPANY_COUNSEL:
            return "company counsel"
        if self.role is Role.INVESTORS_COUNSEL:
            return "investors’ counsel"
        return self.investors[0] if len(self.investors) == 1 else f"for {len(self.investors)} investors"

    @property
    def url(self) -> str:
        """His own place on the deal."""
        return reverse("overview" if self.is_counsel else "portal", args=[self.deal.code])


class Request(HttpRequest):
    """A request of somebody who has signed in; every view but the sign-in gets one. `seat` is set by the loaders."""

    user: User
    seat: Seat


def load_deal_or_404(request: Request, code: str) -> Seat:
    """The deal of that code with the user's seat on it, in three queries. 404 for whoever has none."""
    deal = Deal.objects.visible_to(request.user).filter(code=code).select_related("issuer").first()
    if deal is None:
        raise Http404(NO_SUCH_DEAL)
    membership = Membership.objects.filter(deal=deal, user=request.user).first()
    if membership is not None:
        seat = Seat(deal, request.user, Role(membership.role))
    else:
        own = Allotment.objects.visible_to(request.user).filter(deal=deal).order_by("position")
        names = tuple(own.values_list("investor__name", flat=True))
        if not names:
            raise Http404(NO_SUCH_DEAL)
        seat = Seat(deal, request.user, Role.INVESTOR, names)
    request.seat = seat
    return seat


def load_counsel_or_404(request: Request, code: str) -> Seat:
    """As `load_deal_or_404`, for pages that only the two counsel may see."""
    seat = load_deal_or_404(request, code)
    if not seat.is_counsel:
        raise Http404("Only counsel see this page.")
    return seat


def load_investor_or_404(request: Request, code: str) -> Seat:
    """As `load_deal_or_404`, for an investor's own pages."""
    seat = load_deal_or_404(request, code)
    if seat.role is not Role.INVESTOR:
        raise Http404("Only the investor sees this page.")
    return seat


def admin_or_404(request: Request) -> User:
    """The user, if he is the product's admin; 404 for everybody else."""
    if not request.user.is_admin:
        raise Http404("Only an admin sees this page.")
    return request.user
