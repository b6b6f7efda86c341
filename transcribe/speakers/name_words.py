"""What can be a person's name in a text: capitalised words that are not ordinary ones, nor those of a thing. Pure.

The recording itself is the evidence. A word that is written small elsewhere ("like") is capitalised only because it
begins a sentence; what comes after "the", "in" or "using" again and again is a product or a place. So nothing has to be
known about companies, and an unusual name is as good as a usual one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from transcribe.scripts import ends_sentence
from transcribe.transcript import Turn

_TITLE = (
    r"(?:(?:Mr|Mrs|Ms|Mx|Dr|Prof|Professor|Doctor|Sir|Dame|Lord|Lady|Rev|Reverend|Father|Sister|Rabbi|Judge|Justice|"
    r"President|Senator|Governor|Congressman|Congresswoman|Ambassador|Captain|Colonel|General|Major|Chef|Coach)\.?\s+)"
)
_CAPITALISED = r"[^\W\d_a-z](?:[\w'’-]+|\.)?"
_PARTICLE = r"(?:(?:van|von|de|da|di|del|della|der|den|la|le|el|al|bin|ibn|ben|dos|du|ter|ten|af|av|zu)\s+)"
NAME = rf"(?P<name>{_TITLE}{{0,2}}{_CAPITALISED}(?:\s+{_PARTICLE}{{0,2}}{_CAPITALISED}){{0,2}})"

_NO_NAMES = frozenset(
    "a absolutely actually african after again agreed ah all alright also although always am amazing american and "
    "another any anybody anyone anything anyway anyways anywhere apparently arab are around as asian at australian "
    "awesome back basically because been before being belgian black bless boss both boy brazilian brilliant british "
    "brother buddhist but by bye can canadian catholic ceo certainly cheers chinese christmas come congrats "
    "congratulations cool correct could cto czech dad danish dear december definitely did do doctor does done down dr "
    "during dutch each east easter either else english episode especially europe european even every everybody "
    "everyone everything everywhere exactly excellent excuse fair fantastic february few finally fine finnish first "
    "folks for french friday friend friends from fun gentlemen german get girl given glad go god going good gosh "
    "gotcha great greek guess guest guests guys had happy has have he hello her here hey hi him hindu his hmm "
    "honestly hopefully how however huh hungarian i if in indeed indian indonesian interesting internet irish is "
    "islamic israeli it italian its january japanese jewish july just keep kids korean ladies last later latino let "
    "life like likewise listen listener listeners live lol look lots love ma'am madam man many maybe me mean "
    "meanwhile mexican mhm miss mm mom monday more morning most mr mrs ms much mum muslim my near never new next nice "
    "no nobody none nope nor north norwegian not nothing november now obviously october of oh ok okay on once one "
    "only or our out outro over part people perfect perhaps please plenty podcast polish portuguese president pretty "
    "probably professor quite rather ready really right romanian russian same saturday scottish see senator september "
    "she should show similarly since sir sister sit so some somebody someone something sometimes somewhere soon sorry "
    "south spanish start stay still stop such sunday super sure swedish swiss take talk team tell than thank thanks "
    "that the their them then there therefore these they thing things think this those though through thursday to "
    "today together tomorrow tonight too totally true tuesday turkish uh ukrainian um under universe until up us very "
    "wait was we wednesday welcome well welsh were west what whatever when where whether which while white who whose "
    "why wish with without wonderful world worlds would wow ya yeah yep yes yesterday yet you your yours yup".split()
)
AMBIGUOUS = frozenset(  # after "I'm" and "this is" hardly ever a name unless a last name follows
    "april august christian june may".split()
)
_OF_THINGS = frozenset(  # what goes before a product, a company or a place more often than before a person
    "the a an this on in at into inside onto over under using use uses used via our its every some any".split()
)
_OFTEN = 4  # times as often small as capitalised: an ordinary word, even if somebody is called by it
_THING_SHARE = 0.3  # of the mentions
_ATTACHED = re.compile(r"['’]s$")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How often words are written small, capitalised within a sentence, and so after the words that go with things."""

    small: Counter[str]
    inside: Counter[str]
    after_thing_words: Counter[str]
    capitalised: Counter[tuple[str, str]]  # (voice, word): anywhere

    @classmethod
    def of(cls, turns: Iterable[Turn]) -> Vocabulary:
        """The words of all turns, in linear time."""
        small, inside, things = Counter[str](), Counter[str](), Counter[str]()
        capitalised: Counter[tuple[str, str]] = Counter()
        for turn in turns:
            before = ""
            for text in (word.text for word in turn.words):
                bare = _ATTACHED.sub("", text.strip(".,;:!?…\"“”'‘’()[]—–-"))
                key = bare.casefold()
                if not bare:
                    pass
                elif bare[0].islower():
                    small[key] += 1
                else:
                    capitalised[turn.speaker, key] += 1
                if bare and not bare[0].islower() and before and not _starts_sentence(before, text):
                    inside[key] += 1
                    things[key] += before.casefold() in _OF_THINGS
                before = text
        return cls(small, inside, things, capitalised)

    def is_ordinary(self, word: str) -> bool:
        """Whether a word is capitalised only where a sentence begins."""
        key = word.casefold()
        return self.small[key] > _OFTEN * self.inside[key]

    def is_thing(self, word: str) -> bool:
        """Whether a word names a thing or a place rather than a person."""
        key = word.casefold()
        return self.after_thing_words[key] >= 2 and self.after_thing_words[key] >= _THING_SHARE * self.inside[key]


def _starts_sentence(before: str, text: str) -> bool:
    return ends_sentence(before) or before[-1] in ':—–-…"“' or text[0] in "\"“'‘(["


def name_in(captured: str, vocabulary: Vocabulary) -> str:
    """The leading words of a captured `NAME` that can be a person's; empty if there are none.

    A title stays only with a last name alone: "Dr. Hill", but "Jane Hill".
    """
    title = re.match(_TITLE + "{1,2}", captured)
    words = _name_words(captured[title.end() if title else 0 :].split())
    if not words or (not title and vocabulary.is_ordinary(words[0])) or vocabulary.is_thing(words[0]):
        return ""
    name = " ".join(words)
    return f"{title[0].strip()} {name}" if title and len(words) == 1 else name


def _name_words(words: Sequence[str]) -> list[str]:
    found: list[str] = []
    for position, word in enumerate(words):
        plain = _ATTACHED.sub("", word)
        following = words[position + 1] if position + 1 < len(words) else ""
        if plain.islower():  # a particle
            found.append(plain)
            continue
        initials = len(plain) == 2 and plain.isupper() and len(following) > 1 and not following.isupper()
        shouted = len(plain) > 1 and plain.isupper() and not plain.endswith(".") and not (initials and not found)
        contracted = "'" in plain[:-1] and not re.match(r"[OD]['’]", plain)
        if shouted or plain.casefold() in _NO_NAMES or contracted or ("’" in plain and not re.match(r"[OD]’", plain)):
            break
        found.append(plain)
        if plain != word:
            break  # "Ada's Friend" is Ada
    while found and (found[-1].islower() or found[-1].endswith(".")):
        found.pop()
    return found if found and len(found[0]) > 1 else []
