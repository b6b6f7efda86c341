"""The samples of an episode: its file's, or the joined speech of its tracks; checked against its fingerprint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audio.decoding.decode import decode
from audio.errors import SourceError
from transcribe.tracks.recording import open_tracks

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.episode import Episode
    from audio.fingerprint import Fingerprint
    from audio.progress import OnFraction
    from transcribe.tracks.layout import Layout


def open_sound(
    episode: Episode, fingerprint: Fingerprint, progress: OnFraction, *, known: Layout | None = None
) -> tuple[Audio, Layout | None]:
    """The decoded samples, and of several tracks their layout, which may be `known`. Raises `AudioError`; also if a
    file is not the one with this fingerprint any more."""
    if episode.tracks:
        recording = open_tracks(episode.tracks, known=known, progress=progress)
        audio, layout = recording.speech, recording.layout
    else:
        audio, layout = decode(episode.files[0], progress=progress), None
    about = ", ".join(map(str, episode.files))
    try:
        if fingerprint.matches_episode(episode):
            return audio, layout
    except OSError as error:
        audio.close()
        message = f"disappeared while it was read ({error.strerror}); run again"
        raise SourceError(message, about=about) from error
    audio.close()
    raise SourceError("was replaced while it was read; run again to transcribe the new file", about=about)
