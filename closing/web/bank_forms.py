"""The forms about a bank's statement and its lines."""

from typing import Any

from django import forms

from closing.papers.statements import MOST_BYTES, TOO_BIG
from closing.rules.bank_lines import Proposal
from closing.web.forms_base import Choices, RoomForm, lines
from closing.web.payment_forms import Confirmable, Parted

BY_HAND = "by-hand"


class StatementForm(RoomForm):
    """The file of a statement."""

    file = forms.FileField(
        label="The bank’s statement",
        help_text="CSV, with a row of headings, or camt.053. At most 10 MB.",
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,.xml,.camt,.c53"}),
        error_messages={"required": "Choose the file that the bank gave.", "missing": "Choose the file."},
    )

    def clean_file(self) -> Any:
        """No larger than a statement is."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(TOO_BIG)
        return file


class LineForm(Confirmable, Parted):
    """What a line is: one of what is proposed, or parts written by hand."""

    choice = forms.ChoiceField(
        label="What is it?",
        choices=[],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what the line is."},
    )

    def __init__(
        self, *args: Any, proposed: tuple[Proposal, ...], investors: Choices, by_hand: bool, count: int, **kwargs: Any
    ) -> None:
        self.proposed = proposed
        super().__init__(*args, **kwargs)
        choices = [(str(at), "") for at in range(len(proposed))]
        self.fields["choice"].choices = [*choices, *([(BY_HAND, "")] if by_hand else [])]  # type: ignore[attr-defined]
        self.by_hand = by_hand
        if by_hand:
            self.add_parts(investors, count)

    @property
    def chosen(self) -> Proposal | None:
        """The proposal that was chosen; None for parts by hand."""
        said = self.cleaned_data["choice"]
        return None if said == BY_HAND else self.proposed[int(said)]

    def clean(self) -> dict[str, Any]:
        """Parts belong to what is written by hand."""
        said = super().clean() or self.cleaned_data
        if said.get("choice") == BY_HAND:
            self.check_parts(said)
            if not self.errors and not self.parts():
                raise forms.ValidationError("Write whose it is, and how much of it.")
        return said


class IgnoreForm(RoomForm):
    """Why lines are nothing of this deal."""

    reason = forms.CharField(
        label="Why are they set aside?",
        help_text="For example: the company’s own business.",
        widget=lines(2),
        max_length=1000,
        error_messages={"required": "Say why: whoever reads the file later will ask."},
    )


class UndoForm(Confirmable):
    """Why what a line was confirmed to be is wrong."""

    reason = forms.CharField(
        label="Why is it undone?",
        widget=lines(2),
        max_length=1000,
        error_messages={"required": "Say why: whoever reads the file later will ask."},
    )
