"""One sound track of a file → its mono samples, in one pass of ffmpeg, or in two where something has to be cured.

The first pass mixes one or two channels as it always did, and measures them; of more channels it measures only. Where
the measures show that sound would be lost (channels left out or cancelled, a level far outside the ordinary) a second
pass takes all channels as floats, mixes and levels them here. Anything else stays, bit for bit, what it was.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from audio.decoding.downmix import Downmix, mean_of, needed_downmix, takes_channels_as_they_are
from audio.decoding.ffmpeg import Output, decode_command
from audio.decoding.floats import LEAST_LUFS, Floats, sane
from audio.decoding.hum import AboveHum
from audio.decoding.log import Log
from audio.decoding.notes import Finding, SoundNote
from audio.decoding.pcm import Source, read_pcm
from audio.decoding.polarity import turned_stretches
from audio.decoding.samples import (
    REVISION,
    SAMPLE_BYTES,
    SAMPLE_RATE,
    SCALE,
    levels_of,
    scratch_file,
    write,
)
from audio.decoding.survey import Survey, Surveyor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audio.decoding.tracks import SoundTrack
    from audio.progress import OnFraction

# Of tests/clips/short.mp3 made quieter step by step, the first words are lost when its loudest second is at −68 dB; at
# −63 dB all are there. Made louder step by step as floats, a word is wrong when .6 % of the samples are clipped.
_QUIET_DB = -58.0  # of the loudest second, below full scale
_FULL_SCALE = 0.003  # of the samples


@dataclass(frozen=True, eq=False)
class MonoTrack:
    """The mono samples of a track, int16 in `file`, without the pauses of its timeline.

    `levels`: of two channels (`levels_of`). `is_silent`: nothing is on the track, not even noise.
    """

    file: IO[bytes]
    n_samples: int
    levels: NDArray[np.float32] | None = None
    notes: tuple[SoundNote, ...] = ()
    is_silent: bool = False
    revision: int = 0  # see `Audio`


@dataclass
class _Passes:
    """The passes over one track."""

    source: Source
    output: Output
    progress: OnFraction
    log: Log = field(default_factory=Log)

    def survey(self) -> Survey | None:
        """Measure all channels; None if there are no samples."""
        surveyor = Surveyor()
        n_frames = self._read(self._raw(as_floats=False), lambda frames: surveyor.add(_rows(frames)))
        return surveyor.survey() if n_frames else None

    def checked(self, track: SoundTrack, survey: Survey) -> tuple[Survey, dict[int, float]]:
        """The survey, of floats that are no numbers another one in which they are silence, and the share of them in
        each channel, counted from 0, that has any. As integers they are at full scale."""
        if not (track.stores_floats and survey.full_scale):
            return survey, {}
        surveyor, missing = Surveyor(), list[Any]()

        def take(frames: NDArray[Any]) -> None:
            numbers = sane(frames)
            missing.append((numbers != frames).sum(axis=0))
            surveyor.add(np.ascontiguousarray(numbers.T.clip(-1.0, 1.0)))

        n_frames = self._read(self._raw(as_floats=True), take)
        totals = np.sum(missing, axis=0) if missing else np.zeros(0)
        if not totals.any():
            return survey, {}
        return surveyor.survey(), {int(each): float(totals[each]) / n_frames for each in np.flatnonzero(totals)}

    def as_ffmpeg_mixes(self, file: IO[bytes]) -> tuple[MonoTrack, Survey | None]:
        """Write ffmpeg's mix of the channels to `file`; measure it, too."""
        surveyor, levels = Surveyor(), list[Any]()

        def take(frames: NDArray[Any]) -> None:
            rows = _rows(frames)
            surveyor.add(rows)
            if len(rows) == 2:
                levels.append(levels_of(rows))
            write(file, _to_mono(frames))

        n_samples = self._read(self.output, take)
        heard = MonoTrack(file, n_samples, np.concatenate(levels, axis=1) if levels else None)
        return heard, surveyor.survey() if n_samples else None

    def hum_hides(self, survey: Survey) -> bool:
        """Whether the recording has the level of a hum or a constant, and what is above that is very quiet."""
        if not survey.is_steady:
            return False
        surveyor, above = Surveyor(), AboveHum()
        self._read(self._raw(as_floats=True), lambda frames: surveyor.add(above.of(sane(frames).mean(axis=1))[None]))
        return surveyor.survey().loudest_second(np.ones(1)) < _QUIET_DB

    def mixed(self, file: IO[bytes], mix: Downmix, *, has_clicks: bool, has_hum: bool) -> Floats:
        """Write the mix of all channels to `file` as floats."""
        floats = Floats(file, mix, has_clicks=has_clicks, above=AboveHum() if has_hum else None)
        floats.n_samples = self._read(self._raw(as_floats=True), floats.take)
        return floats

    def _raw(self, *, as_floats: bool) -> Output:
        return Output(
            self.output.track,
            as_ffmpeg_mixes=False,
            as_floats=as_floats,
            times=self.output.times,
            from_zero=self.output.from_zero,
            with_pictures=self.output.with_pictures,
        )

    def _read(self, output: Output, take: Any) -> int:
        self.log = Log()
        command = decode_command(self.source.path, output, part=self.source.part)
        return read_pcm(self.source, command, take, log=self.log, progress=self.progress)


def read_mono(source: Source, track: SoundTrack, output: Output, *, progress: OnFraction) -> tuple[MonoTrack, Log]:
    """The sound of a track, and ffmpeg's log of it; no samples if it has none. `output` says where times are stated."""
    passes = _Passes(source, output, progress)
    is_plain = takes_channels_as_they_are(track)
    survey = None if is_plain else passes.survey()
    mix, heard = None, None
    missing: dict[int, float] = {}
    has_hum = False
    if survey:
        survey, missing = passes.checked(track, survey)
        mix = mean_of(survey) if missing else needed_downmix(track, survey)
    if mix is None:
        with scratch_file() as file:
            heard, mixed = passes.as_ffmpeg_mixes(file)
        if mixed is None:
            return heard, passes.log
        if survey is None:
            survey, missing = passes.checked(track, mixed)
            mix = mean_of(survey) if missing else needed_downmix(track, survey)
        has_hum = mix is None and passes.hum_hides(mixed)
        if mix is None and not has_hum and _is_ordinary(mixed):
            return heard, passes.log
    assert survey is not None
    cured = _cured(passes, mix, survey=survey, heard=heard, has_hum=has_hum)
    return replace(cured, notes=(*map(_no_numbers, missing, missing.values()), *cured.notes)), passes.log


def _is_ordinary(survey: Survey) -> bool:
    """Whether the level is one that recognition takes as it is."""
    mean = np.full(survey.n_channels, 1 / survey.n_channels)
    return survey.full_scale <= _FULL_SCALE and not survey.has_clicks and survey.loudest_second(mean) >= _QUIET_DB


def _cured(
    passes: _Passes, mix: Downmix | None, *, survey: Survey, heard: MonoTrack | None, has_hum: bool
) -> MonoTrack:
    """The track mixed and levelled; as `heard` in the first pass, if only its level was odd and cannot be helped."""
    with scratch_file() as raw, contextlib.closing(raw):
        floats = passes.mixed(raw, mix or mean_of(survey), has_clicks=survey.has_clicks, has_hum=has_hum)
        notes = list(_notes(mix, floats, survey))
        if heard is not None and (floats.n_samples == 0 or (mix is None and floats.gain == 1.0)):
            return replace(heard, notes=tuple(notes), is_silent=floats.is_silent)
        if heard is not None:
            heard.file.close()
        with scratch_file() as file:
            floats.write_int16(file)
    return MonoTrack(file, floats.n_samples, floats.levels(), tuple(notes), floats.is_silent, REVISION)


def _notes(mix: Downmix | None, floats: Floats, survey: Survey) -> Iterator[SoundNote]:
    if mix is not None and mix.signs is not None:
        for channel, start, end in turned_stretches(mix.signs):
            end = min(end, floats.n_samples / SAMPLE_RATE)
            yield SoundNote(Finding.INVERTED, {"channel": channel + 1, "start": start, "end": round(end, 3)})
    if floats.gain != 1.0:
        decibels = round(20 * math.log10(floats.gain), 1)
        loudness = round(floats.loudness or LEAST_LUFS, 1)
        yield SoundNote(Finding.LEVELLED, {"gain_db": decibels, "loudness": loudness})
    elif survey.full_scale > _FULL_SCALE:
        yield SoundNote(Finding.CLIPPED, {"percent": round(100 * survey.full_scale, 1)})


def _no_numbers(channel: int, share: float) -> SoundNote:
    return SoundNote(Finding.NO_NUMBERS, {"channel": channel + 1, "percent": max(round(100 * share, 1), 0.1)})


def _rows(frames: NDArray[Any]) -> NDArray[np.float32]:
    """Frames of int16, (n, channels), as (channels, n) in [−1, 1)."""
    rows: NDArray[np.float32] = frames.T.astype(np.float32, order="C") / np.float32(SCALE)
    return rows


def _to_mono(frames: NDArray[Any]) -> bytes:
    """The mean of one or two channels as int16."""
    segment = _audio_segment()
    data = frames.tobytes()
    whole = segment(data=data, sample_width=SAMPLE_BYTES, frame_rate=SAMPLE_RATE, channels=frames.shape[1])
    mono: bytes = whole.set_channels(1).raw_data
    return mono


def _audio_segment() -> Any:
    """pydub's class. Its import warns of a missing ffmpeg and of the deprecated audioop: the user can ignore both."""
    if "pydub" not in sys.modules:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importlib.import_module("pydub")
    from pydub import AudioSegment

    return AudioSegment
