"""Where the purchase price is to be sent (Section 1(b)): what an account's numbers must be, and who puts them in force.

Wire instructions are changed by fraud more often than by companies. So the second person does not look at the screen:
he types the account number as it was read to him by telephone.
"""

import re

MASKED_TO = 4

NOT_YOURSELF = (
    "You proposed these instructions. Another counsel on the deal, of either side, telephones the company and puts "
    "them in force."
)
NOT_THE_NUMBER = (
    "That is not the account number proposed. If the one read to you is right, reject the proposal, with this as the "
    "reason, and nobody is sent there."
)


def plain(number: str) -> str:
    """An account or routing number without the spaces and dashes in which people group it, in capitals."""
    return re.sub(r"[\s.\-]", "", number).upper()


def masked(account: str) -> str:
    """`ending 4321`: enough to tell two accounts apart, and too little to send money to."""
    return f"ending {plain(account)[-MASKED_TO:]}"


def routing_problem(text: str) -> str:
    """What is wrong with an ABA routing number or a BIC; blank where nothing is."""
    said = plain(text)
    if said.isascii() and said.isdigit():
        if len(said) != 9:
            return "An ABA routing number has nine digits. Count them again."
        weighed = sum(int(digit) * (3, 7, 1)[at % 3] for at, digit in enumerate(said))
        return "" if weighed % 10 == 0 and int(said) else "One of these nine digits is wrong: they do not add up."
    if re.fullmatch(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", said):
        return ""
    return "Write the nine digits of an ABA routing number, or a BIC of eight or eleven letters and digits."


def account_problem(text: str) -> str:
    """What is wrong with an account number or an IBAN; blank where nothing is."""
    said = plain(text)
    if not said.isascii() or not said.isalnum() or not 4 <= len(said) <= 34 or not any(map(str.isdigit, said)):
        return "Write the account number or IBAN: 4 to 34 letters and digits."
    if re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", said):
        figures = "".join(str(int(letter, 36)) for letter in said[4:] + said[:4])
        return "" if int(figures) % 97 == 1 else "This IBAN has a letter or digit wrong: it does not add up."
    return ""


def why_not_confirm(proposer: int, person: int, account: str, heard: str) -> str:
    """Why `person` may not put instructions in force that `proposer` proposed; blank where he may.

    Both are ids of users; `heard` is the account number as it was read to him.
    """
    if proposer == person:
        return NOT_YOURSELF
    return "" if plain(heard) == plain(account) else NOT_THE_NUMBER
