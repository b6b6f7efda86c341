"""Random runs over one recording: what they call its voices, and which names they were given."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from tests.support.transcripts import transcript
from transcribe.person_names import NameCertainty
from transcribe.transcript import MadeWith, Speaker, Transcript

VOICES = ("S1", "S2", "S3")
TURNS = tuple((id, f"so {id} says a {id} thing of its own and then {id} ends") for id in (*VOICES, *VOICES))
MACHINES = sorted({*NameCertainty} - {NameCertainty.EDITED, NameCertainty.GIVEN})
UNNAMED = (NameCertainty.PLACEHOLDER, NameCertainty.GUESS)
CERTAINTY = st.sampled_from(sorted(NameCertainty))
NAMES = st.permutations(["Ann", "Bob", "Rich", "Guest", "Hal", "Caller"])


@dataclass(frozen=True)
class Named:
    """A run: the name of each voice and its certainty, and the names given with --speakers, --host and --guest."""

    names: tuple[str, ...]
    how: tuple[NameCertainty, ...]
    asked: tuple[str, ...] = ()
    host: str = "Rich"
    guest: str = "Guest"

    def said(self, voice: int) -> int:
        """2 for a name that was given or typed, 1 for one of --host or --guest, 0 for what the machine found."""
        name = self.names[voice]
        if name in self.asked or self.how[voice] not in MACHINES:
            return 2
        return int(name in {self.host, self.guest} - {"Rich", "Guest"})


@st.composite
def named(draw: st.DrawFn) -> Named:
    names = tuple(draw(NAMES)[: len(VOICES)])
    asked = tuple(draw(st.lists(st.sampled_from(names), unique=True, max_size=2)))
    host, guest = draw(st.sampled_from(["Rich", "Hal"])), draw(st.sampled_from(["Guest", "Caller"]))
    return Named(names, tuple(draw(CERTAINTY) for _ in names), asked, host, guest)


def made(run: Named) -> Transcript:
    speakers = tuple(
        Speaker(*who, certainty=how) for who, how in zip(zip(VOICES, run.names, strict=True), run.how, strict=True)
    )
    settings = {"speakers": ", ".join(run.asked), "host": run.host, "guest": run.guest}
    made_with = MadeWith("0.2.0", "none", "none", "", settings=settings)
    return replace(transcript(*TURNS, speakers=speakers), made_with=made_with)
