"""Who may do what: one table, asked first in each action.

The two counsel do everything on their deal's checklist except act for the other side; an
investor's contact acts for its own investors only, which `closing.actions.base` checks row by row.
"""

from enum import StrEnum


class Role(StrEnum):
    """What a user is on a deal; `ADMIN` is what he is in the product."""

    COMPANY_COUNSEL = "company-counsel"
    INVESTORS_COUNSEL = "investors-counsel"
    INVESTOR = "investor"
    ADMIN = "admin"
