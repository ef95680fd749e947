"""The forms for a waiver and for an investor's answer to it."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms

from closing.queries.waivers import parts_of
from closing.rules.access import Verb
from closing.rules.facts import Consent, Fact, Waiver
from closing.rules.terms import Condition, Deal, Obligation
from closing.rules.words import on_day
from closing.web.forms_base import Asked, Choices, DateField, FactForm, OneOf, SomeOf, lines


class WaiveForm(FactForm):
    """A waiver of the condition, or of parts of it."""

    label = "Waive it, or propose a waiver"
    heading = "Waive the condition"
    submit = "Put the waiver on file"

    @classmethod
    def verbs(cls, condition: Condition, deal: Deal) -> set[Verb]:
        """The issuer's own waiver under 2(b), a proposal under 2(a)."""
        issuers = condition.obligation is Obligation.ISSUER
        return {Verb.WAIVE_FOR_ISSUER if issuers else Verb.PROPOSE_WAIVER}

    def ask(self) -> None:
        """What is waived, as to whom, and for which closing."""
        issuers = self.asked.condition.obligation is Obligation.ISSUER
        self.fields["text"] = forms.CharField(
            label="What is waived, in the words of the waiver?",
            widget=lines(4),
            max_length=10_000,
            help_text="It is effective only to the extent set forth."
            if issuers
            else "It has no effect against an investor who has not consented to it in writing.",
            error_messages={"required": "Write what is waived; it is effective only to the extent set forth."},
        )
        parts = parts_of(self.asked.condition)
        if parts:
            self.fields["items"] = SomeOf(
                label="Is it limited to parts of the condition?",
                choices=parts,
                required=False,
                help_text="Nothing marked is the whole condition.",
            )
        if issuers:
            self.fields["investors"] = SomeOf(
                label="As to which investors?",
                choices=self.investor_choices(),
                required=False,
                help_text="Nobody marked is all of them.",
            )
        day = self.asked.closing_day
        self.fields["occasion"] = OneOf(
            label="For which closing?",
            choices=[
                ("this", f"Only one on {on_day(day)}"),
                ("until", "Any until a day, that day included"),
                ("any", "Any, whenever it is"),
            ],
            error_messages={"required": "Choose how far it reaches if the closing moves."},
        )
        self.fields["occasion"].initial = "this"
        self.fields["until"] = DateField(label="Until which day, if until one?", required=False)

    def clean(self) -> dict[str, Any]:
        """The day belongs to a waiver until a day, and to no other."""
        answers = super().clean() or self.cleaned_data
        until = answers.get("until")
        if answers.get("occasion") == "until" and until is None and "until" not in self.errors:
            self.add_error("until", "Write the last day that it reaches.")
        elif answers.get("occasion") == "until" and until is not None and until < self.asked.closing_day:
            self.add_error("until", f"The closing is on {on_day(self.asked.closing_day)}, after that day.")
        elif answers.get("occasion") in ("this", "any") and until is not None:
            self.add_error("until", "Leave this blank, or choose “until a day”.")
        return answers

    def facts_at(self, at: datetime) -> list[Fact]:
        """One waiver; the action gives it its key."""
        answers = self.cleaned_data
        return [
            Waiver(
                at=at,
                key="",
                sections=(self.asked.condition.section,),
                text=answers["text"],
                items=tuple(answers.get("items", ())),
                for_closing_on=self.asked.closing_day if answers["occasion"] == "this" else None,
                until=answers["until"] if answers["occasion"] == "until" else None,
                investors=tuple(answers.get("investors", ())),
            )
        ]


class AnswerForm(FactForm):
    """An investor's answer to a waiver, by the signature blocks that gave it."""

    label = "Record an answer"
    verb = Verb.ANSWER_WAIVER
    heading = "Record an answer"
    submit = "Record the answer"
    SEPARATOR: ClassVar[str] = "|"

    def __init__(self, *args: Any, asked: Asked, waiver: Waiver, **kwargs: Any) -> None:
        self.waiver = waiver
        super().__init__(*args, asked=asked, **kwargs)

    def ask(self) -> None:
        """Who answers, what, and how."""
        self.fields["who"] = SomeOf(
            label="Who answers?",
            choices=self.who(),
            help_text="Of joint investors all must consent, or none has.",
            error_messages={"required": "Choose who answers; at least one."},
        )
        self.fields["answer"] = OneOf(
            label="What is the answer?",
            choices=[
                ("written", "Consents in writing"),
                ("oral", "Consents orally: kept on file, and without effect here"),
                ("declined", "Declines"),
            ],
            error_messages={"required": "Choose the answer."},
        )
        self.fields["subject_to"] = forms.CharField(
            label="On which condition, if the consent states one?",
            widget=lines(2),
            required=False,
            max_length=2000,
            help_text="Until it is met the consent has no effect.",
        )
        self.fields["paper"] = forms.FileField(
            label="The written answer itself",
            required=False,
            help_text="PDF, Word, Excel, PNG, JPEG or text, at most 50 MB. Counsel and the investor can open it.",
            max_length=1000,
            error_messages={
                "empty": "The file is empty. Choose the file again.",
                "invalid": "The file did not arrive whole. Choose it again.",
            },
        )
        self.fields["note"] = forms.CharField(label="Note", required=False, widget=lines(2), max_length=2000)

    def who(self) -> Choices:
        """Every signature block of an investor that has no answer standing."""
        facts = self.asked.facts.consents
        had = {(each.investor, key) for each in facts if each.waiver == self.waiver.key for key in each.blocks or ("",)}
        choices: Choices = []
        for investor in self.asked.deal.investors:
            for block in investor.blocks:
                joint = len(investor.blocks) > 1
                if (investor.name, block.key) in had or (investor.name, "") in had:
                    continue
                words = f"{block.party}, for {investor.name}" if joint else investor.name
                choices.append((f"{investor.name}{self.SEPARATOR}{block.key}", words))
        return choices

    def clean(self) -> dict[str, Any]:
        """A refusal states no condition."""
        answers = super().clean() or self.cleaned_data
        if answers.get("answer") == "declined" and answers.get("subject_to"):
            self.add_error("subject_to", "Who declines states no condition. Leave this blank.")
        return answers

    def facts_at(self, at: datetime) -> list[Fact]:
        """One answer for each block chosen."""
        answers = self.cleaned_data
        chosen = [each.rpartition(self.SEPARATOR) for each in answers["who"]]
        return [
            Consent(
                at=at,
                waiver=self.waiver.key,
                investor=name,
                blocks=(key,),
                written=answers["answer"] != "oral",
                declined=answers["answer"] == "declined",
                subject_to=answers["subject_to"],
                note=answers["note"],
            )
            for name, _, key in chosen
        ]
