"""The forms of the money page: a payment received, and one that came back."""

from typing import Any

from django import forms

from closing.web.forms_base import AmountField, Choices, OneOf, RoomForm, lines


class PaymentForm(RoomForm):
    """Purchase price received."""

    investor = forms.ChoiceField(
        label="From which investor?", choices=[], error_messages={"required": "Choose the investor."}
    )
    amount = AmountField(label="Amount received")
    method = OneOf(
        label="How did it come?",
        choices=[("wire", "By wire"), ("check", "By check")],
        error_messages={"required": "Choose wire or check."},
    )
    reference = forms.CharField(label="Reference", required=False, max_length=140)
    note = forms.CharField(label="Note", required=False, widget=lines(2), max_length=2000)

    def __init__(self, *args: Any, investors: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["investor"].choices = [("", "Choose"), *investors]  # type: ignore[attr-defined]


class ReturnForm(RoomForm):
    """A payment that came back."""

    reason = forms.CharField(
        label="Why did it come back?",
        help_text="It counts no more from now on; the payment and this reason stay on the record.",
        widget=lines(2),
        max_length=2000,
        error_messages={"required": "Say why: whoever reads the file later will ask."},
    )
