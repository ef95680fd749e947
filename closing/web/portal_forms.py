"""The forms of an investor's own pages. What is said there is said in writing, under a typed name."""

from typing import Any

from django import forms

from closing.queries.portal_questions import RepresentationsPage
from closing.web.forms_base import AmountField, DateField, OneOf, RoomForm, SomeOf, lines


class InWriting(RoomForm):
    """A form that ends with the name of who says it."""

    typed_name = forms.CharField(
        label="Your name",
        max_length=200,
        error_messages={"required": "Type your name: it is what makes this an answer in writing."},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def __init__(self, *args: Any, person: str, **kwargs: Any) -> None:
        self.person = person
        super().__init__(*args, **kwargs)
        self.fields["typed_name"].help_text = f"Type it in full, as your signature: {person}"
        self.order_fields([name for name in self.fields if name != "typed_name"])

    def clean_typed_name(self) -> str:
        """The name as typed; it must be the signer's, whatever the spaces and capitals."""
        typed = " ".join(str(self.cleaned_data["typed_name"]).split())
        if typed.casefold() != " ".join(self.person.split()).casefold():
            raise forms.ValidationError(f"Type it as it stands in the agreement’s papers: {self.person}.")
        return typed


class AnswerForm(InWriting):
    """Consent to a waiver, or decline it."""

    answer = OneOf(
        label="Your answer",
        choices=[("consent", "I consent to this waiver"), ("decline", "I decline")],
        error_messages={"required": "Choose: consent, or decline."},
    )
    subject_to = forms.CharField(
        label="On which condition, if any",
        help_text="Your consent is effective only to the extent that you set forth here, and has no effect until "
        "the condition is met.",
        required=False,
        widget=lines(2),
        max_length=2000,
    )

    def clean(self) -> dict[str, Any]:
        """A condition belongs to a consent."""
        said = super().clean() or self.cleaned_data
        if said.get("answer") == "decline" and said.get("subject_to"):
            self.add_error("subject_to", "You decline, so there is no condition to set. Clear this, or consent.")
        return said


class DecideForm(InWriting):
    """Agree to a proposal, or decline."""

    answer = OneOf(
        label="Your answer",
        choices=[("agree", "I agree"), ("decline", "I decline")],
        error_messages={"required": "Choose: agree, or decline."},
    )


class ConfirmForm(InWriting):
    """Representations confirmed one by one."""

    as_of = forms.DateField(widget=forms.HiddenInput)
    representations = SomeOf(
        label="True as if made at the closing",
        choices=[],
        error_messages={"required": "Mark each that is true. What you leave unmarked stays open."},
    )

    def __init__(self, *args: Any, page: RepresentationsPage, **kwargs: Any) -> None:
        super().__init__(*args, person=page.person, initial={"as_of": page.as_of_day}, **kwargs)
        field = self.fields["representations"]
        field.choices = [(each.ref, f"{each.ref} {each.heading}") for each in page.open]  # type: ignore[attr-defined]
        field.help_text = "What you leave unmarked stays open, and counsel will ask about it."


class SignOffForm(InWriting):
    """A sign-off says no more than the name."""


class AnnounceForm(RoomForm):
    """A payment that was sent."""

    amount = AmountField(label="Amount")
    method = OneOf(
        label="How was it sent?",
        choices=[("wire", "By wire"), ("check", "By check")],
        error_messages={"required": "Choose wire or check."},
    )
    sent_on = DateField(label="Sent on", error_messages={"required": "Write the day on which it was sent."})
    reference = forms.CharField(
        label="Reference",
        help_text="The bank’s reference or the check’s number: it helps the company to find the money.",
        required=False,
        max_length=140,
    )
