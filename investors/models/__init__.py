"""What the lower building stores."""

from investors.models.issuers import Address, Contact, Investor, Issuer
from investors.models.people import User, UserManager, Viewer
from investors.models.shares import Certificate, LedgerEntry, ShareClass

__all__ = [
    "Address",
    "Certificate",
    "Contact",
    "Investor",
    "Issuer",
    "LedgerEntry",
    "ShareClass",
    "User",
    "UserManager",
    "Viewer",
]
