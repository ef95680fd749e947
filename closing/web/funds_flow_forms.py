"""The form of a funds flow: for whom, the exact amounts that the agreement leaves open, and other uses."""

from collections.abc import Sequence
from typing import Any

from django import forms

from closing.rules.funds_flow import Adjustment
from closing.rules.terms import UseOfProceeds
from closing.web.forms_base import AmountField, OneOf, RoomForm

FEWEST_LINES, MOST_LINES = 3, 40
EVERYBODY, READY = "everybody", "ready"


class FundsFlowForm(RoomForm):
    """For whom the flow is, a line for each use that the agreement names, and `count` lines of other uses.

    `proceeds` are the former, each with what stands for it where counsel state nothing, in words.
    """

    whom = OneOf(
        label="For whom?",
        choices=[(EVERYBODY, "Everybody on Schedule A who has not closed"), (READY, "Those who are ready now")],
        error_messages={"required": "Choose for whom the funds flow is."},
    )

    def __init__(
        self,
        *args: Any,
        proceeds: Sequence[tuple[UseOfProceeds, str]],
        given: Sequence[Adjustment] = (),
        count: int = FEWEST_LINES,
        **kwargs: Any,
    ) -> None:
        self.proceeds = [use for use, _ in proceeds]
        first, others = _first_answers(self.proceeds, given)
        kwargs["initial"] = {**first, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.count = max(FEWEST_LINES, others + 1, min(count, MOST_LINES))
        for at, (_, stands) in enumerate(proceeds, start=1):
            self.fields[f"stated_payee_{at}"] = forms.CharField(
                label="To whom (optional)", required=False, max_length=200
            )
            self.fields[f"stated_amount_{at}"] = AmountField(label="Exact amount (optional)", required=False)
            self.fields[f"stated_amount_{at}"].help_text = f"Left blank: {stands}."
        for at in range(1, self.count + 1):
            self.fields[f"purpose_{at}"] = forms.CharField(label="For what", required=False, max_length=200)
            self.fields[f"payee_{at}"] = forms.CharField(label="To whom", required=False, max_length=200)
            self.fields[f"amount_{at}"] = AmountField(label="Amount", required=False)

    @property
    def stated_rows(self) -> list[tuple[UseOfProceeds, Any, Any]]:
        """The uses that the agreement names, with their fields, for the template."""
        return [
            (each, self[f"stated_payee_{at}"], self[f"stated_amount_{at}"])
            for at, each in enumerate(self.proceeds, start=1)
        ]

    @property
    def other_rows(self) -> list[tuple[int, Any, Any, Any]]:
        """The lines of other uses, with their fields, for the template."""
        return [
            (at, self[f"purpose_{at}"], self[f"payee_{at}"], self[f"amount_{at}"]) for at in range(1, self.count + 1)
        ]

    def clean(self) -> dict[str, Any]:
        """Each line is whole or blank."""
        said = super().clean() or self.cleaned_data
        for at in range(1, len(self.proceeds) + 1):
            field = f"stated_amount_{at}"
            if said.get(f"stated_payee_{at}") and said.get(field) is None and field not in self.errors:
                self.add_error(field, "Write the amount that goes there, or leave both blank.")
        for at in range(1, self.count + 1):
            purpose, payee, amount = (said.get(f"{name}_{at}") for name in ("purpose", "payee", "amount"))
            if not purpose and not payee and amount is None:
                continue
            if not purpose:
                self.add_error(f"purpose_{at}", "Write what it is for.")
            if not payee:
                self.add_error(f"payee_{at}", "Write to whom it goes.")
            if amount is None and f"amount_{at}" not in self.errors:
                self.add_error(f"amount_{at}", "Write the amount.")
        return said

    def adjustments(self) -> tuple[Adjustment, ...]:
        """The lines that were filled in."""
        said = self.cleaned_data
        stated = (
            Adjustment(purpose=each.purpose, payee=said[f"stated_payee_{at}"], amount=said[f"stated_amount_{at}"])
            for at, each in enumerate(self.proceeds, start=1)
            if said.get(f"stated_amount_{at}") is not None
        )
        others = (
            Adjustment(purpose=said[f"purpose_{at}"], payee=said[f"payee_{at}"], amount=said[f"amount_{at}"])
            for at in range(1, self.count + 1)
            if said.get(f"amount_{at}") is not None
        )
        return (*stated, *others)


def _first_answers(proceeds: Sequence[UseOfProceeds], given: Sequence[Adjustment]) -> tuple[dict[str, Any], int]:
    """The answers of the last version, and how many lines of other uses they take."""
    answers: dict[str, Any] = {}
    rest = list(given)
    for at, each in enumerate(proceeds, start=1):
        stated = next((said for said in rest if said.purpose == each.purpose), None)
        if stated is not None:
            rest.remove(stated)
            answers[f"stated_payee_{at}"], answers[f"stated_amount_{at}"] = stated.payee, stated.amount
    for at, said in enumerate(rest, start=1):
        answers |= {f"purpose_{at}": said.purpose, f"payee_{at}": said.payee, f"amount_{at}": said.amount}
    return answers, len(rest)
