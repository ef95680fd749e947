"""Signing in, and the way to one's own place."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from closing.queries import seats
from closing.web.access import WAY_OF, Request


class SignInForm(AuthenticationForm):
    """E-mail and password."""

    error_messages = {
        "invalid_login": "Nobody here has that e-mail address with that password. Check both and try again; "
        "after five wrong passwords the door stays shut for a quarter of an hour.",
        "inactive": "This account is closed. Ask the admin to open it again.",
    }

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        field = self.fields["username"]
        field.label = "E-mail address"
        field.widget = forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
        field.error_messages["required"] = "Write the e-mail address that you were given."
        self.fields["password"].error_messages["required"] = "Write your password."

    def clean_username(self) -> str:
        """The address as it is stored: in lower case."""
        return str(self.cleaned_data["username"]).strip().lower()


sign_in = LoginView.as_view(
    template_name="registration/sign_in.html", authentication_form=SignInForm, redirect_authenticated_user=True
)


@require_safe
def home(request: Request) -> HttpResponse:
    """Everybody to his own place: the only deal, the list of deals, or the admin's pages."""
    places = seats.deals_of(request.user)
    if len(places) == 1:
        return redirect(WAY_OF.get(places[0].role, "portal"), places[0].code)
    if not places and request.user.is_admin:
        return redirect("cap-table")
    return redirect("deals")


@require_safe
def deals(request: Request) -> HttpResponse:
    """The deals on which the user has a part."""
    places = [
        (each, reverse(WAY_OF.get(each.role, "portal"), args=[each.code])) for each in seats.deals_of(request.user)
    ]
    return render(request, "deals.html", {"places": places})
