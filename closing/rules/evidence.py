"""What meets a condition: one small record for each kind of evidence.

A deal file composes these; each kind's rule is a module of `closing.rules.kinds`. Party references are
`issuer`, `investors` (each investor, for itself) or the key of a counsel of the deal file.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Representation:
    """One representation and warranty, by its reference in the agreement, for example `3(a)`."""

    ref: str
    heading: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a condition that is met in steps. `evidence` says what proves it."""

    key: str
    heading: str
    owed_by: str
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """Where a qualification is needed. `code` is ISO 3166-2 (`US-CA`) or a country (`US`)."""

    code: str
    name: str
    authority: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostSaleFiling:
    """A filing that is excepted from the condition because it is made after the sale.

    `due_days` counts calendar days from the closing.
    """

    key: str
    heading: str
    jurisdiction: str
    due_days: int
    owed_by: str = "company-counsel"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThirdParty:
    """A consent of somebody who is no party to the agreement."""

    key: str
    heading: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BringDown:
    """Representations confirmed as of the closing, by the issuer or by each investor for itself."""

    kind: Literal["bring-down"] = "bring-down"
    by: Literal["issuer", "investors"]
    representations: tuple[Representation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerCertificate:
    """A certificate, by an officer whose title is one of `titles`, that the `certifies` conditions are met."""

    kind: Literal["officer-certificate"] = "officer-certificate"
    document: str
    titles: tuple[str, ...]
    certifies: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CounselOpinion:
    """An opinion of counsel, dated as of the closing, delivered to each investor."""

    kind: Literal["opinion"] = "opinion"
    document: str
    counsel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InOrder:
    """Steps that must be taken in the order given, each on its date."""

    kind: Literal["steps"] = "steps"
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ByJurisdiction:
    """Qualifications effective on and as of the closing in every jurisdiction listed."""

    kind: Literal["by-jurisdiction"] = "by-jurisdiction"
    jurisdictions: tuple[Jurisdiction, ...]
    owed_by: str = "company-counsel"
    post_sale_filings: tuple[PostSaleFiling, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOff:
    """A sign-off by every party in `by`. `covenants` are the sections to be performed by the closing."""

    kind: Literal["sign-off"] = "sign-off"
    by: tuple[str, ...]
    covenants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedByAll:
    """A document signed by every one of its signatories, and the third-party consents to it."""

    kind: Literal["signed-by-all"] = "signed-by-all"
    document: str
    third_parties: tuple[ThirdParty, ...] = ()
    third_parties_owed_by: str = "issuer"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyTally:
    """Proxies over strictly more than `more_than` of the voting stock outstanding on `record_date`."""

    kind: Literal["tally"] = "tally"
    document: str
    more_than: Fraction
    record_date: date
    owed_by: str = "issuer"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceReceived:
    """The whole purchase price of the investor received in the deal's currency."""

    kind: Literal["payment"] = "payment"


Evidence = (
    BringDown
    | OfficerCertificate
    | CounselOpinion
    | InOrder
    | ByJurisdiction
    | SignedOff
    | SignedByAll
    | ProxyTally
    | PriceReceived
)
