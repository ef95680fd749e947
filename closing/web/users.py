"""Users and what each may do. The admin only."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from closing.actions import users as actions
from closing.actions.base import ActionRefused
from closing.models import Deal
from closing.queries.users import deals_and_investors, user_page, user_rows
from closing.rules.access import Role
from closing.web.access import Request, admin_or_404
from closing.web.doing import is_done
from closing.web.forms_base import RoomForm
from closing.web.sign_in_links import links
from investors.models import Investor, User


class UserForm(RoomForm):
    """A new user."""

    name = forms.CharField(label="Name", max_length=200, error_messages={"required": "Write the name."})
    email = forms.EmailField(
        label="E-mail address",
        help_text="The user signs in with it.",
        error_messages={
            "required": "Write the e-mail address.",
            "invalid": "Write it as name@firm.example.",
        },
    )


@require_safe
def users(request: Request) -> HttpResponse:
    """Everybody who has an account."""
    admin_or_404(request)
    return render(request, "users/users.html", {"rows": user_rows()})


@require_http_methods(["GET", "HEAD", "POST"])
def user_add(request: Request) -> HttpResponse:
    """Add a user; a link to set a password follows on his page."""
    admin = admin_or_404(request)
    form = UserForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        name, email = form.cleaned_data["name"], form.cleaned_data["email"]
        if is_done(request, form, lambda: actions.add_user(admin, name=name, email=email), f"{name} is added."):
            return redirect("user", User.objects.get_by_natural_key(email).pk)
    context = {"form": form, "back": reverse("users")}
    return render(request, "users/add.html", context, status=422 if form.errors else 200)


@require_safe
def user(request: Request, pk: int) -> HttpResponse:
    """One user: seats, investors, the record."""
    admin = admin_or_404(request)
    row = _user_or_404(pk)
    deals, investors = deals_and_investors(row)
    context = {"page": user_page(row), "is_self": row.pk == admin.pk, "deals": deals, "investors": investors}
    return render(request, "users/user.html", context)


@never_cache
@require_POST
def user_link(request: Request, pk: int) -> HttpResponse:
    """Make a link by which the user sets a password, and show it this once."""
    admin = admin_or_404(request)
    row = _user_or_404(pk)
    actions.note_sign_in_link(admin, row)
    uid = urlsafe_base64_encode(force_bytes(row.pk))
    url = request.build_absolute_uri(reverse("welcome", args=[uid, links.make_token(row)]))
    return render(request, "users/link.html", {"row": row, "url": url})


@require_POST
def user_act(request: Request, pk: int, act: str) -> HttpResponse:
    """Close or open the account, give or take the admin's role, a seat on a deal, an investor."""
    admin = admin_or_404(request)
    row = _user_or_404(pk)
    try:
        told = _act(request, admin, row, act)
    except ActionRefused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, told)
    return redirect("user", pk)


PLAIN = {
    "close": (actions.close_account, "{} signs in no more."),
    "open": (actions.open_account, "{} may sign in again."),
    "make-admin": (actions.make_admin, "{} is admin."),
    "take-admin": (actions.take_admin, "{} is admin no more."),
}


def _act(request: Request, admin: User, row: User, act: str) -> str:
    if act in PLAIN:
        do, told = PLAIN[act]
        do(admin, row)
        return told.format(row)
    if act in ("seat", "unseat"):
        code, _, role = request.POST.get("seat", "").partition("|")
        deal = Deal.objects.filter(code=code).first()
        if deal is None:
            raise ActionRefused("Choose a deal and a side.")
        if act == "unseat":
            actions.unseat_counsel(admin, row, deal)
            return f"{row} has no seat on {deal} any more."
        if role not in (Role.COMPANY_COUNSEL, Role.INVESTORS_COUNSEL):
            raise ActionRefused("Choose a deal and a side.")
        actions.seat_counsel(admin, row, deal, Role(role))
        return f"{row} has a seat on {deal}."
    if act in ("link", "unlink"):
        number = request.POST.get("investor", "")
        investor = Investor.objects.filter(pk=number).first() if number.isdecimal() else None
        if investor is None:
            raise ActionRefused("Choose an investor.")
        if act == "unlink":
            actions.unlink_contact(admin, row, investor)
            return f"{row} acts for {investor} no more."
        actions.link_contact(admin, row, investor)
        return f"{row} acts for {investor}."
    raise Http404("There is no such thing to do.")


def _user_or_404(pk: int) -> User:
    row = User.objects.filter(pk=pk).first()
    if row is None:
        raise Http404("There is no such user.")
    return row


@method_decorator(login_not_required, name="dispatch")
class Welcome(PasswordResetConfirmView):
    """Where a link leads: the user sets a password. A link counts once, and for three days."""

    template_name = "users/welcome.html"
    token_generator = links
    success_url = reverse_lazy("sign-in")

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Say so on the sign-in page."""
        messages.success(self.request, "Your password is set. Sign in with it.")
        return super().form_valid(form)  # type: ignore[arg-type]
