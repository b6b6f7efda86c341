"""The options that the definitions of the metrics leave open, and what they come to for two texts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from audio.episode import Seconds
from transcribe.errors import SettingsError
from transcribe.evaluation.normalisation import (
    AUTO,
    NORMALISERS,
    UNSPACED_LANGUAGES,
    Normaliser,
    Script,
    Unit,
    is_compared_as_before,
    language_code,
    normaliser,
    script_of,
)
from transcribe.readers.values import SpeakerTranscript


@dataclass(frozen=True, slots=True)
class Scoring:
    """The options of a comparison. Raises `SettingsError` for an unknown normaliser.

    `resolved` chooses the normaliser, if that is left to the language, and the unit.
    """

    normaliser: str = AUTO  # or one of `NORMALISERS`
    collar: Seconds = 0.25  # on either side of a speaker boundary, not scored for DER
    skip_overlap: bool = False  # for DER: do not score overlapping speech
    tcp_collar: Seconds = 5.0  # for tcpWER: how far apart in time matching words may be
    unit: Unit = Unit.WORDS
    foreign: bool = False  # whether the normaliser is English and the text is not

    def __post_init__(self) -> None:
        if self.normaliser not in (AUTO, *NORMALISERS):
            raise SettingsError(f"normaliser: {self.normaliser!r} is not one of {', '.join((AUTO, *NORMALISERS))}")

    def resolved(self, reference: SpeakerTranscript, hypothesis: SpeakerTranscript) -> Scoring:
        """The scoring of these two: English rules for English, and characters for a language without blanks.

        The language is the stated one. Where none is, and where it contradicts the script of the reference, the script
        decides; an unstated language in Latin letters counts as English.
        """
        language = language_code(reference.language) or language_code(hypothesis.language)
        script = script_of(one.text for one in reference.utterances or ())
        has_blanks = script in (Script.LATIN, Script.SPACED) or (script is Script.NONE and language == "en")
        unspaced = script is Script.UNSPACED or (language in UNSPACED_LANGUAGES and not has_blanks)
        is_english = language in ("", "en") and script in (Script.LATIN, Script.NONE)
        name = self.normaliser if self.normaliser != AUTO else "english" if is_english else "basic"
        unit = Unit.CHARACTERS if unspaced else Unit.WORDS
        return replace(self, normaliser=name, unit=unit, foreign=name == "english" and not is_english)

    def key(self, reference: SpeakerTranscript) -> dict[str, Any]:
        """What two runs must have in common to be compared.

        Without what only newer versions have, as long as it changes nothing for this reference, so that older
        baselines hold.
        """
        options = asdict(self)
        del options["foreign"]
        if self.unit is Unit.WORDS:
            del options["unit"]
        if not all(is_compared_as_before(one.text, self.normaliser) for one in reference.utterances or ()):
            options["folded"] = True
        return options

    def as_dict(self) -> dict[str, Any]:
        """The options as reports print them in JSON."""
        options = asdict(self)
        del options["foreign"]
        return options

    @property
    def normalise(self) -> Normaliser:
        """The normalising function. Raises `TranscribeError` if a package of the extra `check` is missing."""
        return normaliser(self.normaliser, self.unit)

    @property
    def of_words(self) -> str:
        """How words are compared, in words."""
        if self.normaliser == AUTO:
            return "normalised by the rules for the language"
        rules = f"normalised by {NORMALISERS[self.normaliser]}"
        if self.unit is Unit.WORDS:
            return rules
        return f"characters, not words (CER; a word of another script counts as one), {rules}"

    @property
    def description(self) -> str:
        """The options in words; every report states them, because rates depend on them."""
        return f"{self.of_words}; {self.of_speakers}"

    @property
    def of_speakers(self) -> str:
        """How speakers and times are compared, in words."""
        overlap = "skipped" if self.skip_overlap else "scored"
        return (
            f"DER with a collar of {self.collar:g} s on each side, "
            f"overlap {overlap}; JER without collar; tcpWER within {self.tcp_collar:g} s"
        )

    @property
    def warning(self) -> str:
        """What makes the rates doubtful, and the next step; empty if nothing does."""
        return (
            "the reference is not English, but is normalised by English rules; leave out --normaliser english"
            if self.foreign
            else ""
        )

    def rate_name(self, name: str) -> str:
        """The name of a rate in the unit that it counts.

        >>> Scoring(unit=Unit.CHARACTERS).rate_name("cpWER")
        'cpCER'
        """
        return name.replace("WER", "CER") if self.unit is Unit.CHARACTERS else name
