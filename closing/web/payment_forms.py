"""The forms about the purchase price: a payment, one wire for several investors, a return, a refund."""

from typing import Any

from django import forms

from closing.actions.payments import NeedsConfirming, Part
from closing.rules.fees import ZERO
from closing.web.forms_base import AmountField, Choices, OneOf, RoomForm, lines

FEWEST_PARTS, MOST_PARTS = 3, 60
METHODS: Choices = [("wire", "By wire"), ("check", "By check")]


def method() -> OneOf:
    """How the money came or went."""
    return OneOf(
        label="How did it come?", choices=METHODS, error_messages={"required": "Choose wire or check."}, initial="wire"
    )


class Confirmable(RoomForm):
    """A form with two questions that are asked only where the answer to them is needed."""

    over = forms.BooleanField(
        label="Yes, it came, and is more than the price: it will be sent back", required=False, widget=forms.HiddenInput
    )
    twice = forms.BooleanField(
        label="Yes, two with one reference and amount came", required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("over", "twice"):
            self.fields[name].label = str(self.fields[name].label).removesuffix(" (optional)")
            if self.data.get(name):
                self.ask_to_confirm(name)

    @property
    def confirmed(self) -> frozenset[str]:
        """What was confirmed: `over`, `twice`."""
        return frozenset(name for name in ("over", "twice") if self.cleaned_data.get(name))

    def ask_to_confirm(self, name: str) -> None:
        """Ask the question that is hidden until the answer is needed."""
        self.fields[name].widget = forms.CheckboxInput()

    def tell(self, refusal: Exception) -> None:
        """Show what an action refused; where it needs a word, beside the box that gives it."""
        if isinstance(refusal, NeedsConfirming):
            self.ask_to_confirm(refusal.what)
            self.add_error(refusal.what, f"{refusal} Tick the box if it is so.")
        else:
            super().tell(refusal)


class Received(Confirmable):
    """Money that came."""

    amount = AmountField(label="Amount received")
    method = method()
    reference = forms.CharField(
        label="Reference",
        help_text="The bank’s reference of the wire, or the check’s number.",
        required=False,
        max_length=140,
    )
    note = forms.CharField(label="Note", required=False, widget=lines(2), max_length=2000)

    field_order = ["amount", "method", "reference", "note", "over", "twice"]


class PaymentForm(Received):
    """Purchase price received from one investor."""

    investor = forms.ChoiceField(
        label="From which investor?", choices=[], error_messages={"required": "Choose the investor."}
    )

    field_order = ["investor", "amount", "method", "reference", "note", "over", "twice"]

    def __init__(self, *args: Any, investors: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["investor"].choices = [("", "Choose"), *investors]  # type: ignore[attr-defined]

    def parts(self) -> tuple[Part, ...]:
        """The whole of it is one investor's."""
        return (Part(self.cleaned_data["investor"], self.cleaned_data["amount"]),)


class Parted(forms.Form):
    """What of a sum is each investor's: as many lines as `count` asks for. A line left blank is no part."""

    count: int

    def add_parts(self, investors: Choices, count: int) -> None:
        """The fields of each part."""
        self.count = max(FEWEST_PARTS, min(count, MOST_PARTS))
        for at in range(1, self.count + 1):
            self.fields[f"investor_{at}"] = forms.ChoiceField(
                label=f"Part {at}: investor", choices=[("", "Choose"), *investors], required=False
            )
            self.fields[f"amount_{at}"] = AmountField(label=f"Part {at}: amount", required=False)

    @property
    def part_rows(self) -> list[tuple[int, Any, Any]]:
        """The fields of each part, for the template."""
        return [(at, self[f"investor_{at}"], self[f"amount_{at}"]) for at in range(1, self.count + 1)]

    def check_parts(self, said: dict[str, Any]) -> None:
        """Each part is whole or blank, and there are two at least."""
        for at in range(1, self.count + 1):
            name, amount = said.get(f"investor_{at}"), said.get(f"amount_{at}")
            if amount is not None and not name:
                self.add_error(f"investor_{at}", "Choose whose part this is.")
            if name and amount is None and f"amount_{at}" not in self.errors:
                self.add_error(f"amount_{at}", "Write how much of it is this investor’s.")

    def parts(self) -> tuple[Part, ...]:
        """The parts that were filled in."""
        said = self.cleaned_data
        return tuple(
            Part(said[f"investor_{at}"], said[f"amount_{at}"])
            for at in range(1, self.count + 1)
            if said.get(f"investor_{at}") and said.get(f"amount_{at}") is not None
        )


class SplitForm(Received, Parted):
    """One wire or check for several investors; its parts add up to it."""

    def __init__(self, *args: Any, investors: Choices, count: int = FEWEST_PARTS, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = "Amount of the whole wire or check"
        self.add_parts(investors, count)

    @property
    def questions(self) -> list[Any]:
        """The fields that are not of a part."""
        return [self[name] for name in self.fields if not name.startswith(("investor_", "amount_"))]

    def clean(self) -> dict[str, Any]:
        """The parts are two at least, and add up to the whole."""
        said = super().clean() or self.cleaned_data
        self.check_parts(said)
        if self.errors:
            return said
        added = sum((part.amount for part in self.parts()), ZERO)
        if len(self.parts()) < 2:
            raise forms.ValidationError("Write two parts at least. For one investor, record a payment.")
        if added != said["amount"]:
            raise forms.ValidationError(
                f"The parts come to {added:,.2f}, and {said['amount']:,.2f} came. Correct the parts, or the whole."
            )
        return said


class ReturnForm(RoomForm):
    """A payment that came back."""

    reason = forms.CharField(
        label="Why did it come back?",
        help_text="It counts no more from now on; the payment and this reason stay on the record. The investor reads "
        "the reason on its own page.",
        widget=lines(2),
        max_length=2000,
        error_messages={"required": "Say why: whoever reads the file later will ask."},
    )


class RefundForm(RoomForm):
    """What the company sent back to an investor that had paid too much."""

    amount = AmountField(label="Amount sent back")
    method = method()
    reference = forms.CharField(label="Reference", required=False, max_length=140)
    note = forms.CharField(label="Note", required=False, widget=lines(2), max_length=2000)

    def ask(self) -> None:
        """The same question of money that went."""
        self.fields["method"].label = "How was it sent?"


class SureForm(RoomForm):
    """A question to be answered with one press."""
