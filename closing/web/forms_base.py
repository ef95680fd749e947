"""What the forms of the closing room share: plain words, one question at a time, a key against the double click."""

import re
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms

from closing.rules.access import Role, Verb, why_not
from closing.rules.fact_verbs import verb_of
from closing.rules.facts import Fact, Facts
from closing.rules.terms import Condition, Deal

REASON = "A reason belongs on the record: say in a few words why."
Choices = list[tuple[str, str]]


EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)


def check_year(day: date) -> None:
    """Refuse a slip of the year: `96`, which a browser's calendar takes for the year 96. Raises ValidationError."""
    if not EARLIEST <= day <= LATEST:
        raise forms.ValidationError("Look at the year: write it in full, as in 1996-06-10.")


class DateField(forms.DateField):
    """A day, by the browser's own calendar, or typed as 1996-06-10 or June 10, 1996. Its year is of four digits."""

    default_validators = [check_year]

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def __init__(self, **kwargs: Any) -> None:
        messages = {"invalid": "Write the day as 1996-06-10.", **kwargs.pop("error_messages", {})}
        formats = ["%Y-%m-%d", "%B %d, %Y", "%m/%d/%Y"]
        super().__init__(input_formats=formats, error_messages=messages, **kwargs)


_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?")


class AmountField(forms.DecimalField):
    """An amount of the deal's currency, above nothing: `40000`, `40,000.00` or `$40,000`, and never `40,00`."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def __init__(self, **kwargs: Any) -> None:
        many = "The amount has too many figures. Write it again."
        messages = {
            "required": "Write the amount.",
            "invalid": "Write the amount in figures: 40,000.00.",
            "max_digits": many,
            "max_whole_digits": many,
            "max_decimal_places": "Write no more than two decimals.",
            **kwargs.pop("error_messages", {}),
        }
        super().__init__(max_digits=18, decimal_places=2, error_messages=messages, **kwargs)

    def to_python(self, value: Any) -> Any:
        """`$40,000.00` is 40000.00. A comma that does not set off thousands is no figure."""
        if isinstance(value, str):
            value = value.strip().lstrip("$£€ ")
            value = value.replace(",", "") if _GROUPED.fullmatch(value) else value
        return super().to_python(value)

    def validate(self, value: Any) -> None:
        """More than nothing."""
        super().validate(value)
        if value is not None and value <= 0:
            raise forms.ValidationError("Write an amount above nothing.")


class OneOf(forms.ChoiceField):
    """One of a few: buttons up to seven, a list above."""

    def __init__(self, *, choices: Choices, **kwargs: Any) -> None:
        widget: type[forms.Widget] = forms.RadioSelect if len(choices) <= 7 else forms.Select
        listed = choices if widget is forms.RadioSelect else [("", "Choose"), *choices]
        super().__init__(choices=listed, widget=widget, **kwargs)


class SomeOf(forms.MultipleChoiceField):
    """Any number of a few."""

    widget = forms.CheckboxSelectMultiple


def lines(rows: int = 3) -> forms.Textarea:
    """A field of several lines."""
    return forms.Textarea(attrs={"rows": rows})


class RoomForm(forms.Form):
    """A form with a key that is sent once: the same form sent again records nothing again."""

    form_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("form_key", uuid.uuid4())
        self.ask()
        for field in self.fields.values():
            if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = "This is needed."
            if not field.required and field.label:
                field.label = f"{field.label} (optional)"

    def ask(self) -> None:
        """Add what depends on the deal: choices, first answers."""

    @property
    def key(self) -> str:
        """The key of a form that was sent; blank where the sender took it off."""
        return str(self.cleaned_data.get("form_key") or "")

    def tell(self, refusal: Exception) -> None:
        """Show what an action refused, each line beside the field that it names, or at the top."""
        for line in str(refusal).splitlines():
            place, _, text = line.partition(": ")
            field = place.rpartition(", ")[2]
            if text and field in self.fields:
                self.add_error(field, f"{text[:1].upper()}{text[1:]}")
            else:
                self.add_error(None, line)


class WithdrawForm(RoomForm):
    """Taking a fact back."""

    reason = forms.CharField(
        label="Why is it taken back?",
        help_text="The fact stays on the record, struck out, with this reason.",
        widget=lines(2),
        max_length=2000,
        error_messages={"required": REASON},
    )


@dataclass(frozen=True)
class Asked:
    """What a form about one condition is asked for: the terms, the facts that stand, the closing day, who asks."""

    deal: Deal
    condition: Condition
    facts: Facts
    closing_day: date
    today: date
    roles: frozenset[Role]

    def may(self, fact: Fact) -> bool:
        """Whether the user may put such a fact on file."""
        return not why_not(self.roles, verb_of(fact, self.deal))


class FactForm(RoomForm):
    """One kind of fact about a condition. A subclass asks for it, and `facts_at` states it as values of the rules.

    `label` names the act where it is offered, `heading` is the question at the top of its page, `submit` the words on
    its button.
    """

    heading: ClassVar[str]
    label: ClassVar[str]
    verb: ClassVar[Verb]
    submit: ClassVar[str] = "Record"

    def __init__(self, *args: Any, asked: Asked, **kwargs: Any) -> None:
        self.asked = asked
        super().__init__(*args, **kwargs)

    @classmethod
    def verbs(cls, condition: Condition, deal: Deal) -> set[Verb]:
        """What somebody does who sends this form; who may do one of them may open it."""
        return {cls.verb}

    @classmethod
    def why_not(cls, condition: Condition, deal: Deal, roles: frozenset[Role]) -> str:
        """Why nobody of these roles may open the form; blank where he may."""
        reasons = [why_not(roles, verb) for verb in sorted(cls.verbs(condition, deal))]
        return "" if "" in reasons else reasons[0]

    def facts_at(self, at: datetime) -> list[Fact]:
        """The facts that the answers state, on file from `at`."""
        raise NotImplementedError

    def investor_choices(self) -> Choices:
        """Schedule A by registered name."""
        return [(each.name, each.name) for each in self.asked.deal.investors]
