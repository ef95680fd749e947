"""The certificates issued at a closing as a paper of the closing book."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import typst

from closing.pdf.book_spec import BookCannotBeMade
from closing.pdf.signature_specs import Paper
from closing.pdf.signatures import breakable
from closing.pdf.typesetting import TEMPLATES, set_type

_CERTIFICATES = TEMPLATES / "certificates.typ"


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A line of the list: number, registered name, shares and day, as they are to be printed."""

    number: str
    name: str
    shares: str
    issued_on: str


def list_certificates(
    title: str,
    note: str,
    certificates: Sequence[IssuedCertificate],
    legends: Sequence[str],
    *,
    deal_name: str,
    paper: Paper = "us-letter",
) -> bytes:
    """The list as PDF/A-2a. Raises BookCannotBeMade for what cannot be printed. Call it in a worker process only."""
    said = {
        "title": title,
        "note": note,
        "deal_name": breakable(deal_name),
        "paper": paper,
        "certificates": [{**asdict(each), "name": breakable(each.name)} for each in certificates],
        "legends": list(legends),
    }
    try:
        return set_type(_CERTIFICATES, {"certificates": json.dumps(said)}, ["a-2a", "ua-1"])
    except typst.TypstError as error:
        raise BookCannotBeMade("certificates", "a name or a legend cannot be printed as it is.") from error
