"""The forms for what is put to a majority: a proposal, and the investors' answers to it."""

from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms

from closing.queries.majorities import MajorityPage
from closing.rules.facts import Approval, Proposal
from closing.rules.terms import Deal
from closing.web.forms_base import Choices, DateField, OneOf, RoomForm, SomeOf, lines


class MoveForm(RoomForm):
    """Another time, and perhaps another place, for the closing."""

    matter: ClassVar[str] = "move-closing"
    day = DateField(label="To which day?", error_messages={"required": "Write the day."})
    hour = forms.TimeField(
        label="At what time?",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"required": "Write the time of day.", "invalid": "Write the time as 11:00."},
    )
    place = forms.CharField(
        label="Where, if not where it was?", required=False, max_length=500, widget=forms.TextInput()
    )
    text = forms.CharField(label="Why", required=False, widget=lines(2), max_length=2000)

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        self.deal = deal
        super().__init__(*args, **kwargs)
        zone = deal.closing.time_zone.rpartition("/")[2].replace("_", " ")
        self.fields["hour"].help_text = f"In the closing’s own time zone, that of {zone}."

    def proposal(self, at: datetime) -> Proposal:
        """What the answers propose; the action gives it its key."""
        said = self.cleaned_data
        to = datetime.combine(said["day"], said["hour"], ZoneInfo(self.deal.closing.time_zone))
        return Proposal(at=at, key="", matter="move-closing", to=to, place=said["place"].strip(), text=said["text"])

    def tell(self, refusal: Exception) -> None:
        """What is wrong with the time stands beside the day."""
        told = str(refusal)
        if told.startswith("to: "):
            self.add_error("day", told.removeprefix("to: "))
        else:
            super().tell(refusal)


class TextForm(RoomForm):
    """An amendment, or a disclosure, in its words."""

    text = forms.CharField(
        label="In its own words",
        widget=lines(6),
        max_length=10_000,
        error_messages={"required": "Write what is put to them."},
    )

    def __init__(self, *args: Any, deal: Deal, matter: str, **kwargs: Any) -> None:
        self.deal, self.matter = deal, matter
        super().__init__(*args, **kwargs)

    def proposal(self, at: datetime) -> Proposal:
        """What the answers propose; the action gives it its key."""
        return Proposal(at=at, key="", matter=self.matter, text=self.cleaned_data["text"])  # type: ignore[arg-type]


class ApprovalForm(RoomForm):
    """Investors' answers to a proposal, recorded by their counsel."""

    SEPARATOR: ClassVar[str] = "|"

    def __init__(self, *args: Any, page: MajorityPage, **kwargs: Any) -> None:
        self.page = page
        super().__init__(*args, **kwargs)

    def ask(self) -> None:
        """Who answers, what, and how."""
        counts = "" if not self.page.proposal.majority.threshold.written else ": kept on file, and not counted here"
        self.fields["who"] = SomeOf(
            label="Who answers?",
            choices=self.who(),
            help_text="Of joint investors all must agree, or none has.",
            error_messages={"required": "Choose who answers; at least one."},
        )
        self.fields["answer"] = OneOf(
            label="What is the answer?",
            choices=[
                ("written", "Agrees in writing"),
                ("oral", f"Agrees orally{counts}"),
                ("declined", "Declines"),
            ],
            error_messages={"required": "Choose the answer."},
        )
        self.fields["note"] = forms.CharField(label="Note", required=False, widget=lines(2), max_length=2000)

    def who(self) -> Choices:
        """Every signature block of a voter that has no answer standing."""
        proposal = self.page.proposal
        known = self.page.gate.facts.approvals
        had = {(each.investor, key) for each in known if each.proposal == proposal.key for key in each.blocks or ("",)}
        choices: Choices = []
        for investor in proposal.majority.voters:
            for block in investor.blocks:
                if (investor.name, block.key) in had or (investor.name, "") in had:
                    continue
                joint = len(investor.blocks) > 1
                words = f"{block.party}, for {investor.name}" if joint else investor.name
                choices.append((f"{investor.name}{self.SEPARATOR}{block.key}", words))
        return choices

    def approvals(self, at: datetime) -> list[Approval]:
        """One answer for each block chosen."""
        said = self.cleaned_data
        chosen = [each.rpartition(self.SEPARATOR) for each in said["who"]]
        return [
            Approval(
                at=at,
                proposal=self.page.proposal.key,
                investor=name,
                blocks=(key,),
                written=said["answer"] != "oral",
                declined=said["answer"] == "declined",
                note=said["note"],
            )
            for name, _, key in chosen
        ]
