"""The door for seeing: what somebody may not see does not exist for him, and is a 404.

Each view of a deal calls one of these on its first line. The door for doing is `closing.rules.access`, asked in each
action; what it refuses is a 403 page with the reason (`closing.web.errors`).
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest
from django.urls import reverse

from closing.models import Allotment, Deal, Membership, SignatureBlock
from closing.rules.access import Role
from investors.models import User

# Where each role begins on a deal: the URL's name.
WAY_OF = {Role.COMPANY_COUNSEL: "overview", Role.INVESTORS_COUNSEL: "overview", Role.SIGNATORY: "signing"}
NO_SUCH_DEAL = "There is no such deal, or you have no part in it."


@dataclass(frozen=True)
class Seat:
    """Who somebody is on a deal. `investors` are the registered names that a contact acts for; empty for counsel.

    `signs` is whether somebody of the deal signs by his hand, so that the signing room is open to him.
    """

    deal: Deal
    user: User
    role: Role
    investors: tuple[str, ...] = ()
    signs: bool = False

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
        if self.role is Role.SIGNATORY:
            return "signatory"
        return self.investors[0] if len(self.investors) == 1 else f"for {len(self.investors)} investors"

    @property
    def url(self) -> str:
        """His own place on the deal."""
        return reverse(WAY_OF.get(self.role, "portal"), args=[self.deal.code])


class Request(HttpRequest):
    """A request of somebody who has signed in; every view but the sign-in gets one. `seat` is set by the loaders."""

    user: User
    seat: Seat


def load_deal_or_404(request: Request, code: str) -> Seat:
    """The deal of that code with the user's seat on it, in three queries. 404 for whoever has none."""
    seat = _seat_or_404(request, code)
    if seat.role is Role.SIGNATORY:
        raise Http404(NO_SUCH_DEAL)
    request.seat = seat
    return seat


def load_seat_or_404(request: Request, code: str) -> Seat:
    """As `load_deal_or_404`, also for whoever only signs: for what is his own whatever brings him to the deal."""
    seat = _seat_or_404(request, code)
    request.seat = seat
    return seat


def load_signing_or_404(request: Request, code: str) -> Seat:
    """As `load_deal_or_404`, for the signing room: whoever signs something in the deal, and nobody else."""
    seat = _seat_or_404(request, code)
    if not seat.signs:
        raise Http404("You sign nothing in this deal.")
    request.seat = seat
    return seat


def _seat_or_404(request: Request, code: str) -> Seat:
    user = request.user
    blocks = SignatureBlock.objects.filter(deal=OuterRef("pk"), person_email=user.email)
    deals = Deal.objects.visible_to(user).filter(code=code).select_related("issuer")
    deal: Any = deals.annotate(is_signed_by_user=Exists(blocks)).first()
    if deal is None:
        raise Http404(NO_SUCH_DEAL)
    signs = bool(deal.is_signed_by_user)
    membership = Membership.objects.filter(deal=deal, user=user).first()
    if membership is not None:
        return Seat(deal, user, Role(membership.role), signs=signs)
    own = Allotment.objects.visible_to(user).filter(deal=deal).order_by("position")
    names = tuple(own.values_list("investor__name", flat=True))
    if not names and not signs:
        raise Http404(NO_SUCH_DEAL)
    return Seat(deal, user, Role.INVESTOR if names else Role.SIGNATORY, names, signs)


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
