"""The forms about wire instructions."""

from collections.abc import Callable

from django import forms

from closing.rules.wire_instructions import account_problem, routing_problem
from closing.web.forms_base import RoomForm, lines


class ProposeForm(RoomForm):
    """Where the purchase price is to be sent."""

    holder = forms.CharField(
        label="Account holder", max_length=140, error_messages={"required": "Write in whose name the account is."}
    )
    bank = forms.CharField(label="Bank", max_length=140, error_messages={"required": "Write the bank’s name."})
    routing = forms.CharField(
        label="Routing number",
        help_text="The ABA number of nine digits, or the BIC of a bank abroad.",
        max_length=20,
        error_messages={"required": "Write the ABA number or the BIC."},
    )
    account = forms.CharField(
        label="Account number or IBAN", max_length=40, error_messages={"required": "Write the account number or IBAN."}
    )
    reference = forms.CharField(
        label="Reference that the sender is to state",
        help_text="The investor’s registered name goes with it.",
        required=False,
        max_length=140,
    )
    note = forms.CharField(label="Note to the investors", required=False, widget=lines(2), max_length=1000)

    def clean_routing(self) -> str:
        """The number adds up."""
        return _checked(self.cleaned_data["routing"], routing_problem)

    def clean_account(self) -> str:
        """The number can be one."""
        return _checked(self.cleaned_data["account"], account_problem)


class CheckedForm(RoomForm):
    """The second person's word, of what was read to him by telephone."""

    checked_with = forms.CharField(
        label="With whom did you speak?",
        help_text="Somebody at the company, telephoned at a number that you knew before: not one from an e-mail.",
        max_length=200,
        error_messages={"required": "Write with whom you spoke."},
    )
    heard = forms.CharField(
        label="The account number, as it was read to you",
        help_text="It is not shown to you here on purpose.",
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Type the account number that was read to you."},
    )


class RejectForm(RoomForm):
    """Why a proposal is turned down."""

    reason = forms.CharField(
        label="Why are they rejected?",
        widget=lines(2),
        max_length=2000,
        error_messages={"required": "Say why: whoever reads the file later will ask."},
    )


def _checked(text: str, problem_of: Callable[[str], str]) -> str:
    told = problem_of(text)
    if told:
        raise forms.ValidationError(told)
    return text
