"""The forms of counsel's fees: a bill and a credit note with their lines, what is paid, netted, and comes back."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms

from closing.rules.facts import BillLine
from closing.rules.fees import KINDS_OF_LINE
from closing.rules.terms import REIMBURSED, LineKind
from closing.web.forms_base import AmountField, Choices, DateField, OneOf, RoomForm, lines

FEWEST_LINES, MOST_LINES = 4, 40
KINDS = [("", "Choose"), (LineKind.FEE.value, "Fee"), (LineKind.EXPENSE.value, "Expense"), ("dispute", "Dispute")]
OF_KIND = {kind.value: KINDS_OF_LINE[kind].capitalize() for kind in LineKind}


class LinesForm(RoomForm):
    """A paper with as many lines as `count` asks for. A line left blank is no line."""

    number = forms.CharField(label="Number", max_length=60, error_messages={"required": "Write the number."})
    dated = DateField(label="Dated", error_messages={"required": "Write the date on it."})

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
    def head(self) -> list[Any]:
        """The fields above the lines, for the template."""
        return [self[name] for name in self.fields if name != "form_key" and not name.rpartition("_")[2].isdigit()]

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
                self.add_error(f"kind_{at}", "Choose what it is for: the cap limits fees only, or as the deal says.")
            if not text:
                self.add_error(f"description_{at}", "Write what it is for.")
            if amount is None and f"amount_{at}" not in self.errors:
                self.add_error(f"amount_{at}", "Write the amount.")
        if not found and not self.errors:
            raise forms.ValidationError("There is no line. Write what it is for, and the amount.")
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


class PaperField(forms.FileField):
    """A bill's PDF."""

    def __init__(self, **kwargs: Any) -> None:
        messages = {
            "required": "Choose the file first.",
            "empty": "The file is empty. Choose the file again.",
            "invalid": "The file did not arrive whole. Choose it again.",
        }
        super().__init__(label="The bill itself, as a PDF", max_length=1000, error_messages=messages, **kwargs)


class BillForm(LinesForm):
    """A bill of counsel. `firms` are the counsel of the user's side; `is_issuers_own` asks who else sent it."""

    received_on = DateField(label="Received on", required=False, help_text="Left blank: today.")
    paper = PaperField(required=False, help_text="At most 50 MB. It can be added later.")

    def __init__(self, *args: Any, firms: Choices, is_issuers_own: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(firms) > 1:
            self.fields["counsel"] = OneOf(label="Whose bill?", choices=firms)
        if is_issuers_own:
            self.fields["payee"] = forms.CharField(
                label="Who sent it, if not you (optional)",
                required=False,
                max_length=200,
                help_text="A printer or an accountant, for example: what the company pays in any case.",
            )


class CreditNoteForm(LinesForm):
    """What counsel takes off a bill."""


class PaperForm(RoomForm):
    """The PDF of a bill that came on file without it."""

    paper = PaperField()


class KindAndAmountForm(RoomForm):
    """An amount of one kind of line. `kinds` are those offered."""

    kind = OneOf(
        label="Fees or expenses?",
        choices=[],
        error_messages={"required": "Choose what it is for."},
    )
    amount = AmountField(label="Amount")
    note = forms.CharField(label="Note", required=False, widget=lines(2), max_length=2000)

    kinds: Iterable[LineKind] = REIMBURSED

    def ask(self) -> None:
        """Offer the kinds."""
        self.fields["kind"].choices = [(kind.value, OF_KIND[kind.value]) for kind in self.kinds]  # type: ignore[attr-defined]


class FeePaymentForm(KindAndAmountForm):
    """What the company paid towards a bill."""


class WriteOffForm(KindAndAmountForm):
    """What counsel gives up of a bill."""

    kinds = tuple(LineKind)


class NettingForm(KindAndAmountForm):
    """What the company keeps back from an investor's wire for a bill. `investors` are those whose wires are open."""

    netted_from = forms.ChoiceField(
        label="From which investor’s wire?", choices=[], error_messages={"required": "Choose the investor."}
    )
    field_order = ("form_key", "netted_from")

    def __init__(self, *args: Any, investors: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["netted_from"].choices = [("", "Choose"), *investors]  # type: ignore[attr-defined]


class ReversalForm(KindAndAmountForm):
    """What came back. `investors` are those from whose wires something stands netted towards the bill."""

    netted_from = forms.ChoiceField(label="Of what?", choices=[], required=False)
    field_order = ("form_key", "netted_from")

    def __init__(self, *args: Any, investors: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if investors:
            self.fields["netted_from"].choices = [("", "What the company paid"), *investors]  # type: ignore[attr-defined]
        else:
            del self.fields["netted_from"]


class PartsField(forms.DecimalField):
    """How many parts an investor bears; blank is none."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def __init__(self, **kwargs: Any) -> None:
        messages = {"invalid": "Write the parts in figures.", "min_value": "Parts are never below nothing."}
        super().__init__(
            required=False, min_value=0, max_digits=12, decimal_places=4, error_messages=messages, **kwargs
        )


class OverCapForm(RoomForm):
    """Who bears what is over the cap: a number of parts for each investor, opened with those in force."""

    note = forms.CharField(
        label="On what authority",
        help_text="Who agreed to it, and where that is written.",
        widget=lines(2),
        max_length=2000,
        error_messages={"required": "Say on what authority: the investors will ask."},
    )

    def __init__(self, *args: Any, parts: Mapping[str, Decimal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = tuple(parts)
        for at, (name, part) in enumerate(parts.items()):
            self.fields[f"parts_{at}"] = PartsField(label=name, initial=f"{part.normalize():f}")

    @property
    def part_rows(self) -> list[tuple[str, Any]]:
        """Each investor with its field, for the template."""
        return [(name, self[f"parts_{at}"]) for at, name in enumerate(self.names)]

    def clean(self) -> dict[str, Any]:
        """Somebody bears it."""
        said = super().clean() or self.cleaned_data
        if not self.errors and not any(said.get(f"parts_{at}") for at in range(len(self.names))):
            raise forms.ValidationError("Nobody would bear it. Give at least one investor a part.")
        return said

    def parts(self) -> dict[str, Decimal]:
        """The parts by investor's name."""
        return {name: self.cleaned_data[f"parts_{at}"] or Decimal(0) for at, name in enumerate(self.names)}
