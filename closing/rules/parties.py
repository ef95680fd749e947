"""Who is in a deal: the issuer, the investors and their counsel, who signs for them and how, and where notices go."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

ISSUER = "issuer"
INVESTORS = "investors"


class Side(StrEnum):
    """The two sides of the table."""

    ISSUER = "issuer"
    INVESTORS = "investors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who gets notices, signs or works on the deal. Named as the agreement names them."""

    name: str
    email: str
    firm: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLink:
    """One `By:` line of a signature block: an entity and the capacity in which it acts."""

    entity: str
    capacity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureBlock:
    """Who signs for a party and how.

    `key` is unique in the deal. `party` is printed over the line; `chain` is the `By:` lines between the party and
    the signer, outermost first. `signer` and `title` are blank where the agreement leaves them blank.
    `person` names the `Person` who receives the packet. `individual` is a natural person signing for himself.
    """

    key: str
    party: str
    person: str
    chain: tuple[ChainLink, ...] = ()
    signer: str = ""
    title: str = ""
    title_line: bool = True
    individual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A notice address. `jurisdiction` is ISO 3166-2, for example `US-CA`; it drives the list of qualifications."""

    lines: tuple[str, ...]
    jurisdiction: str
    attention: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """The company that sells its shares."""

    code: str
    name: str
    jurisdiction: str
    address: Address
    contacts: tuple[str, ...]
    blocks: tuple[SignatureBlock, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counsel:
    """A law firm of the deal, referred to by `key` (`company-counsel`, `investors-counsel`)."""

    key: str
    name: str
    short: str
    side: Side
    address: Address
    contacts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Investor:
    """One row of Schedule A, with the signature blocks that all must sign for this investor."""

    name: str
    shares: int
    purchase_price: Decimal
    address: Address
    contacts: tuple[str, ...]
    blocks: tuple[SignatureBlock, ...]
    care_of: str = ""
