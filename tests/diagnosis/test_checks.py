"""Each check finds the fault planted for it, says what to do, and stays silent about a sound machine."""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import imageio_ffmpeg
import pytest

from audio.disk import CacheKind, cache_folder
from audio.program import installing
from tests.support.paths import ROOT
from transcribe.cli.options import CHOICES
from transcribe.diagnosis.checks import CHECKS, diagnose
from transcribe.diagnosis.finding import Finding, Level, Surroundings
from transcribe.diagnosis.folders import check_cache, check_data, check_space
from transcribe.diagnosis.installation import EXTRAS, check_extras, check_ffmpeg, check_settings
from transcribe.diagnosis.machine import check_gpu, check_machine, check_processes
from transcribe.diagnosis.networks import check_networks
from transcribe.diagnosis.trials import try_engines, try_speaker_networks
from transcribe.diagnosis.weights import check_models, missing_models
from transcribe.diarization.networks import SpeakerModel
from transcribe.errors import ModelError
from transcribe.settings import Settings

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such owners and modes")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    """An empty folder, an empty cache, no network."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return Surroundings(tmp_path, {}, Settings(), CHOICES, offline=True)


def levels(findings: Iterator[Finding]) -> dict[str, Level]:
    return {finding.subject: finding.level for finding in findings}


def wrong(findings: Iterator[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level is Level.WRONG]


def test_what_is_wrong_needs_a_next_step() -> None:
    assert Finding(Level.NOTE, "a", "b").next_step == ""
    with pytest.raises(ValueError, match="next step"):
        Finding(Level.WRONG, "a", "b")


def test_nothing_is_wrong_on_a_sound_machine_without_models(here: Surroundings) -> None:
    checks = {name: check for name, check in CHECKS.items() if name != "ffmpeg"}
    findings = list(diagnose(here, checks))
    assert wrong(iter(findings)) == []
    found = levels(iter(findings))
    assert found["trial"] is found["trial speakers"] is Level.NOTE
    assert not (here.folder / "cache").exists()
    assert not (here.folder / "data").exists()


@pytest.mark.parametrize(
    ("error", "step"),
    [(ModelError("x: is damaged; get it again"), "do what the message says"), (ZeroDivisionError("y"), "report it")],
)
def test_the_defect_of_a_check_costs_that_check(here: Surroundings, error: Exception, step: str) -> None:
    def fails(_: Surroundings) -> Iterator[Finding]:
        yield Finding(Level.OK, "before", "is kept")
        raise error

    def works(_: Surroundings) -> Iterator[Finding]:
        yield Finding(Level.OK, "after", "is reached")

    before, defect, after = diagnose(here, {"broken": fails, "sound": works})
    assert (before.subject, defect.subject, after.subject) == ("before", "broken", "after")
    assert defect.level is Level.WRONG
    assert str(error) in defect.message
    assert step in defect.next_step


def test_what_several_checks_stumble_over_is_told_once_and_what_the_machine_lacks_is_no_defect(
    here: Surroundings,
) -> None:
    def lacking(error: Exception) -> Callable[[Surroundings], Iterator[Finding]]:
        def check(_: Surroundings) -> Iterator[Finding]:
            raise error
            yield

        return check

    same = ModelError("no home folder is known; set HOME")
    checks = {"a": lacking(same), "b": lacking(same), "c": lacking(OSError(28, "No space left on device"))}
    checks["d"] = lacking(ImportError("libx.so: failed to map segment from shared object"))
    findings = list(diagnose(here, checks))
    assert [finding.subject for finding in findings] == ["a", "c", "d"]
    assert "make room" in findings[1].next_step
    assert "too little memory" in findings[2].next_step


class TestFfmpeg:
    @pytest.fixture
    def path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """The only folder of the PATH; the wheel with ffmpeg is hidden."""
        (tmp_path / "bin").mkdir()
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
        return tmp_path / "bin"

    @pytest.mark.usefixtures("path")
    def test_none(self, here: Surroundings) -> None:
        (finding,) = wrong(check_ffmpeg(here))
        assert "not installed" in finding.message
        assert "imageio-ffmpeg" in finding.next_step

    @posix
    @pytest.mark.parametrize(("script", "said"), [("#!/bin/sh\nexit 3\n", "exit code 3"), ("\0\0", "does not run")])
    def test_one_that_does_not_run(self, here: Surroundings, path: Path, script: str, said: str) -> None:
        (path / "ffmpeg").write_text(script)
        (path / "ffmpeg").chmod(0o755)
        (finding,) = wrong(check_ffmpeg(here))
        assert said in finding.message
        assert str(path / "ffmpeg") in finding.message

    @posix
    def test_one_that_runs(self, here: Surroundings, path: Path) -> None:
        (path / "ffmpeg").write_text("#!/bin/sh\necho ffmpeg version 9\n")
        (path / "ffmpeg").chmod(0o755)
        (finding,) = check_ffmpeg(here)
        assert finding == Finding(Level.OK, "ffmpeg", f"{path / 'ffmpeg'}: ffmpeg version 9")

    OLD = "#!/bin/sh\n[ $# = 1 ] || exit 1\necho ffmpeg version 5.1.9-0+deb12u1\n"

    @posix
    def test_an_old_one_alone(self, here: Surroundings, path: Path) -> None:
        (path / "ffmpeg").write_text(self.OLD)
        (path / "ffmpeg").chmod(0o755)
        (finding,) = check_ffmpeg(here)
        assert finding.level is Level.NOTE
        assert "ffmpeg version 5.1.9-0+deb12u1; it does not say" in finding.message
        assert "ffmpeg 6" in str(finding.next_step)

    @posix
    def test_an_old_one_beside_the_bundled_one(
        self, here: Surroundings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "ffmpeg").write_text(self.OLD)
        (tmp_path / "ffmpeg").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        (finding,) = check_ffmpeg(here)
        assert finding.level is Level.OK
        assert finding.message.startswith(f"{imageio_ffmpeg.get_ffmpeg_exe()}: ffmpeg version ")
        assert finding.message.endswith(f"; not {tmp_path / 'ffmpeg'}, which does not run or is older than 6")


Folder = tuple[str, Callable[[Surroundings], Iterator[Finding]]]


@posix
class TestFolders:
    @pytest.mark.parametrize(("name", "check"), [("cache", check_cache), ("data", check_data)])
    def test_others_may_write_to_it(
        self, here: Surroundings, name: str, check: Callable[[Surroundings], Iterator[Finding]]
    ) -> None:
        folder = here.folder / name / "turnscript"
        folder.mkdir(parents=True)
        assert levels(check(here)) == {name: Level.OK}
        folder.chmod(0o777)
        (finding,) = wrong(check(here))
        assert "everybody may write to it" in finding.message
        assert str(folder) in finding.message

    @pytest.mark.parametrize("kind", CacheKind)
    def test_a_folder_in_the_cache_counts(self, here: Surroundings, kind: CacheKind) -> None:
        folder = cache_folder() / kind
        folder.mkdir(parents=True)
        folder.chmod(0o777)
        (finding,) = wrong(check_cache(here))
        assert str(folder) in finding.message

    @pytest.mark.skipif(not Path("/proc/self").exists(), reason="no folder that not even root may write to")
    def test_it_cannot_be_written_to(self, here: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", "/proc")
        monkeypatch.setenv("XDG_DATA_HOME", "/proc")
        (finding,) = check_cache(here)
        # where the models are elsewhere, a run only keeps no results
        assert finding.level is (Level.WRONG if missing_models(here) else Level.NOTE)
        assert "cannot be written to" in finding.message
        assert levels(check_data(here)) == {"data": Level.NOTE}  # runs only read it

    @pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
    def test_a_read_only_cache(self, here: Surroundings) -> None:
        folder = here.folder / "cache" / "turnscript"
        folder.mkdir(parents=True)
        folder.chmod(0o500)
        (finding,) = check_cache(here)
        assert "cannot be written to" in finding.message

    def test_its_size_is_that_of_its_files(self, here: Surroundings) -> None:
        folder = cache_folder(CacheKind.STAGES)
        folder.mkdir(parents=True)
        (folder / "a").write_bytes(bytes(7000))
        (folder / "b").symlink_to("/proc/kcore")
        (finding,) = check_cache(here)
        assert "7.0 kB" in finding.message

    def test_space(self, here: Surroundings) -> None:
        (finding,) = check_space(here)
        assert finding.message.count(" free for ") == 3


class TestWeights:
    def put(self, content: bytes) -> Path:
        """The speaker models in the cache, recorded with their right hashes."""
        folder = cache_folder(CacheKind.MODELS) / "speakers"
        folder.mkdir(parents=True)
        record = {}
        for model in SpeakerModel:
            path = folder / model.file_name
            path.write_bytes(content)
            record[path.name] = {"bytes": len(content), "mtime_ns": path.stat().st_mtime_ns, "sha256": model.sha256}
        (folder / "turnscript.json").write_text(json.dumps({"files": record}))
        return folder

    def test_a_wrong_hash(self, here: Surroundings) -> None:
        folder = self.put(bytes(1000))
        before = sorted((path.name, path.read_bytes()) for path in folder.iterdir())
        (finding,) = wrong(check_models(here))
        assert finding.subject == "model speakers"
        assert f"{folder / 'embedding.pt'} is damaged" in finding.message
        assert "transcribe models get speakers" in finding.next_step
        assert sorted((path.name, path.read_bytes()) for path in folder.iterdir()) == before  # nothing is repaired

    @pytest.mark.parametrize("record", [b"", b"[]", b'{"files": 3}', b'{"files": {"a": {}}}', b"[" * 100_000, None])
    def test_a_damaged_record(self, here: Surroundings, record: bytes | None) -> None:
        folder = self.put(bytes(1000))
        (folder / "turnscript.json").unlink()
        if record is not None:
            (folder / "turnscript.json").write_bytes(record)
        (finding,) = wrong(check_models(here))
        assert "the record of the files' hashes" in finding.message

    def test_a_file_that_is_missing(self, here: Surroundings) -> None:
        folder = self.put(bytes(1000))
        (folder / "embedding.pt").unlink()
        (finding,) = wrong(check_models(here))
        assert "is missing" in finding.message

    def test_a_hub_model_is_held_to_its_record(self, here: Surroundings) -> None:
        folder = cache_folder(CacheKind.MODELS) / "small"
        folder.mkdir(parents=True)
        entry = {"bytes": 1, "mtime_ns": 1, "sha256": "0" * 64}
        files = {"model.bin": entry, "config.json": entry, "tokenizer.json": entry}
        for name in files:
            (folder / name).write_bytes(b"x")
        (folder / "turnscript.json").write_text(json.dumps({"files": files}))
        assert [finding.subject for finding in wrong(check_models(here))] == ["model small"]


def test_offline_nothing_is_asked(here: Surroundings) -> None:
    assert levels(check_networks(here)) == {"network": Level.OK}


class TestExtras:
    def test_every_extra_is_explained(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        assert set(EXTRAS) == set(project["optional-dependencies"]) - {"dev"}

    @pytest.mark.parametrize("name", EXTRAS)
    def test_an_extra_is_there_if_all_that_it_brings_is(self, name: str) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        named_otherwise = {"whisper": "openai_whisper"}
        brought = {re.split(r"[^\w-]", one)[0].replace("-", "_") for one in project["optional-dependencies"][name]}
        assert {named_otherwise.get(module, module) for module in EXTRAS[name].modules} == brought

    @pytest.mark.parametrize("module", ["starlette", "whisper_normalizer"])
    def test_a_missing_one(self, here: Surroundings, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
        monkeypatch.setitem(sys.modules, module, None)
        name = next(name for name, extra in EXTRAS.items() if any(each.startswith(module) for each in extra.modules))
        (finding,) = [finding for finding in check_extras(here) if finding.subject == f"extra {name}"]
        assert finding.level is Level.NOTE
        assert installing(name) in finding.next_step


class TestSettings:
    def test_where_they_come_from(self, here: Surroundings) -> None:
        (here.folder / "transcribe.toml").write_text('model = "small"\nbeam-size = 2\n')
        environ = {"TRANSCRIBE_BEAM_SIZE": "3"}
        (finding,) = check_settings(Surroundings(here.folder, environ, Settings(), CHOICES))
        assert finding.level is Level.OK
        assert str(here.folder / "transcribe.toml") in finding.message
        assert "model = 'small'" in finding.message
        assert "beam-size = 3 (environment)" in finding.message

    def test_a_wrong_one(self, here: Surroundings) -> None:
        (here.folder / "transcribe.toml").write_text('engine = "steam"\n')
        (finding,) = wrong(check_settings(here))
        assert "steam" in finding.message


def test_cuda_without_a_gpu(here: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    assert levels(check_gpu(here)) == {"GPU": Level.OK}
    (finding,) = wrong(check_gpu(Surroundings(here.folder, {}, Settings(device="cuda"), CHOICES)))
    assert "--device cpu" in finding.next_step


def test_the_machine(here: Surroundings) -> None:
    assert levels(check_machine(here))["cores"] is Level.OK


def test_semaphores(here: Surroundings) -> None:
    assert levels(check_processes(here)) == {"semaphores": Level.OK}


@pytest.mark.usefixtures("base_files", "speaker_models")
def test_real_models_are_tried(tmp_path: Path) -> None:
    surroundings = Surroundings(tmp_path, {}, Settings(), CHOICES, offline=True)
    findings = [*check_models(surroundings), *try_engines(surroundings), *try_speaker_networks(surroundings)]
    assert wrong(iter(findings)) == []
    found = levels(iter(findings))
    for subject in ("model base", "model speakers", "trial ffmpeg", "trial ctranslate2", "trial speakers"):
        assert found[subject] is Level.OK
