"""The least facts that meet every condition of any deal, made from what each condition asks for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from closing.rules import evidence as kinds, facts as on_file
from closing.rules.deal_file import read_deal
from closing.rules.terms import INVESTORS, Condition, Deal

SAMPLES = Path(__file__).parents[2] / "closing" / "samples"
TABLES: dict[type[on_file.Fact], str] = {
    on_file.Certificate: "certificates",
    on_file.Confirmation: "confirmations",
    on_file.Delivery: "deliveries",
    on_file.Opinion: "opinions",
    on_file.Payment: "payments",
    on_file.Proxy: "proxies",
    on_file.Qualification: "qualifications",
    on_file.SignOff: "sign_offs",
    on_file.Signature: "signatures",
    on_file.StepTaken: "steps",
    on_file.ThirdPartyConsent: "third_party_consents",
}


@dataclass(frozen=True)
class Meeting:
    """A deal and the moment at which the facts that meet it come on file."""

    deal: Deal
    at: datetime

    @property
    def closing_day(self) -> date:
        return self.deal.closing.at.astimezone(ZoneInfo(self.deal.closing.time_zone)).date()

    def facts(self) -> on_file.Facts:
        tables: dict[str, list[on_file.Fact]] = {name: [] for name in TABLES.values()}
        stock = None
        for condition in self.deal.conditions:
            for fact in self._of(condition):
                if fact not in tables[TABLES[type(fact)]]:
                    tables[TABLES[type(fact)]].append(fact)
            if isinstance(condition.evidence, kinds.ProxyTally):
                holders = (on_file.Holder(name="H", shares=100),)
                stock = on_file.VotingStock(record_date=condition.evidence.record_date, holders=holders)
        rows: dict[str, object] = {name: tuple(facts) for name, facts in tables.items()}
        return on_file.Facts(deal=self.deal.code, voting_stock=stock, **rows)  # type: ignore[arg-type]

    def _of(self, condition: Condition) -> Iterator[on_file.Fact]:
        match condition.evidence:
            case kinds.PriceReceived():
                currency = self.deal.agreement.currency
                for each in self.deal.investors:
                    yield on_file.Payment(at=self.at, investor=each.name, amount=each.purchase_price, currency=currency)
            case kinds.ProxyTally() as tally:
                yield on_file.Proxy(at=self.at, stockholder="H", shares=int(tally.more_than * 100) + 1)
            case kinds.OfficerCertificate() | kinds.CounselOpinion() as paper:
                yield from self._paper(paper)
            case kinds.SignedByAll() | kinds.ByJurisdiction() as listed:
                yield from self._listed(condition.section, listed)
            case kinds.BringDown() | kinds.SignedOff() | kinds.InOrder() as act:
                yield from self._act(condition.section, act)

    def _paper(self, paper: kinds.OfficerCertificate | kinds.CounselOpinion) -> Iterator[on_file.Fact]:
        at, day, document = self.at, self.closing_day, paper.document
        if isinstance(paper, kinds.OfficerCertificate):
            title = paper.titles[-1]
            yield on_file.Certificate(at=at, document=document, signer="Officer", title=title, dated=day)
        else:
            yield on_file.Opinion(at=at, document=document, counsel=paper.counsel, dated=day)
        for each in self.deal.investors:
            yield on_file.Delivery(at=at, document=document, investor=each.name)

    def _listed(self, section: str, listed: kinds.SignedByAll | kinds.ByJurisdiction) -> Iterator[on_file.Fact]:
        if isinstance(listed, kinds.ByJurisdiction):
            for place in listed.jurisdictions:
                yield on_file.Qualification(at=self.at, jurisdiction=place.code, effective_on=self.closing_day)
            return
        for block in self.deal.blocks_for(self.deal.deliverable_by_key[listed.document]):
            yield on_file.Signature(at=self.at, document=listed.document, block=block.key)
        for third in listed.third_parties:
            yield on_file.ThirdPartyConsent(at=self.at, section=section, third_party=third.key)

    def _act(self, section: str, act: kinds.BringDown | kinds.SignedOff | kinds.InOrder) -> Iterator[on_file.Fact]:
        if isinstance(act, kinds.InOrder):
            for days, step in enumerate(act.steps):
                on = self.closing_day - timedelta(days=20 - days)
                yield on_file.StepTaken(at=self.at, section=section, step=step.key, on=on)
            return
        if isinstance(act, kinds.BringDown):
            for party in self._parties(act.by):
                yield on_file.Confirmation(at=self.at, section=section, party=party, as_of=self.closing_day)
            return
        for reference in act.by:
            for party in self._parties(reference):
                yield on_file.SignOff(at=self.at, section=section, party=party)

    def _parties(self, reference: str) -> tuple[str, ...]:
        return tuple(each.name for each in self.deal.investors) if reference == INVESTORS else (reference,)


def facts_that_meet(deal: Deal, at: datetime) -> on_file.Facts:
    """The least facts that meet every condition of `deal` for every investor, on file from `at` on."""
    return Meeting(deal, at).facts()


def sample(name: str) -> Deal:
    """A deal file that ships with the project."""
    return read_deal((SAMPLES / f"{name}.toml").read_text(), name)
