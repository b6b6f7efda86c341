"""Which recordings browsers play themselves, and which have a picture."""

from __future__ import annotations

from pathlib import Path

from audio.decoding.tracks import has_moving_picture, sound_tracks
from audio.media import HEAD_BYTES, audio_suffix
from audio.structure.parts import structure_of
from audio.trust import open_regular

_WAV = frozenset({"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_f32le"})
_MP4 = frozenset({"aac", "mp3", "flac", "opus"})
_PLAYED = {  # codecs that today's Chromium, Firefox and Safari play, by the kind of file
    **dict.fromkeys((".m4a", ".m4b", ".mp4"), _MP4),
    ".aac": frozenset({"aac"}),
    ".flac": frozenset({"flac"}),
    ".mka": frozenset({"opus", "vorbis"}),  # WebM's; others of Matroska are not
    ".mp3": frozenset({"mp3"}),
    ".ogg": frozenset({"flac", "opus", "vorbis"}),
    ".wav": _WAV,
}
_WITH_PICTURES = frozenset({".mka", ".mov", ".mp4"})  # also Matroska and WebM
_MOST_CHANNELS = 2  # with more, or several tracks, browsers leave out some


def plays_in_browsers(path: Path) -> bool:
    """Whether a browser plays all of the sound of a file. Raises `OSError`, `DecodeError` without an ffmpeg."""
    with open_regular(path) as file:
        codecs = _PLAYED.get(audio_suffix(file.read(HEAD_BYTES)), frozenset())
    if not codecs or len(structure_of(path).parts) > 1:
        return False
    tracks = sound_tracks(path)
    return len(tracks) == 1 and tracks[0].codec in codecs and tracks[0].channels <= _MOST_CHANNELS


def has_picture_for_browsers(path: Path) -> bool:
    """Whether a file is a video of a kind that browsers play; some do not know its pictures' codec.

    Raises as `plays_in_browsers`.
    """
    with open_regular(path) as file:
        return audio_suffix(file.read(HEAD_BYTES)) in _WITH_PICTURES and has_moving_picture(path)
