"""Statements in the form camt.053, made for tests."""

from collections.abc import Iterable
from xml.sax.saxutils import escape


def details(name: str, amount: str = "", text: str = "", currency: str = "USD", *, version: str = "08") -> str:
    """One payment of an entry; before version 04 its amount lies within AmtDtls."""
    said = f'<Amt Ccy="{currency}">{amount}</Amt>' if amount else ""
    placed = f"<AmtDtls><InstdAmt><Amt Ccy='CHF'>1</Amt></InstdAmt><TxAmt>{said}</TxAmt></AmtDtls>" if said else ""
    pty = f"<Pty><Nm>{escape(name)}</Nm></Pty>" if version >= "08" else f"<Nm>{escape(name)}</Nm>"
    parties = f"<RltdPties><Dbtr>{pty}</Dbtr></RltdPties>"
    remittance = f"<RmtInf><Ustrd>{escape(text)}</Ustrd></RmtInf>" if text else ""
    refs = "<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>"
    return f"<TxDtls>{refs}{said if version >= '04' else placed}{parties}{remittance}</TxDtls>"


def entry(
    amount: str,
    *inside: str,
    side: str = "CRDT",
    reference: str = "",
    day: str = "1996-06-07",
    currency: str = "USD",
    status: str = "BOOK",
    reversal: bool = False,
    version: str = "08",
) -> str:
    """One entry of a statement."""
    booked = f"<Sts><Cd>{status}</Cd></Sts>" if version >= "08" else f"<Sts>{status}</Sts>"
    undone = "<RvslInd>true</RvslInd>" if reversal else ""
    bank = f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else ""
    dated = f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>"
    within = f"<NtryDtls>{''.join(inside)}</NtryDtls>" if inside else ""
    money = f'<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
    return f"<Ntry>{money}{undone}{booked}{dated}{bank}{within}</Ntry>"


def statement(*entries: str, iban: str = "DE89370400440532013000") -> str:
    """One statement of an account."""
    balance = (
        '<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="USD">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></Bal>'
    )
    account = f"<Acct><Id><IBAN>{iban}</IBAN></Id></Acct>"
    return f"<Stmt><Id>1</Id>{account}{balance}{''.join(entries)}</Stmt>"


def camt(statements: Iterable[str] | str, version: str = "08", prologue: str = "") -> bytes:
    """A whole file."""
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    header = "<GrpHdr><MsgId>1</MsgId><CreDtTm>1996-06-07T18:00:00</CreDtTm></GrpHdr>"
    body = statements if isinstance(statements, str) else "".join(statements)
    xml = '<?xml version="1.0" encoding="UTF-8"?>'
    return f'{xml}{prologue}<Document xmlns="{space}"><BkToCstmrStmt>{header}{body}</BkToCstmrStmt></Document>'.encode()
