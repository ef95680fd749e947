"""The forms for what parties say of a condition: sign-offs, representations, steps, certificates, opinions."""

from datetime import datetime

from django import forms

from closing.queries.owed import owner_name
from closing.rules.access import Verb, side_of
from closing.rules.evidence import (
    BringDown,
    CounselOpinion,
    InOrder,
    OfficerCertificate,
    SignedOff,
)
from closing.rules.fact_verbs import sign_off_verb
from closing.rules.facts import (
    Certificate,
    Confirmation,
    Disclosure,
    Fact,
    Opinion,
    SignOff,
    StepTaken,
)
from closing.rules.terms import INVESTORS, ISSUER, Condition, Deal, Obligation, Side
from closing.rules.words import on_day
from closing.web.forms_base import Choices, DateField, FactForm, OneOf, SomeOf, lines


class SignOffForm(FactForm):
    """A party is satisfied."""

    label = "Sign off"
    heading = "Who is satisfied?"
    submit = "Sign off"

    @classmethod
    def verbs(cls, condition: Condition, deal: Deal) -> set[Verb]:
        """A sign-off for one of the parties that the condition names."""
        named = condition.evidence.by if isinstance(condition.evidence, SignedOff) else ()
        return {sign_off_verb(party, deal) for party in named}

    def ask(self) -> None:
        """The parties that have not signed off and that the user may sign off for; for 2(b), as to whom."""
        self.fields["parties"] = SomeOf(
            label="Satisfied",
            choices=self.parties(),
            error_messages={"required": "Choose who is satisfied."},
        )
        if self.asked.condition.obligation is Obligation.ISSUER:
            self.fields["investor"] = forms.ChoiceField(
                label="As to which investor?", choices=[("", "All of them"), *self.investor_choices()], required=False
            )
            self.fields["investor"].label_suffix = ""
        self.fields["note"] = forms.CharField(label="Note", required=False, widget=lines(2), max_length=2000)

    def parties(self) -> Choices:
        """Who may still sign off, of those that the condition names."""
        evidence = self.asked.condition.evidence
        section = self.asked.condition.section
        deal = self.asked.deal
        named = evidence.by if isinstance(evidence, SignedOff) else ()
        whole = {each.party for each in self.asked.facts.sign_offs if each.section == section and not each.investor}
        references: list[str] = []
        for reference in named:
            references += [each.name for each in deal.investors] if reference == INVESTORS else [reference]
        return [(each, owner_name(each, deal)) for each in references if each not in whole and self._may_for(each)]

    def _may_for(self, party: str) -> bool:
        return self.asked.may(SignOff(at=self.asked.deal.closing.at, section=self.asked.condition.section, party=party))

    def facts_at(self, at: datetime) -> list[Fact]:
        """A sign-off by each party chosen."""
        answers = self.cleaned_data
        return [
            SignOff(
                at=at,
                section=self.asked.condition.section,
                party=party,
                investor=answers.get("investor") or None,
                note=answers["note"],
            )
            for party in answers["parties"]
        ]


class ConfirmForm(FactForm):
    """Representations confirmed as of the closing."""

    label = "Confirm the representations"
    heading = "Confirm the representations"
    submit = "Confirm"

    @classmethod
    def verbs(cls, condition: Condition, deal: Deal) -> set[Verb]:
        """A confirmation by the side that represents."""
        issuers = isinstance(condition.evidence, BringDown) and condition.evidence.by == ISSUER
        return {Verb.CONFIRM_FOR_ISSUER if issuers else Verb.CONFIRM_FOR_INVESTOR}

    def ask(self) -> None:
        """Who confirms, which of them, as of which day."""
        evidence = self._evidence
        if evidence.by == "investors":
            self.fields["party"] = OneOf(
                label="Which investor confirms?",
                choices=self.investor_choices(),
                error_messages={"required": "Choose the investor."},
            )
        self.fields["as_of"] = DateField(
            label="True as of which day?",
            initial=self.asked.closing_day,
            help_text=f"The closing is on {on_day(self.asked.closing_day)}; another day does not bring them down.",
        )
        every = [(each.ref, f"{each.ref} {each.heading}") for each in evidence.representations]
        self.fields["representations"] = SomeOf(
            label="Which of them are true as if made at the closing?",
            choices=every,
            initial=[ref for ref, _ in every],
            help_text="Take off the mark from one that is not; it stays open.",
            error_messages={"required": "Mark those that are true; at least one."},
        )
        self.fields["note"] = forms.CharField(label="Note", required=False, widget=lines(2), max_length=2000)

    @property
    def _evidence(self) -> BringDown:
        evidence = self.asked.condition.evidence
        assert isinstance(evidence, BringDown)
        return evidence

    def facts_at(self, at: datetime) -> list[Fact]:
        """One confirmation; all of the representations are stated as all."""
        answers = self.cleaned_data
        chosen = tuple(answers["representations"])
        return [
            Confirmation(
                at=at,
                section=self.asked.condition.section,
                party=answers.get("party") or ISSUER,
                as_of=answers["as_of"],
                representations=() if len(chosen) == len(self._evidence.representations) else chosen,
                note=answers["note"],
            )
        ]


class DiscloseForm(FactForm):
    """An exception of Schedule B."""

    label = "Disclose an exception"
    verb = Verb.DISCLOSE
    heading = "Disclose an exception"
    submit = "Disclose"

    def ask(self) -> None:
        """Against which representation, and what it says."""
        evidence = self.asked.condition.evidence
        refs = evidence.representations if isinstance(evidence, BringDown) else ()
        self.fields["representation"] = OneOf(
            label="Which representation does it qualify?",
            choices=[(each.ref, f"{each.ref} {each.heading}") for each in refs],
            error_messages={"required": "Choose the representation."},
        )
        self.fields["text"] = forms.CharField(
            label="What does the Schedule of Exceptions say?",
            widget=lines(5),
            max_length=10_000,
            help_text="An exception disclosed after the confirmation opens the representation again.",
            error_messages={"required": "Write the exception as the schedule has it."},
        )

    def facts_at(self, at: datetime) -> list[Fact]:
        """One disclosure."""
        answers = self.cleaned_data
        return [Disclosure(at=at, representation=answers["representation"], text=answers["text"])]


class StepForm(FactForm):
    """A step taken."""

    label = "Record a step"
    verb = Verb.TAKE_STEP
    heading = "Record a step"

    def ask(self) -> None:
        """Which step, when, and what proves it."""
        evidence, section = self.asked.condition.evidence, self.asked.condition.section
        steps = evidence.steps if isinstance(evidence, InOrder) else ()
        taken = {each.step for each in self.asked.facts.steps if each.section == section}
        left = [each for each in steps if each.key not in taken]
        self.fields["step"] = OneOf(
            label="Which step was taken?",
            choices=[(each.key, each.heading) for each in left],
            initial=left[0].key if left else None,
            error_messages={"required": "Choose the step."},
        )
        self.fields["on"] = DateField(
            label="On which day?",
            initial=self.asked.today,
            error_messages={"required": "Write the day on which it was done."},
        )
        self.fields["evidence"] = forms.CharField(
            label="What proves it?",
            max_length=2000,
            initial=left[0].evidence if left else "",
            error_messages={"required": "Say what proves it: resolutions, a copy with the filing mark."},
        )
        self.fields["note"] = forms.CharField(label="Note", required=False, widget=lines(2), max_length=2000)

    def facts_at(self, at: datetime) -> list[Fact]:
        """One step."""
        answers = self.cleaned_data
        section = self.asked.condition.section
        return [
            StepTaken(
                at=at,
                section=section,
                step=answers["step"],
                on=answers["on"],
                evidence=answers["evidence"],
                note=answers["note"],
            )
        ]


class CertificateForm(FactForm):
    """An officer's certificate."""

    label = "Record the certificate"
    verb = Verb.CERTIFY
    heading = "Record the officer’s certificate"

    def ask(self) -> None:
        """Who signed, in which office, dated when."""
        evidence = self.asked.condition.evidence
        titles = evidence.titles if isinstance(evidence, OfficerCertificate) else ()
        self.fields["signer"] = forms.CharField(
            label="Who signed it?", max_length=200, error_messages={"required": "Write the name of the officer."}
        )
        self.fields["title"] = forms.CharField(
            label="In which office?",
            max_length=200,
            help_text=f"The agreement asks for the {' or '.join(titles)}. Write the title as it stands on the paper.",
            error_messages={"required": "Write the title under the signature."},
        )
        self.fields["dated"] = _dated(self)

    def facts_at(self, at: datetime) -> list[Fact]:
        """One certificate."""
        answers = self.cleaned_data
        evidence = self.asked.condition.evidence
        assert isinstance(evidence, OfficerCertificate)
        return [
            Certificate(
                at=at,
                document=evidence.document,
                signer=answers["signer"],
                title=answers["title"],
                dated=answers["dated"],
            )
        ]


class OpinionForm(FactForm):
    """Counsel's opinion."""

    label = "Record the opinion"
    heading = "Record the opinion"

    @classmethod
    def verbs(cls, condition: Condition, deal: Deal) -> set[Verb]:
        """The opinion of the counsel that the condition names."""
        evidence = condition.evidence
        counsel = evidence.counsel if isinstance(evidence, CounselOpinion) else ""
        ours = side_of(counsel, deal) is Side.ISSUER
        return {Verb.GIVE_OPINION_OF_COMPANY_COUNSEL if ours else Verb.GIVE_OPINION_OF_INVESTORS_COUNSEL}

    def ask(self) -> None:
        """Dated when."""
        self.fields["dated"] = _dated(self)
        self.fields["note"] = forms.CharField(label="Note", required=False, widget=lines(2), max_length=2000)

    def facts_at(self, at: datetime) -> list[Fact]:
        """One opinion of the counsel that the condition names."""
        answers, evidence = self.cleaned_data, self.asked.condition.evidence
        assert isinstance(evidence, CounselOpinion)
        return [
            Opinion(
                at=at,
                document=evidence.document,
                counsel=evidence.counsel,
                dated=answers["dated"],
                note=answers["note"],
            )
        ]


def _dated(form: FactForm) -> DateField:
    return DateField(
        label="Dated",
        initial=form.asked.closing_day,
        help_text=f"It must be dated as of the closing, {on_day(form.asked.closing_day)}.",
        error_messages={"required": "Write the date on the document."},
    )
