"""The forms of the money page: a payment, a bill with its lines, a payment towards a bill."""

from typing import Any

from django import forms

from closing.rules.facts import BillLine
from closing.rules.terms import LineKind
from closing.web.forms_base import AmountField, Choices, DateField, OneOf, RoomForm, lines

FEWEST_LINES, MOST_LINES = 4, 40
KINDS = [("", "Choose"), (LineKind.FEE.value, "Fee"), (LineKind.EXPENSE.value, "Expense")]


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


class BillForm(RoomForm):
    """A bill of counsel, with as many lines as `count` asks for. A line left blank is no line."""

    number = forms.CharField(
        label="Number of the bill", max_length=60, error_messages={"required": "Write the bill’s number."}
    )
    dated = DateField(label="Dated", error_messages={"required": "Write the date on the bill."})

    def __init__(self, *args: Any, count: int = FEWEST_LINES, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count = max(FEWEST_LINES, min(count, MOST_LINES))
        for at in range(1, self.count + 1):
            self.fields[f"kind_{at}"] = forms.ChoiceField(label=f"Line {at}: kind", choices=KINDS, required=False)
            self.fields[f"description_{at}"] = forms.CharField(
                label=f"Line {at}: for what", required=False, max_length=500
            )
            self.fields[f"amount_{at}"] = AmountField(label=f"Line {at}: amount", required=False)

    @property
    def line_rows(self) -> list[tuple[int, Any, Any, Any]]:
        """The fields of each line, for the template."""
        return [
            (at, self[f"kind_{at}"], self[f"description_{at}"], self[f"amount_{at}"]) for at in range(1, self.count + 1)
        ]

    def clean(self) -> dict[str, Any]:
        """Each line is whole or blank, and there is one at least."""
        said = super().clean() or self.cleaned_data
        found = False
        for at in range(1, self.count + 1):
            kind, text, amount = (said.get(f"{name}_{at}") for name in ("kind", "description", "amount"))
            if not kind and not text and amount is None:
                continue
            found = True
            if not kind:
                self.add_error(f"kind_{at}", "Choose fee or expense: the cap limits fees only.")
            if not text:
                self.add_error(f"description_{at}", "Write what it is for.")
            if amount is None and f"amount_{at}" not in self.errors:
                self.add_error(f"amount_{at}", "Write the amount.")
        if not found and not self.errors:
            raise forms.ValidationError("A bill has at least one line. Write what it is for, and the amount.")
        return said

    def bill_lines(self) -> tuple[BillLine, ...]:
        """The lines that were filled in."""
        said = self.cleaned_data
        return tuple(
            BillLine(
                kind=LineKind(said[f"kind_{at}"]),
                description=said[f"description_{at}"],
                amount=said[f"amount_{at}"],
            )
            for at in range(1, self.count + 1)
            if said.get(f"kind_{at}")
        )


class FeePaymentForm(RoomForm):
    """What the company paid towards a bill."""

    kind = OneOf(
        label="Towards fees or expenses?",
        choices=[(LineKind.FEE.value, "Fees"), (LineKind.EXPENSE.value, "Expenses")],
        error_messages={"required": "Choose fees or expenses."},
    )
    amount = AmountField(label="Amount paid")
    note = forms.CharField(label="Note", required=False, widget=lines(2), max_length=2000)
