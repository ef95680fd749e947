"""The forms of the checklist: one cell, a new item, a list to take in."""

from typing import Any

from django import forms

from closing.actions.checklist_import import CREATE, LEAVE, SAME
from closing.queries.checklist import party_choices
from closing.rules import terms
from closing.rules.checklist import LONGEST_TITLE, Field, owed_to_of
from closing.rules.checklist_import import Outcome, Plan, PlannedRow
from closing.rules.terms import INVESTORS, ISSUER
from closing.web.forms_base import RoomForm, SomeOf, lines

LABELS = {
    Field.TITLE: "Item",
    Field.PART: "Part",
    Field.OWED_BY: "Responsible party",
    Field.NUMBER: "Number",
}


class CellForm(forms.Form):
    """One cell of an item: `seen` is what it was when the form was made."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, field: Field, deal: terms.Deal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"] = self._asked(field, deal)
        self.fields["value"].label = LABELS[field]
        self.fields["value"].widget.attrs["autofocus"] = True

    def _asked(self, field: Field, deal: terms.Deal) -> forms.Field:
        needed = {"required": "This is needed."}
        if field is Field.OWED_BY:
            return forms.ChoiceField(choices=party_choices(deal), error_messages=needed)
        if field is Field.NUMBER:
            messages = {**needed, "invalid": "Write a whole number."}
            return forms.IntegerField(min_value=1, error_messages=messages)
        widget = forms.TextInput(attrs={"list": "parts"}) if field is Field.PART else None
        return forms.CharField(max_length=LONGEST_TITLE, widget=widget, error_messages=needed)


class ItemForm(RoomForm):
    """An item beyond the deal file."""

    def __init__(self, *args: Any, deal: terms.Deal, **kwargs: Any) -> None:
        self.deal = deal
        super().__init__(*args, **kwargs)

    def ask(self) -> None:
        """What an item is, who owes it to whom, who signs it, and which conditions it serves."""
        every = party_choices(self.deal)
        signs = [(ISSUER, self.deal.issuer.name), (INVESTORS, "Each investor")]
        served = [(each.section, f"{each.section} {each.heading}") for each in self.deal.conditions]
        self.fields["title"] = forms.CharField(label="Item", max_length=LONGEST_TITLE)
        self.fields["part"] = forms.CharField(
            label="Part",
            help_text="One of the list’s parts, or a new heading.",
            max_length=LONGEST_TITLE,
            widget=forms.TextInput(attrs={"list": "parts"}),
        )
        self.fields["owed_by"] = forms.ChoiceField(label="Responsible party", choices=[("", "Choose"), *every])
        self.fields["owed_to"] = forms.ChoiceField(
            label="Owed to",
            choices=[("", "The other side’s counsel"), *every],
            required=False,
        )
        self.fields["section"] = forms.CharField(
            label="Section", help_text="Of the agreement, for example 3(f).", max_length=40, required=False
        )
        self.fields["serves"] = SomeOf(
            label="Conditions that it serves",
            help_text="It helps to meet them; what meets them is decided by the facts on file.",
            choices=served,
            required=False,
        )
        self.fields["signed_by"] = SomeOf(label="Signatories", choices=signs, required=False)

    def item(self) -> terms.Deliverable:
        """The item as it was stated; its key is the action's to make."""
        said = self.cleaned_data
        return terms.Deliverable(
            key="",
            title=said["title"],
            part=said["part"],
            owed_by=said["owed_by"],
            owed_to=said["owed_to"] or owed_to_of(self.deal, said["owed_by"]),
            serves=tuple(said["serves"]),
            signed_by=tuple(said["signed_by"]),
            section=said["section"].strip(),
        )


class ListForm(RoomForm):
    """A firm's own checklist, as a file or as text."""

    file = forms.FileField(
        label="File",
        help_text="Word (.docx), Excel (.xlsx), CSV or text.",
        max_length=1000,
        required=False,
        error_messages={
            "empty": "The file is empty. Choose the file again.",
            "invalid": "The file did not arrive whole. Choose it again.",
        },
    )
    text = forms.CharField(
        label="Or paste its rows",
        help_text="Copied from a table, or with tabs or | between the columns. The first row names the columns.",
        widget=lines(8),
        required=False,
        max_length=500_000,
        strip=False,
    )

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        said = super().clean() or {}
        if not self.errors:
            if not said.get("file") and not (said.get("text") or "").strip():
                self.add_error("file", "Choose a file, or paste the rows below.")
            if said.get("file") and (said.get("text") or "").strip():
                self.add_error("text", "Choose either a file or pasted rows, not both.")
        return said


class ConfirmForm(RoomForm):
    """What becomes of a list's rows, of its comments, and of what it gives to nobody that the deal knows."""

    comments = forms.ChoiceField(
        label="Comments of the list",
        choices=[
            ("", "Leave them out"),
            ("own", "Keep them as notes of our side alone"),
            ("shared", "Keep them as notes that the other side reads too"),
        ],
        required=False,
    )

    def __init__(self, *args: Any, deal: terms.Deal, plan: Plan, **kwargs: Any) -> None:
        self.deal, self.plan = deal, plan
        super().__init__(*args, **kwargs)

    def ask(self) -> None:
        """Who owes what the list gives to nobody, and one choice for each row that names an item."""
        self.fields["default_party"] = forms.ChoiceField(
            label="Where the list names no responsible party that the deal knows", choices=party_choices(self.deal)
        )
        for row in self.plan.rows:
            if row.title and row.outcome is not Outcome.PART:
                self.fields[f"row-{row.line}"] = forms.ChoiceField(
                    label=f"Row {row.line}, {row.title}", choices=self._choices(row), required=False
                )

    def choices_made(self) -> dict[int, str]:
        """By row, what its sender chose; rows that go as proposed are not there."""
        said = {name: value for name, value in self.cleaned_data.items() if name.startswith("row-") and value}
        return {int(name.removeprefix("row-")): value for name, value in said.items()}

    def _choices(self, row: PlannedRow) -> list[tuple[str, str]]:
        if row.outcome is Outcome.CREATE:
            return [("", "Add it"), (LEAVE, "Leave it out")]
        if row.outcome is Outcome.IGNORE:
            return [("", "Leave it out"), (CREATE, "Add it all the same")]
        others = [key for key in row.like if key != row.key]
        same = [(f"{SAME}{key}", f"It is: {self.deal.deliverable_by_key[key].title}") for key in others]
        title = self.deal.deliverable_by_key[row.key].title
        return [("", f"It is: {title}"), *same, (CREATE, "Add it as another item"), (LEAVE, "Leave it out")]
