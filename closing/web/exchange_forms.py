"""The forms for what is exchanged: deliveries, qualifications, consents, proxies, payments, signature pages."""

from datetime import datetime
from typing import Any

from django import forms

from closing.rules.access import Verb, side_of
from closing.rules.evidence import (
    ByJurisdiction,
    CounselOpinion,
    OfficerCertificate,
    SignedByAll,
)
from closing.rules.facts import (
    Delivery,
    Fact,
    Payment,
    Proxy,
    Qualification,
    Signature,
    ThirdPartyConsent,
)
from closing.rules.terms import Condition, Deal, Side
from closing.rules.words import number, on_day
from closing.web.forms_base import AmountField, DateField, FactForm, OneOf, SomeOf, lines

EVERY = "every"


class DeliverForm(FactForm):
    """A document delivered."""

    label = "Record a delivery"
    heading = "Who has received it?"

    @classmethod
    def verbs(cls, condition: Condition, deal: Deal) -> set[Verb]:
        """A delivery by the side that owes the document."""
        evidence = condition.evidence
        assert isinstance(evidence, CounselOpinion | OfficerCertificate)
        owed_by = deal.deliverable_by_key[evidence.document].owed_by
        ours = side_of(owed_by, deal) is Side.ISSUER
        return {Verb.DELIVER_FROM_ISSUER if ours else Verb.DELIVER_FROM_INVESTORS}

    def ask(self) -> None:
        """To every investor, or to those chosen that have not received it."""
        document = self.document
        had = {each.investor for each in self.asked.facts.deliveries if each.document == document}
        left = [(name, name) for name, _ in self.investor_choices() if name not in had]
        every = [(EVERY, "Every investor")] if not had else []
        self.fields["investors"] = SomeOf(
            label=f"{self.asked.deal.deliverable_by_key[document].title}, delivered to",
            choices=[] if None in had else every + left,
            error_messages={"required": "Choose who has received it."},
        )
        self.fields["note"] = forms.CharField(label="Note", required=False, widget=lines(2), max_length=2000)

    @property
    def document(self) -> str:
        """The deliverable that the condition is about."""
        evidence = self.asked.condition.evidence
        assert isinstance(evidence, CounselOpinion | OfficerCertificate)
        return evidence.document

    def facts_at(self, at: datetime) -> list[Fact]:
        """One delivery to all, or one to each."""
        note, chosen = self.cleaned_data["note"], self.cleaned_data["investors"]
        if EVERY in chosen:
            return [Delivery(at=at, document=self.document, note=note)]
        return [Delivery(at=at, document=self.document, investor=name, note=note) for name in chosen]


class QualificationForm(FactForm):
    """A qualification obtained."""

    label = "Record a qualification"
    verb = Verb.QUALIFY
    heading = "Record a qualification"

    def ask(self) -> None:
        """Where, from when, until when."""
        evidence = self.asked.condition.evidence
        places = evidence.jurisdictions if isinstance(evidence, ByJurisdiction) else ()
        self.fields["jurisdiction"] = OneOf(
            label="Where?",
            choices=[(each.code, f"{each.name}, {each.authority}" if each.authority else each.name) for each in places],
            error_messages={"required": "Choose the jurisdiction."},
        )
        self.fields["effective_on"] = DateField(
            label="Effective from which day?",
            help_text=f"It must be effective on and as of the closing, {on_day(self.asked.closing_day)}.",
            error_messages={"required": "Write the day from which it is effective."},
        )
        self.fields["lapses_on"] = DateField(label="Does it lapse, and on which day?", required=False)
        self.fields["evidence"] = forms.CharField(
            label="What proves it?", required=False, max_length=2000, help_text="The order or permit, with its number."
        )

    def clean(self) -> dict[str, Any]:
        """It lapses after it began."""
        answers = super().clean() or self.cleaned_data
        begins, ends = answers.get("effective_on"), answers.get("lapses_on")
        if begins and ends and ends <= begins:
            self.add_error("lapses_on", "It would lapse before it is effective. Write a later day, or none.")
        return answers

    def facts_at(self, at: datetime) -> list[Fact]:
        """One qualification."""
        answers = self.cleaned_data
        return [
            Qualification(
                at=at,
                jurisdiction=answers["jurisdiction"],
                effective_on=answers["effective_on"],
                lapses_on=answers["lapses_on"],
                evidence=answers["evidence"],
            )
        ]


class ThirdPartyForm(FactForm):
    """A third party's consent."""

    label = "Record a third party’s consent"
    verb = Verb.RECORD_THIRD_PARTY_CONSENT
    heading = "Record a third party’s consent"

    def ask(self) -> None:
        """Whose."""
        evidence, section = self.asked.condition.evidence, self.asked.condition.section
        others = evidence.third_parties if isinstance(evidence, SignedByAll) else ()
        had = {each.third_party for each in self.asked.facts.third_party_consents if each.section == section}
        self.fields["third_party"] = OneOf(
            label="Whose consent was obtained?",
            choices=[(each.key, each.heading) for each in others if each.key not in had],
            error_messages={"required": "Choose whose consent it is."},
        )
        self.fields["note"] = forms.CharField(label="Note", required=False, widget=lines(2), max_length=2000)

    def facts_at(self, at: datetime) -> list[Fact]:
        """One consent."""
        answers, section = self.cleaned_data, self.asked.condition.section
        return [ThirdPartyConsent(at=at, section=section, third_party=answers["third_party"], note=answers["note"])]


class ProxyForm(FactForm):
    """A proxy or voting agreement."""

    label = "Record a proxy"
    verb = Verb.RECORD_PROXY
    heading = "Record a proxy"

    def ask(self) -> None:
        """Whose, over how many shares."""
        stock = self.asked.facts.voting_stock
        holders = stock.holders if stock else ()
        self.fields["stockholder"] = OneOf(
            label="Which stockholder gave it?",
            choices=[(each.name, f"{each.name}, {number(each.shares)} shares") for each in holders],
            error_messages={"required": "Choose the stockholder. The list is the cap table of the record date."},
        )
        self.fields["shares"] = forms.IntegerField(
            label="Over how many shares?",
            min_value=1,
            error_messages={
                "required": "Write the number of shares.",
                "invalid": "Write a whole number of shares, without separators.",
                "min_value": "A proxy is over one share at least.",
            },
        )

    def facts_at(self, at: datetime) -> list[Fact]:
        """One proxy."""
        return [Proxy(at=at, stockholder=self.cleaned_data["stockholder"], shares=self.cleaned_data["shares"])]


class PaymentForm(FactForm):
    """Purchase price received."""

    label = "Record a payment"
    verb = Verb.RECORD_PAYMENT
    heading = "Record a payment received"

    def ask(self) -> None:
        """From whom, how much, how."""
        deal = self.asked.deal
        self.fields["investor"] = OneOf(
            label="From which investor?",
            choices=[(each.name, each.name) for each in deal.investors],
            error_messages={"required": "Choose the investor."},
        )
        self.fields["amount"] = AmountField(
            label=f"How much, in {deal.agreement.currency}?",
            error_messages={"required": "Write the amount that was received."},
        )
        self.fields["method"] = OneOf(label="How did it come?", choices=[("wire", "Wire"), ("check", "Check")])
        self.fields["method"].initial = "wire"
        self.fields["reference"] = forms.CharField(label="Reference of the wire or check", required=False)

    def facts_at(self, at: datetime) -> list[Fact]:
        """One payment in the deal's currency."""
        answers = self.cleaned_data
        return [
            Payment(
                at=at,
                investor=answers["investor"],
                amount=answers["amount"],
                currency=self.asked.deal.agreement.currency,
                method=answers["method"],
                reference=answers["reference"],
            )
        ]


class SignatureForm(FactForm):
    """Signature pages returned."""

    label = "Record signature pages"
    verb = Verb.RECORD_SIGNATURE
    heading = "Which signature pages came back?"
    submit = "Hold in escrow"

    def ask(self) -> None:
        """The pages of the condition's document that are missing."""
        deal = self.asked.deal
        signed = {each.block for each in self.asked.facts.signatures if each.document == self.document}
        blocks = deal.blocks_for(deal.deliverable_by_key[self.document])
        self.fields["blocks"] = SomeOf(
            label=f"Pages of the {deal.deliverable_by_key[self.document].title}",
            choices=[(each.key, each.party) for each in blocks if each.key not in signed],
            help_text="A page is held in escrow and binds nobody until counsel releases it at the closing.",
            error_messages={"required": "Choose the pages that came back."},
        )
        self.fields["note"] = forms.CharField(label="Note", required=False, widget=lines(2), max_length=2000)

    @property
    def document(self) -> str:
        """The deliverable that all must sign."""
        evidence = self.asked.condition.evidence
        assert isinstance(evidence, SignedByAll)
        return evidence.document

    def facts_at(self, at: datetime) -> list[Fact]:
        """One signature for each page, by the signer that the block names."""
        blocks = self.asked.deal.block_by_key
        return [
            Signature(
                at=at,
                document=self.document,
                block=key,
                signer=blocks[key].signer or blocks[key].person,
                title=blocks[key].title,
                note=self.cleaned_data["note"],
            )
            for key in self.cleaned_data["blocks"]
        ]
