"""The form of a funds flow: for whom, the exact amounts that the agreement leaves open, and other uses."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from closing.rules.funds_flow import Adjustment, Unmatched
from closing.rules.terms import UseOfProceeds
from closing.web.forms_base import AmountField, OneOf, RoomForm

FEWEST_LINES, MOST_LINES = 3, 40
UNMATCHED_LINES = 2
NO_PURPOSE, NO_PAYEE, NO_AMOUNT = "Write what it is for.", "Write to whom it goes.", "Write the amount."
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
        unmatched: Sequence[Unmatched] = (),
        count: int = FEWEST_LINES,
        **kwargs: Any,
    ) -> None:
        self.proceeds = [use for use, _ in proceeds]
        first, others = _first_answers(self.proceeds, given, unmatched)
        kwargs["initial"] = {**first, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.count = max(FEWEST_LINES, others + 1, min(count, MOST_LINES))
        lines = (name.removeprefix("came_") for name in self.data or self.initial if name.startswith("came_"))
        sent = max((int(at) for at in lines if at.isascii() and at.isdecimal() and len(at) < 4), default=0)
        self.unmatched_count = min(MOST_LINES, max(UNMATCHED_LINES, len(unmatched) + 1, sent))
        for at, (_, stands) in enumerate(proceeds, start=1):
            self._add(f"stated_payee_{at}", forms.CharField(label="To whom (optional)", required=False, max_length=200))
            amount = AmountField(label="Exact amount (optional)", required=False, help_text=f"Left blank: {stands}.")
            self._add(f"stated_amount_{at}", amount)
        for at in range(1, self.count + 1):
            self._add_line(at, purpose="For what", payee="To whom", amount="Amount")
        for at in range(1, self.unmatched_count + 1):
            self._add_line(at, **{"from": "From whom", "came": "Amount that came"})

    def _add(self, name: str, field: forms.Field) -> None:
        self.fields[name] = field

    def _add_line(self, at: int, **labels: str) -> None:
        """The fields of a line: words, and last an amount."""
        *words, amount = labels
        for name in words:
            self._add(f"{name}_{at}", forms.CharField(label=labels[name], required=False, max_length=200))
        self._add(f"{amount}_{at}", AmountField(label=labels[amount], required=False))

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

    @property
    def unmatched_rows(self) -> list[tuple[int, Any, Any]]:
        """The lines of money that belongs to no payment on file, for the template."""
        return [(at, self[f"from_{at}"], self[f"came_{at}"]) for at in range(1, self.unmatched_count + 1)]

    def clean(self) -> dict[str, Any]:
        """Each line is whole or blank."""
        said = super().clean() or self.cleaned_data
        for at in range(1, len(self.proceeds) + 1):
            if said.get(f"stated_payee_{at}"):
                self._check_whole({f"stated_amount_{at}": "Write the amount that goes there, or leave both blank."})
        for at in range(1, self.count + 1):
            told = {f"purpose_{at}": NO_PURPOSE, f"payee_{at}": NO_PAYEE, f"amount_{at}": NO_AMOUNT}
            if any(said.get(field) for field in told):
                self._check_whole(told)
        for at in range(1, self.unmatched_count + 1):
            told = {f"from_{at}": "Write from whom it came.", f"came_{at}": NO_AMOUNT}
            if any(said.get(field) for field in told):
                self._check_whole(told)
        return said

    def _check_whole(self, told: Mapping[str, str]) -> None:
        """Say beside each of these fields of a line that was left blank what belongs there."""
        for field, what in told.items():
            if not self.cleaned_data.get(field) and field not in self.errors:
                self.add_error(field, what)

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

    def unmatched(self) -> tuple[Unmatched, ...]:
        """Money that belongs to no payment on file."""
        said = self.cleaned_data
        return tuple(
            Unmatched(name=said[f"from_{at}"], amount=said[f"came_{at}"])
            for at in range(1, self.unmatched_count + 1)
            if said.get(f"came_{at}") is not None
        )


def _first_answers(
    proceeds: Sequence[UseOfProceeds], given: Sequence[Adjustment], unmatched: Sequence[Unmatched]
) -> tuple[dict[str, Any], int]:
    """The answers of the last version, and how many lines of other uses they take."""
    answers: dict[str, Any] = {}
    rest = list(given)
    for at, each in enumerate(proceeds, start=1):
        stated = next((said for said in rest if said.purpose == each.purpose), None)
        if stated is not None:
            rest.remove(stated)
            answers |= {f"stated_payee_{at}": stated.payee, f"stated_amount_{at}": stated.amount}
    for at, said in enumerate(rest, start=1):
        answers |= {f"purpose_{at}": said.purpose, f"payee_{at}": said.payee, f"amount_{at}": said.amount}
    for at, money in enumerate(unmatched, start=1):
        answers |= {f"from_{at}": money.name, f"came_{at}": money.amount}
    return answers, len(rest)
