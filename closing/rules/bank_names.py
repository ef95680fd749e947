"""Who is named on a line of a bank's statement: investors, firms that they are in care of, people who act for them."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from closing.rules.terms import Deal

WHOLE, MOST, FIRM, PERSON = 60, 45, 35, 30
_ENOUGH = 0.7

# What names have in common and banks leave out or write otherwise.
_NOISE = frozenset(
    {"the", "and", "of", "for", "in", "by", "company", "limited", "corporation", "partnership"}
) | frozenset({"lp", "llc", "llp", "inc", "ltd", "corp", "co", "nv", "bv", "sa", "ag", "plc", "gmbh"})
_COMMON = frozenset({"trust", "fund", "funds", "capital", "partners", "equity", "growth"}) | frozenset(
    {"investment", "investments", "bank", "group", "offshore"}
)


@dataclass(frozen=True, slots=True)
class Naming:
    """How surely investors are named: `points`, and the reason in words. `investors` are all whom it may mean."""

    investors: tuple[str, ...]
    points: int
    reason: str


class Names:
    """The names of a deal, looked up by the words of a line."""

    def __init__(self, deal: Deal) -> None:
        self._deal = deal

    def named(self, text: str) -> tuple[Naming, ...]:
        """Whom the text names: investors in the order of Schedule A, then firms, then people."""
        phrase = f" {plain(text)} "
        said = frozenset(phrase.split())
        found = [naming for name in self._asked(said) if (naming := self._investor(name, phrase, said))]
        for at in sorted({at for word in said for at in self._others_by_word.get(word, ())}):
            label, whole, own, investors, points = self._others[at]
            if whole in phrase or (len(own) > 1 and own <= said):
                whose = "c/o which it is" if points == FIRM else "who acts for it"
                found.append(Naming(investors, points, f"names {label}, {whose}"))
        return tuple(found)

    def _investor(self, name: str, phrase: str, said: frozenset[str]) -> Naming | None:
        if self._wholes[name] in phrase:
            return Naming((name,), WHOLE, f"names {name}")
        own = self._words[name]
        shared = own & said
        if len(own) == 1:
            (word,) = own
            is_said = bool(shared) and len(word) > 3 and word not in _COMMON and len(self._by_word[word]) == 1
        else:
            weight = sum(self._weights[word] for word in own)
            is_said = len(shared) > 1 and sum(self._weights[word] for word in shared) >= _ENOUGH * weight
        return Naming((name,), MOST, f"has the words of {name}") if is_said else None

    def _asked(self, said: Iterable[str]) -> list[str]:
        """The investors whose names may be in the text, in the order of Schedule A."""
        places = {at for word in said for at in self._by_telling.get(word, ())}
        return [self._deal.investors[at].name for at in sorted(places)]

    @cached_property
    def _wholes(self) -> dict[str, str]:
        return {each.name: f" {plain(each.name)} " for each in self._deal.investors}

    @cached_property
    def _words(self) -> dict[str, frozenset[str]]:
        return {each.name: _telling(each.name) for each in self._deal.investors}

    @cached_property
    def _by_word(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name, own in self._words.items():
            for word in own:
                found[word].append(name)
        return dict(found)

    @cached_property
    def _by_telling(self) -> dict[str, list[int]]:
        """The places of investors by the two words of each name that the fewest have.

        A text without either has less than enough of the name, however many of its other words it has.
        """
        found: dict[str, list[int]] = defaultdict(list)
        for at, each in enumerate(self._deal.investors):
            own = self._words[each.name]
            for word in sorted(own, key=lambda word: (len(self._by_word[word]), word))[:2]:
                found[word].append(at)
        return dict(found)

    @cached_property
    def _weights(self) -> dict[str, float]:
        """A word that many names have tells much less than one that only one has."""
        return {word: 1 / len(names) ** 2 for word, names in self._by_word.items()}

    @cached_property
    def _others(self) -> tuple[tuple[str, str, frozenset[str], tuple[str, ...], int], ...]:
        """Firms and people, whole and in words, with the investors they may mean; nobody who is an investor himself."""
        firms: dict[str, list[str]] = defaultdict(list)
        people: dict[str, list[str]] = defaultdict(list)
        for each in self._deal.investors:
            firm = re.sub(r"^\s*c/o\s+", "", each.care_of, flags=re.IGNORECASE).strip()
            if firm and firm not in self._words:
                firms[firm].append(each.name)
            for person in dict.fromkeys((*each.contacts, *(block.person for block in each.blocks))):
                if person not in self._words:
                    people[person].append(each.name)
        labels = [(label, names, FIRM) for label, names in firms.items()]
        labels += [(label, names, PERSON) for label, names in people.items()]
        return tuple(
            (label, f" {plain(label)} ", _telling(label), tuple(names), points) for label, names, points in labels
        )

    @cached_property
    def _others_by_word(self) -> dict[str, list[int]]:
        """The places of firms and people by the longest of their words, all of which a text that names them has."""
        found: dict[str, list[int]] = defaultdict(list)
        for at, (_, _, own, _, _) in enumerate(self._others):
            if own:
                found[max(own, key=lambda word: (len(word), word))].append(at)
        return dict(found)


def plain(text: str) -> str:
    """Small letters without accents and marks, letters that stand alone joined: `L.P.` and `LP` are `lp`."""
    folded = unicodedata.normalize("NFKD", text.replace("&", " and ").casefold())
    letters = "".join(letter for letter in folded if not unicodedata.combining(letter))
    said = " ".join(re.sub(r"[\W_]+", " ", letters).split())
    return re.sub(r"\b(?:[a-z] )+[a-z]\b", lambda found: found[0].replace(" ", ""), said)


def _telling(name: str) -> frozenset[str]:
    """The words of a name that tell it from others; all of them where none does."""
    own = frozenset(word for word in plain(name).split() if len(word) > 1)
    return own - _NOISE or own
