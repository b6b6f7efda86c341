"""What the stored result of a stage depends on: its key.

The law: a stored result is what the same settings would compute. So a key has every setting and circumstance the stage
reads: the stages see no other setting (`Settings.seen_by`), and the device is the one a result was computed on. `auto`
is content with a result of either device; releases without a device in the key count as the processor's. The number of
threads is in no key, since results do not depend on it.

What this does not do: store results (`transcribe.pipeline.checkpoints`).
"""

from __future__ import annotations

from dataclasses import dataclass

from transcribe.pipeline.checkpoints import Key
from transcribe.pipeline.stages import uses_gpu
from transcribe.settings import Settings, Stage
from transcribe.tracks.layout import TRACKS_VERSION

RESULTS_OF = {
    Stage.DECODE: 4,
    Stage.PLAN: 2,
    Stage.LANGUAGE: 5,
    Stage.RECOGNIZE: 15,
    Stage.REHEAR: 4,
    Stage.DIARIZE: 10,
}
"""The version of each stage's results; raised when the stage changes, so that checkpoints of older releases miss.

Decode 3: facts say by which revision of the rules the samples were changed, if they were. Only then is it in the keys
of the other stages, so that the results of earlier releases remain for recordings decoded as they were. 4: a hum.
Plan 2: afresh after silence, faint speech. Language 3: an unsure one is tried. Words are kept under their language,
those of earlier releases too, and REHEAR's. Recognize 7: other readings; words stay with their phrase.
8: the text is searched in every second frame. 9: another encoder on some processors, which are in no key.
10: another decoder there. 11: its probability of no speech is one, and no odds. 12: texts that end sentences
differently both go on. 13: another attention in the encoder. 14: "!" for commas. 15: ends of sentences in long passages
without a mark. Rehear 4: names are looked for by the decoder of 10, and corrected in all places of a spelling.
"""


@dataclass(frozen=True, slots=True)
class ResultKeys:
    """The keys of the results of one recording, known by its SHA-256, under some settings."""

    audio_sha256: str
    settings: Settings
    has_tracks: bool = False  # the recording is several files, one for each person

    def key(self, stage: Stage, circumstances: str, *, revision: int = 0, device: str = "cpu") -> Key:
        """The key of a stage's result.

        `circumstances` are what it depends on beside the settings; `revision` is that of the samples it was computed
        from (`audio.decoding.samples.Audio`), 0 if that does not matter.
        """
        layout = TRACKS_VERSION if self.has_tracks else ""
        version = f"{RESULTS_OF[stage]} {self.settings.digest(stage)} {circumstances}{layout}"
        version += f" sound {revision}" if revision else ""
        return Key(self.audio_sha256, stage, f"{version} {device}" if device == "cuda" else version)

    @property
    def version_of_words(self) -> str:
        """Circumstances of what is made of the recording's words: what these depend on."""
        versions = f"{RESULTS_OF[Stage.RECOGNIZE]} {RESULTS_OF[Stage.LANGUAGE]}"
        return f"{versions} {self.settings.digest(Stage.RECOGNIZE)}"

    @property
    def accepted_devices(self) -> tuple[str, ...]:
        """The devices whose results these settings are content with, in the order to look for them."""
        return ("cpu", "cuda") if self.settings.device == "auto" else (self.settings.device,)

    @property
    def device(self) -> str:
        """The device that these settings compute results on."""
        return "cuda" if uses_gpu(self.settings) else "cpu"
