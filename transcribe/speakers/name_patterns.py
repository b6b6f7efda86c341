"""How people introduce themselves, introduce each other and address each other: patterns of English. Pure.

Each pattern captures a `NAME` (`transcribe.speakers.name_words`). `points` are what a clue is worth where it belongs:
introductions early, greetings at both ends. All patterns look at a bounded stretch, so a search takes linear time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from transcribe.speakers.name_words import NAME


class Kind(StrEnum):
    """What the words around a name do."""

    SELF = "self"  # the speaker says who they are
    INTRODUCTION = "introduction"  # of somebody who is about to speak
    COMPANION = "companion"  # "Ada and I": somebody who takes part
    GREETING = "greeting"  # or welcome, thanks, farewell
    ADDRESS = "address"
    CALL = "call"  # a given name as a sentence of its own
    MENTION = "mention"  # of a given name: hardly ever by its bearer


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression with the group `name`."""

    kind: Kind
    points: float
    regex: re.Pattern[str]


END = r"(?=\s*(?:[.,;:!?…—–]|-\s|--|$))"
_START = r"(?:^|(?<=[.!?…:;—–-]\s)|(?<=[.!?…][\"”’'*]\s))"
_OPENER = (
    r"(?:(?i:so|well|and|but|okay|ok|alright|all right|yeah|yes|yep|no|hey|oh|ah|right|now|great|cool|awesome|"
    r"excellent|fantastic|gotcha|perfect|thanks|thank you|also|again|look|listen|hmm|mm|mhm|um|uh|sure|absolutely|"
    r"exactly|good|wow|i mean|you know|interesting|nice|very cool|anyway|anyways|of course|"
    r"wonderful|amazing|brilliant|"
    r"definitely|totally|true|indeed|finally|first|first of all|lastly|today|once again|both)[,.!]?\s+){0,3}"
)
_HELLO = (
    r"(?:[Hh]i|[Hh]ello|[Hh]ey|[Hh]iya|[Hh]owdy|[Gg]ood (?:morning|afternoon|evening|day|night)"
    r"|[Ww]elcome|[Ww]elcome back)"
)
_HELLO_OR_THANKS = (
    rf"(?:{_HELLO}|[Tt]hank you|[Tt]hanks|[Cc]heers|[Bb]ye(?:-bye)?|[Gg]ood-?bye|[Ss]ee you(?: later| soon| then)?|"
    r"[Tt]ake care|[Cc]ongratulations|[Cc]ongrats|[Gg]ood (?:job|luck|find|finds|point|"
    r"question|one)|[Ww]ell done|[Hh]appy birthday)"
)
_MUCH = (
    r"(?:,? (?:there|again|so much|very much|a lot|a ton|a million|as always|everyone,?|once "
    r"again|too|then|now|man))*"
)
_GREETED_END = (
    r"(?:\b(?:having me|having us|joining (?:us|me)|coming(?: on| back| in)?|being here|being with us|your time|"
    r"(?:this|the|my|our) (?:show|podcast|program|programme|episode|series|interview|call)|"
    r"today|doing|going|on (?:the )?show|"
    r"[Ss]ee you|meet you|have you|talk to you|speak to you|with you|to be (?:here|back)|be on|"
    r"there|tonight|pleasure|"
    r"(?:the|The|This is the|the \w+) podcast|the Show)(?: today| again| back| here| this week| now)?)"
)
_TURNED_TO = (
    r"(?:you(?:'re|’re|'ve|’ve|'d|’d|'ll|’ll|r)?|welcome|thank|thanks|how|what(?:'s|’s)?|why|"
    r"when|where|who|which|can|could|"
    r"would|will|do|does|did|are|is (?:there|that|this|it)|have|tell|let(?:'s|’s)?|great|good|"
    r"nice|it(?:'s|’s) (?:great|good|so|a|been|an)|"
    r"we(?:'re|’re)? (?:are|were|have|got|going|back)|I(?:'m|’m)? (?:know|think|wanted|want|"
    r"have|hear|see|would|noticed|was|really|enjoyed)|"
    r"I(?:'ve|’ve|'d|’d)|for (?:listeners|people|those|our|the)|before (?:we|you)|maybe|please|take|give|go)"
)
_NOW = (
    r"(?:[Tt]oday|[Nn]ow|[Hh]ere|[Tt]onight|[Tt]his (?:week|time|morning|evening)|[Oo]nce "
    r"again|[Aa]gain|[Aa]s always|[Aa]s usual|[Aa]lways)"
)
_WE_ARE = r"(?:\b(?:I(?:'m|’m| am)|[Ww]e(?:'re|’re| are))\b)"
_HOST = r"(?:(?:co-?|guest )?host|guest|partner in crime|colleague|friend)"
_ROLE = rf"(?:(?:\w+ ){{0,3}}{_HOST})"
_AND = rf"(?:(?:,|,? and|,? &)\s+(?:also )?{NAME.replace('?P<name>', '?P<other>')})?"

SELF_PATTERNS = tuple(
    Pattern(Kind.SELF, points, re.compile(pattern))
    for points, pattern in (
        (5.0, rf"\b[Mm]y name(?:'s|’s| is) {NAME}"),
        (4.0, rf"\bI(?:'m|’m| am) (?:your |the |one of your )?(?:\w+ )?(?:co-?)?host(?:,| here,)? {NAME}"),
        (4.0, rf"\b(?:[Yy]our|[Tt]he) host(?:,| is| for today is| today is| as always is)? {NAME}"),
        (4.0, rf"\b(?:by myself|it(?:'s|’s) me),? {NAME}{END}"),
        (
            4.0,
            rf"\bI(?:'m|’m| am) {NAME}(?=\s*(?:[.,;:!?…—–]|-\s|$)|\s(?:from|with|and|at|here|speaking|"
            rf"of|one|your|the|a|"
            r"an|in|co|coming|joined|here's|CEO|CTO)\b)",
        ),
        (1.0, rf"\bI(?:'m|’m| am) {NAME}"),
        (
            3.5,
            rf"{_START}{_OPENER}(?:(?:[Hh]i|[Hh]ello|[Hh]ey)[^.!?]{{0,30}}, )?[Tt]his "
            rf"is {NAME}(?=[.!,]? (?:speaking|here|I(?:'m|’m| am|'ll| will)|and I\b|with you|with me|"
            rf"from\b|your|the host|coming|joined|on the line))",
        ),
        (2.0, rf"(?:^|[.!?,]\s+)(?:and )?[Tt]his is {NAME}{END}"),
        (2.0, rf"(?:^|[.!?,]\s+)(?:[Ii]t(?:'s|’s) )?{NAME} (?:here|speaking){END}"),
        (3.0, rf"\b(?:call me|I go by|known as|you can call me) {NAME}{END}"),
    )
)

INTRODUCTIONS = tuple(
    Pattern(Kind.INTRODUCTION, points, re.compile(pattern))
    for points, pattern in (
        (
            3.0,
            rf"{_WE_ARE}(?: \w+)?(?: {_NOW})? (?:speaking|talking|chatting|here|sitting down|joined|"
            rf"hanging out|back|on|live|together|in conversation)(?: {_NOW}){{0,2}},? (?:with|to|by)"
            rf" {NAME}{_AND}",
        ),
        (
            3.0,
            rf"(?:^|[.!?,—–-]\s+)(?:[Aa]nd )?(?:speaking|talking|chatting|joined|joining) (?:today |now "
            rf"|here )?(?:with|to|by) {NAME}{_AND}",
        ),
        (
            3.0,
            rf"\b(?:(?:get|got|have|had) (?:a chance )?to|going to(?: be)?|gonna(?: be)?|(?:pleasure|"
            rf"privilege|honou?r) (?:of|to)(?: be)?|excited to(?: be)?|happy to(?: be)?) (?:speak|talk|"
            rf"chat|sit down|speaking|talking|chatting|sitting down)(?:ing)?(?: today)? (?:with|to)"
            rf" {NAME}{_AND}",
        ),
        (
            3.0,
            rf"\b[Tt]oday,? (?:I(?:'m|’m| am|'ll be|’ll be| will be)?|[Ww]e(?:'re|’re| are|'ll be| will "
            rf"be)?) (?:speak|talk|chat|speaking|talking|chatting|sat down|spoke|talked|chatted|sitting "
            rf"down|interview|interviewing|welcome|welcoming|have|host) (?:with |to )?{NAME}{_AND}",
        ),
        (
            3.0,
            rf"\bjoined (?:{_NOW} )?(?:remotely |in the studio |in studio )?by (?:(?:the|my|our) "
            rf"(?:[a-z][\w-]* ){{1,6}})?{NAME}{_AND}",
        ),
        (3.0, rf"\bjoined (?:{_NOW} )?by (?:my|our) {_ROLE},? {NAME}{_AND}"),
        (
            3.0,
            rf"\b(?:[Ww]ith (?:me|us)|[Jj]oining (?:me|us))(?:,? {_NOW}){{0,2}},? (?:is|are|I have|we "
            rf"have|I've got|we've got) (?:my |our )?(?:(?:{_ROLE}),? )?{NAME}{_AND}",
        ),
        (3.0, rf"\b(?:[Ww]ith me|[Jj]oining (?:me|us))\b[^.!?]{{0,90}}, (?:the )?{NAME}{END}"),
        (
            3.0,
            rf"\b(?:[Mm]y|[Oo]ur|[Tt]he) (?:(?:very )?(?:special|first|next|last|second|other|final|"
            rf"dear|good|esteemed) )?{_HOST}s?(?: (?:for )?(?:{_NOW}|this episode))?,? (?:is|are|will "
            rf"be) (?:here,? |back,? )?(?:(?:the|my|our) (?:[a-z][\w-]* ){{1,4}})?{NAME}{_AND}",
        ),
        (3.0, rf"\b(?:[Tt]oday|[Tt]his (?:week|episode))(?:'s|’s) guests? (?:is|are) {NAME}{_AND}"),
        (3.0, rf"\b(?:my|our) (?:\w+ )?(?:co-?host|special guest|guest),? {NAME}{_AND}"),
        (
            3.0,
            rf"\b(?:[Ww]e|I)(?: also)?(?: have|'ve got|’ve got| got|'ve|’ve) {NAME}{_AND} (?:as (?:our|"
            rf"my|a) guest|with (?:me|us)|on the (?:show|line|call|podcast)|here|today|joining|back)",
        ),
        (
            2.5,
            rf"\b(?:[Ww]e|I)(?:(?: also)? have|'ve got|’ve got| got) {NAME}(?=,? (?:who|the|from|of|a|"
            rf"an|CEO|CTO|co-?founder|founder|director|author|head)\b)",
        ),
        (3.0, rf"\b[Pp]lease (?:welcome|join me in welcoming)(?: back)?,? {NAME}{_AND}"),
        (
            3.0,
            rf"\b(?:[Ll]et(?:'s|’s)|[Ll]et us|I(?:'d| would) like to|[Ww]e(?:'d| would) like to|want to|"
            rf"pleasure to|honou?r to|delighted to|happy to|excited to|thrilled to|glad to|proud to) "
            rf"(?:all )?(?:warmly )?(?:welcome|introduce|have|be joined by|present)(?: back| you to| "
            rf"on)?,? {NAME}{_AND}",
        ),
        (3.0, rf"\b(?:[Ll]et me|[Aa]llow me to) introduce(?: you to)?,? {NAME}{_AND}"),
        (
            2.5,
            rf"(?:^|[.!?,—–-]\s+){NAME}{_AND},? (?:is|are|joins|join) (?:my guest|our guest|my guests|"
            rf"our guests|me today|us today|with us|with me|here with|joining (?:me|us)|back on|on the "
            rf"show)",
        ),
        (2.5, rf"(?:^|[.!?,—–-]\s+){NAME}{_AND},? joins? (?:me|us)\b"),
        (1.5, rf"\b(?:my|our|this|a) (?:\w+ )?(?:conversation|interview|chat|discussion) with {NAME}{_AND}"),
        (2.0, rf"\b[Ww]elcoming(?: back)? {NAME}"),
        (1.5, rf"(?:^|[.!?]\s+)(?:[Aa]nd )?(?:[Yy]ou are|[Yy]ou(?:'re|’re)) {NAME}{END}"),
    )
)

COMPANIONS = tuple(
    Pattern(Kind.COMPANION, 1.5, re.compile(pattern))
    for pattern in (
        rf"(?:^|[.!?,]\s+|\bwhere |\bthat |\bepisodes )(?:[Tt]oday,? )?{NAME} and (?:I\b|myself\b)",
        rf"\b(?:just |both )(?:me and|myself and) {NAME}\b",
    )
)

GREETED = Pattern(Kind.GREETING, 2.0, re.compile(rf"\b{_HELLO}{_MUCH},? {NAME}{END}"))
GREETINGS = (
    GREETED,
    Pattern(Kind.GREETING, 2.0, re.compile(rf"\b{_HELLO_OR_THANKS}{_MUCH},? {NAME}{END}")),
    Pattern(
        Kind.GREETING, 2.0, re.compile(rf"\b{_HELLO_OR_THANKS}\b[^.!?]{{0,90}}?(?<=[a-z0-9'’)]), {NAME}(?=\s*[.!?…]|$)")
    ),
    Pattern(Kind.GREETING, 2.0, re.compile(rf"{_GREETED_END},? {NAME}(?=\s*[.!?…]|$)")),
    Pattern(
        Kind.GREETING,
        2.0,
        re.compile(
            rf"{_START}{_OPENER}{NAME},? (?:[Ww]elcome|[Tt]hank you|[Tt]hanks|(?:great|good|nice|lovely|"
            rf"pleasure|so good|so great|"
            r"it(?:'s|’s) (?:so |really |very )?(?:great|good|nice|lovely|a pleasure|an honou?r|been)) )"
        ),
    ),
    Pattern(Kind.GREETING, 1.5, re.compile(rf"\b(?:[Tt]hank you|[Tt]hanks)[^.!?]{{0,60}}, {NAME}, for\b")),
)
ADDRESSES = (
    Pattern(Kind.ADDRESS, 1.5, re.compile(rf"{_START}{_OPENER}{NAME}, (?=[a-z]|I\b)")),
    Pattern(Kind.ADDRESS, 1.5, re.compile(rf"{_START}{_OPENER}{NAME} {_TURNED_TO}\b")),
    Pattern(
        Kind.ADDRESS,
        1.5,
        re.compile(
            rf"(?:(?<=[a-z0-9'’)\"”]),|\b(?:right|okay|you|today|it|that|this|going|doing|now|here|then|"
            rf"me|us|know|think)) {NAME}\?"
        ),
    ),
    Pattern(Kind.ADDRESS, 1.0, re.compile(rf"(?<=[a-z0-9'’)\"”]), {NAME}(?=\s*(?:[.!…]|--|$))")),
    Pattern(
        Kind.ADDRESS,
        1.0,
        re.compile(
            rf"(?<=[a-z0-9'’)\"”]), {NAME}, (?={_TURNED_TO}\b|and (?:you|I)\b|if\b|with\b|that\b|"
            rf"because\b)"
        ),
    ),
)
WELCOME = re.compile(
    r"\b[Ww]elcome (?:back )?to\b|\b[Ww]elcome,? everybody|"
    r"\b[Tt]hank(?:s| you) for (?:joining|coming|being|listening|talking|your time)"
)
ABSENT = re.compile(  # what is said of somebody who is introduced only to say that they do not take part
    r"\b(?:is|are|was|he's|she's|they're|he’s|she’s|they’re) (?:\w+ )?(?:not|away|out|off|"
    r"absent|missing|sick|ill|travell?ing|on (?:vacation|"
    r"holiday|leave))\b|n['’]t (?:\w+ ){0,2}(?:with us|with me|here|join|make it|be here|available|around)|"
    r"\b(?:unable to|could not|cannot|can't|can’t|couldn't|couldn’t)\b|\b(?:will|going to) be back\b",
)
WITHOUT = re.compile(
    r"\b(?:normally|usually|typically|without|instead of|in place of|filling in for|absence of|miss(?:ing)?)\b",
    re.IGNORECASE,
)
IN_RETURN = re.compile(rf"(?:{_HELLO}|[Tt]hank(?:s| you))\b")
