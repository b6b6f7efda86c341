"""Capitals: sentence beginnings, "I", given names, and names that the recogniser mostly writes with one. Pure.

Pieces that were read on their own begin in lower case behind a full stop. A name is written in small letters now and
then; what it is told by: it was given, or most of its places inside sentences have a capital, and the vocabulary of the
model has no word of small letters for it, as it has for "mark" and "rich". Only in English: of other languages the
vocabulary lacks ordinary words too ("einkaufen", "iglesias").

What this does not do: take capitals away (`transcribe.recognition.sentence_joins`), correct what was misheard.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from transcribe.recognition.glossary import split_marks
from transcribe.scripts import CLOSERS, ends_sentence
from transcribe.transcript import Word

if TYPE_CHECKING:
    from transcribe.recognition.models import Tokenize

_I = frozenset(("i", "i'm", "i'll", "i've", "i'd", "i’m", "i’ll", "i’ve", "i’d"))
_OPENERS = '"“„«‹(¿¡'
_LETTERS = re.compile(r"(?<![^\W_])(?:[^\W\d_]\.){2,}$")  # a.m., U.S.
_BEFORE_NOUNS = frozenset("a an the my your our their his her this that these those each every".split())
_ABBREVIATIONS = frozenset(  # of any language: what follows says whether they end a sentence
    """
    approx apt ave bros capt col corp dept ed eds est ext fig figs gen gov inc jan jr ltd feb lt mt nos pp rd rep rev
    sen sgt sr vol vols abs art av bd bijv blz bspw bzw ca cf chap dhr dott dra ecc eg ej enz env esim evt evtl exkl ggf
    godz hrsg incl inkl itd itp jne jh kap kl kr ks mevr milj mio mld mln mrd např np nr núm osv pág pag prof resp sig
    sog sra srta std str tab tel tj tlf tyś tzn tzv ud uds ul usw vgl zb zzgl гл др им млн млрд напр ред руб стр тыс
    bl.a f.eks m.in p.ej t.ex
    """.split()
)
_LETTER_FOLLOWS = frozenset("the an letter letters".split())  # "dot the i"
_NOTE = re.compile(r"[(\[].*[)\]]")
_DOTTED_I = frozenset(("tr", "az"))  # languages whose i has another capital
_LEAST_SEEN = 2  # capitals inside sentences that make a name
_MOST_SMALL = 0.34  # of its places; above it the word is one of both kinds


def capitalised(words: Sequence[Word], *, language: str, names: Mapping[str, str]) -> tuple[Word, ...]:
    """The words of one speaker in a row, the first of which begins a sentence, with their capitals.

    The keys of `names` are words in small letters, the values how they are written.

    >>> words = [Word(text, i, i + 1) for i, text in enumerate("so i met haikel. he works on rdo".split())]
    >>> " ".join(w.text for w in capitalised(words, language="en", names={"haikel": "Haikel", "rdo": "RDO"}))
    'So I met Haikel. He works on RDO'
    """
    result: list[Word] = []
    starts, before = True, ""
    for word in words:
        text, is_note = word.text, _NOTE.fullmatch(word.text)  # a note such as [music] is in no sentence
        head, core, tail = split_marks(text)
        if core in names:
            text = head + names[core] + tail
        elif not is_note and (starts or (language == "en" and _is_i(text, before))):
            text = _risen(text, language)
        result.append(replace(word, text=text))
        starts = starts if is_note else capital_follows(word.text, language)
        before = word.text
    return tuple(result)


def names_in(words: Sequence[Word], given: Iterable[str], *, language: str, tokenize: Tokenize) -> dict[str, str]:
    """The words in small letters that are names, each with how it is written: by `given` names, and by the words.

    A word counts as a name if it is one in most places inside sentences, and is no word of small letters; a given one
    unless it is a noun too ("the interviewer", "a weaver"). In languages other than English none is found.
    """
    if language != "en":
        return {}
    inside: Counter[str] = Counter()
    nouns: set[str] = set()
    for before, word in pairwise(words):
        core = split_marks(word.text)[1]
        if before.text[-1].isalnum() or before.text.endswith(","):
            inside[core] += 1
        if core.islower() and before.text.lower() in _BEFORE_NOUNS:
            nouns.add(core.title())
    total: Counter[str] = Counter()
    for form, count in inside.items():
        total[form.lower()] += count
    parts = {part for name in given for part in name.split()}
    names: dict[str, str] = {}
    for form in (*sorted(parts), *(form for form, count in inside.most_common() if count >= _LEAST_SEEN)):
        small = form.lower()
        if len(small) < 2 or small == form or not form.isalnum() or len(tokenize(" " + small)) < 2:
            continue
        if (form in parts and form not in nouns) or inside[small] <= _MOST_SMALL * total[small]:
            names.setdefault(small, form)
    return names


def core_of(text: str) -> str:
    """A printed word without the marks around it."""
    _, core, tail = split_marks(text)
    return (core + tail).rstrip(",.?!;:…" + CLOSERS)


def starts_lower(text: str) -> bool:
    """Whether a printed word begins with a small letter, and has no capital ("iPhone", which may begin a sentence)."""
    return text[0].islower() and not any(map(str.isupper, text))


def starts_upper(text: str) -> bool:
    """Whether a printed word begins with a capital, and has no other."""
    return text[0].isupper() and not any(map(str.isupper, text[1:]))


def lowered(text: str) -> str:
    """The word with a small first letter."""
    return text[0].lower() + text[1:]


def _risen(text: str, language: str) -> str:
    """The word with a capital first letter, unless it has another ("iPhone") or is an address."""
    at = len(text) - len(text.lstrip(_OPENERS))
    first, rest = text[at : at + 1], text[at + 1 :]
    if not first.islower() or any(map(str.isupper, rest)) or any(sign in core_of(text) for sign in "@/.:"):
        return text
    if language == "nl" and first + rest[:1] == "ij":
        return f"{text[:at]}IJ{rest[1:]}"
    letter = "İ" if first == "i" and language in _DOTTED_I else first.title()  # of Georgian the same letter
    return text[:at] + letter + rest if len(letter) == 1 else text


def is_abbreviation(text: str, language: str) -> bool:
    """Whether a word with a full stop can stand inside a sentence: "Inc.", "a.m.", and in most languages "3." too."""
    core = core_of(text)
    is_number = language != "en" and (core.isdecimal() or len(core) == 1)
    return text.endswith(".") and (is_number or core.lower() in _ABBREVIATIONS or _LETTERS.search(text) is not None)


def capital_follows(text: str, language: str) -> bool:
    """Whether a word ends a sentence, so that a capital follows.

    Not an abbreviation, nor dots that trail off; and behind a quotation its sentence may go on: "Why?" she asked.
    """
    return ends_sentence(text) and not text.endswith((*CLOSERS, "..", "…")) and not is_abbreviation(text, language)


def _is_i(text: str, before: str) -> bool:
    """Whether a word is "I", not the letter of that name: "the letter i", "s i r"."""
    core, last = core_of(text), before.lower()
    is_letter = core == "i" and (last in _LETTER_FOLLOWS or (len(last) == 1 and last.isalpha() and last not in "ai"))
    return core in _I and not is_letter
