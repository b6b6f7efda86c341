"""The GitHub action, the pre-commit hooks and the recipes of docs/checks.md work as documented."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.checked_clip import write_clip
from tests.support.command_line import Run
from tests.support.composite_action import Runner
from tests.support.paths import ROOT
from tests.support.workflow_log import commands_in
from transcribe.cli.main import cli

ACTION = (ROOT / "action.yml").read_text(encoding="utf-8")
CHECKS = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
OPTIONS = {flag for parameter in cli.commands["check"].params for flag in parameter.opts}


def test_action_passes_inputs_as_variables_only() -> None:
    action = yaml.safe_load(ACTION)
    assert set(re.findall(r"inputs\.([\w-]+)", ACTION)) == set(action["inputs"])
    for one in action["runs"]["steps"]:
        assert "${{" not in one.get("run", ""), "inputs reach a shell as variables only"
        assert ("run" in one) == ("shell" in one)
        assert ("run" in one) != ("uses" in one)
    (script,) = [one["run"] for one in action["runs"]["steps"] if one.get("id") == "check"]
    assert {"--junit", "--markdown", "--baseline"} <= set(re.findall(r"--[a-z-]+", script)) <= OPTIONS


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A runner whose `transcribe` recognises what `Telling` says, with a clip in `clips`."""
    code = (
        "from tests.support.checked_clip import Telling\nfrom transcribe.cli.main import main\nmain(stages=Telling())"
    )
    (tmp_path / "work").mkdir()
    write_clip(tmp_path / "work" / "clips")
    return Runner(tmp_path, f"#!/bin/sh\nexec {sys.executable} -W ignore -c '{code}' \"$@\"\n")


@pytest.fixture
def recorder(tmp_path: Path) -> Runner:
    """A runner whose `transcribe` only records its arguments, each ended by NUL, and exits with 1."""
    (tmp_path / "work").mkdir()
    return Runner(tmp_path, '#!/bin/sh\nprintf \'%s\\0\' "$@" > "$RUNNER_TEMP/called"\nexit 1\n')


def arguments(recorder: Runner) -> list[str]:
    """The recorded arguments without those that the action itself always gives."""
    words = (recorder.temp / "called").read_text().split("\0")[:-1]
    before, reports = words[: words.index("--junit")], words[words.index("--junit") :]
    assert before.pop(0) == "check"
    assert reports[0::2] == ["--junit", "--markdown", "--"]
    return [*before, reports[-1]]


EVERY_WAY = r"""
  --model small
# a comment, "not a quote

  --glossary "names of the show.txt" --language 'en'
--host Ann\ Lee \
  --terms=a#b $HOME * `touch pwned` $(touch pwned) ; | > x
'--name=#1' ""
"""
SAME_WORDS = [
    *("--model", "small", "--glossary", "names of the show.txt", "--language", "en", "--host", "Ann Lee"),
    *("--terms=a#b", "$HOME", "*", "`touch", "pwned`", "$(touch", "pwned)", ";", "|", ">", "x", "--name=#1", ""),
]


@pytest.mark.processes
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_line_of_args_counts_and_nothing_is_executed(recorder: Runner, newline: str) -> None:
    recorder.run(args=EVERY_WAY.replace("\n", newline), clips="my clips/$(touch pwned)", baseline="-a `b`.json")
    assert arguments(recorder) == [*SAME_WORDS, "--baseline=-a `b`.json", "my clips/$(touch pwned)"]
    assert not list(recorder.folder.rglob("pwned"))


@pytest.mark.processes
@pytest.mark.parametrize("args", ["", " ", "\n\n", "# --fresh"])
def test_args_without_words_give_none(recorder: Runner, args: str) -> None:
    recorder.run(args=args, clips="--json")
    assert arguments(recorder) == ["--json"], "a folder, after --"


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12), max_size=6))
@settings(max_examples=30)
@pytest.mark.processes
def test_quoted_words_arrive_as_they_are(tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    words = [" ".join(word.splitlines()) for word in words]
    folder = tmp_path_factory.mktemp("runner")
    (folder / "work").mkdir()
    recorder = Runner(folder, '#!/bin/sh\nprintf \'%s\\0\' "$@" > "$RUNNER_TEMP/called"\n')
    recorder.run(args="\n".join(f" {shlex.quote(word)}" for word in words))
    assert arguments(recorder) == [*words, "tests/clips"]


@pytest.mark.processes
def test_an_open_quote_is_refused_with_its_line(recorder: Runner) -> None:
    seen = recorder.run(args="--fresh\n--host 'Ann")
    assert "Error: args: line 2: No closing quotation" in seen.log
    assert seen.outputs == {"exit-code": "2"}
    assert "nothing was checked" in seen.summary
    assert not (recorder.temp / "called").exists()


@pytest.mark.processes
def test_cache_and_reports_are_kept_after_a_failed_gate(recorder: Runner) -> None:
    seen = recorder.run()
    assert seen.outputs == {"exit-code": "1"}
    assert seen.summary == "### Sample clips: nothing was checked; the job's log says why\n"
    assert list(seen.steps.values()) == ["success", "success", "success", "failure", "success", "success"]
    pip = (recorder.temp / "pip").read_text().splitlines()
    assert pip[-1] == f"{ROOT}[check]"
    assert pip[pip.index("--constraint") + 1] == f"{ROOT}/constraints.txt"


@pytest.mark.processes
def test_no_cache_is_saved_of_a_cancelled_run_and_nothing_uploaded_without_a_name(recorder: Runner) -> None:
    seen = recorder.run(cancelled_after="Check the clips", artifact="")
    assert (seen.steps["Save the cache"], seen.steps["Upload the reports"]) == ("skipped", "skipped")
    assert recorder.run(cancelled_after="Install turnscript").steps["Save the cache"] == "skipped"


def test_the_cache_is_saved_where_it_is_restored_from() -> None:
    steps = {one.get("name"): one.get("with", {}) for one in yaml.safe_load(ACTION)["runs"]["steps"]}
    restored = dict(steps["Restore the cache"])
    assert restored["key"].startswith(restored.pop("restore-keys"))
    assert restored == steps["Save the cache"]


@pytest.mark.processes
def test_step_writes_output_summary_and_reports(runner: Runner) -> None:
    seen = runner.run(clips="clips")
    assert "::" not in seen.log
    assert seen.outputs == {"exit-code": "0"}
    assert "### Sample clips: 1 clip passed" in seen.summary
    assert set(seen.steps.values()) == {"success"}
    assert sorted(one.name for one in (runner.temp / "turnscript-reports").iterdir()) == ["junit.xml", "summary.md"]


@pytest.mark.processes
def test_step_fails_with_the_exit_code_of_the_check_and_annotates(runner: Runner) -> None:
    reference = runner.work / "clips" / "garden.ref.txt"
    reference.write_text(reference.read_text().replace("roses", "tulips and a very long row of other flowers"))
    seen = runner.run(clips="clips", args="--normaliser\nbasic")
    (annotation,) = [one for one in commands_in(seen.log) if one.properties["title"] == "garden"]
    assert (annotation.name, annotation.properties["file"]) == ("error", "clips/garden.ref.txt")
    assert annotation.data.startswith("wer: ")
    assert seen.outputs == {"exit-code": "1"}
    assert "### Sample clips: 1 clip failed" in seen.summary


@pytest.mark.processes
def test_second_use_in_a_job_does_not_show_the_first_summary(runner: Runner) -> None:
    runner.run(clips="clips")
    seen = runner.run(clips="clips", baseline="gone.json")
    assert "Error: gone.json: cannot be read" in seen.log
    assert seen.outputs == {"exit-code": "2"}
    assert seen.summary == "### Sample clips: nothing was checked; the job's log says why\n"


@pytest.mark.processes
def test_names_of_files_give_no_commands(runner: Runner) -> None:
    """A clip may be called like a command, for GitHub's older syntax as well, and tell the words of another."""
    for number, name in enumerate(["::stop-commands::x", "a ##[set-output name=exit-code]0", "b\n::add-mask::e"]):
        write_clip(runner.work / "clips", name, hertz=200.0 + 50 * number)
        (runner.work / "clips" / f"{name}.ref.txt").write_text("Ada: ::set-output name=exit-code::0\n")
    seen = runner.run(clips="clips", args="--verbose --normaliser none")
    assert {one.name for one in commands_in(seen.log)} == {"error"}
    assert seen.outputs == {"exit-code": "1"}
    assert "stop-commands" in seen.log


def test_hooks_call_existing_commands_and_options() -> None:
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")):
        program, command, *options = hook["entry"].split()
        assert program == "transcribe"
        assert set(options) <= {flag for parameter in cli.commands[command].params for flag in parameter.opts}


def documented(text: str) -> Iterator[tuple[str, list[str]]]:
    for line in re.findall(r"\btranscribe ((?:check|clip|score|lint)(?: [^\n`#]+)?)", text):
        name, *words = line.split()
        yield name, [word for word in words if word.startswith("-")]


def test_every_command_on_the_page_exists() -> None:
    commands = list(documented("\n".join(re.findall(r"^```(?:yaml|make)?\n(.*?)^```", CHECKS, re.M | re.S))))
    assert {name for name, _ in commands} >= {"check", "clip", "lint"}
    for name, flags in commands:
        known = {flag for parameter in cli.commands[name].params for flag in parameter.opts}
        assert set(flags) <= known, name


def test_every_recipe_is_yaml_and_uses_existing_inputs_and_hooks() -> None:
    recipes = [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", CHECKS, re.M | re.S)]
    inputs = yaml.safe_load(ACTION)["inputs"]
    steps = [one for recipe in recipes for job in recipe.get("jobs", {}).values() for one in job["steps"]]
    ours = [one for one in steps if "turnscript@" in one.get("uses", "")]
    assert ours
    assert all(set(one.get("with", {})) <= set(inputs) for one in ours)
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    named = {hook["id"] for recipe in recipes for repo in recipe.get("repos", ()) for hook in repo["hooks"]}
    assert named
    assert named <= hooks


SITE = ROOT / "docs" / "example-site"
RECIPES = (".github/workflows/transcripts.yml", ".gitlab-ci.yml", ".pre-commit-config.yaml")


@pytest.mark.parametrize("name", RECIPES)
def test_the_page_shows_the_recipes_of_the_example(name: str) -> None:
    recipe = (SITE / name).read_text(encoding="utf-8")
    assert f"```yaml\n{recipe}```\n" in CHECKS
    assert yaml.safe_load(recipe)
    for command, flags in documented(recipe):
        assert set(flags) <= {flag for parameter in cli.commands[command].params for flag in parameter.opts}


def test_every_action_is_pinned_by_commit_and_everywhere_to_the_same() -> None:
    pins = dict[str, set[str]]()
    for text in (ACTION, CHECKS, (SITE / RECIPES[0]).read_text(encoding="utf-8")):
        for name, pin in re.findall(r"uses: (?!OWNER)([\w-]+/[\w-]+)[\w/-]*@(.+)", text):
            assert re.fullmatch(r"[0-9a-f]{40} # v\d+\.\d+\.\d+", pin), name
            pins.setdefault(name, set()).add(pin)
    assert set(pins) == {f"actions/{name}" for name in ("cache", "checkout", "setup-python", "upload-artifact")}
    assert all(len(found) == 1 for found in pins.values())


def test_the_workflow_has_the_least_permissions() -> None:
    workflow = yaml.safe_load((SITE / RECIPES[0]).read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    steps = [one for job in workflow["jobs"].values() for one in job["steps"]]
    checkouts = [one for one in steps if one.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == len(workflow["jobs"])
    assert all(one["with"]["persist-credentials"] is False for one in checkouts)
    assert not [one["run"] for one in steps if "${{" in one.get("run", "")]


def test_the_example_is_small_and_its_drafts_are_clean(run: Run) -> None:
    drafts = sorted(map(str, (SITE / "posts").glob("*.md")))
    assert drafts
    assert run("lint", *drafts) == (0, "", "")
    assert sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file()) < 300_000


@pytest.mark.models
@pytest.mark.processes
def test_the_action_checks_the_example(tmp_path: Path, speaker_models: None) -> None:
    """The real thing: real weights, the steps and inputs of the example's workflow, in a copy of the example."""
    shutil.copytree(SITE, tmp_path / "work")
    runner = Runner(tmp_path, f'#!/bin/sh\nexec {sys.executable} -W ignore -m transcribe.cli.main "$@"\n')
    workflow = yaml.safe_load((SITE / RECIPES[0]).read_text(encoding="utf-8"))
    (ours,) = [one for one in workflow["jobs"]["clips"]["steps"] if one["uses"].startswith("OWNER/")]
    seen = runner.run(**ours["with"])
    assert seen.outputs == {"exit-code": "0"}, seen.log
    assert "### Sample clips: 1 clip passed" in seen.summary
    assert {one.name for one in commands_in(seen.log)} <= {"notice"}
