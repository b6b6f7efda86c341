// The page: what its parts are, what they say to each other, and what each key does.

import { Conflicts } from "./conflicts.js";
import { Copying } from "./copying.js";
import { ask } from "./dialogs.js";
import { Doubts } from "./doubts.js";
import { Keys, nameOf } from "./keys.js";
import { LeftOut } from "./left_out.js";
import { Model } from "./model.js";
import { Names } from "./names.js";
import { Notices } from "./notices.js";
import { Opening } from "./opening.js";
import { Panels } from "./panels.js";
import { Picture } from "./picture.js";
import { Playback } from "./playback.js";
import { Player } from "./player.js";
import { Resumption } from "./resumption.js";
import { Saver } from "./saver.js";
import { Search } from "./search.js";
import { Refusal, draft, get } from "./server.js";
import { Sound } from "./sound.js";
import { SpeakerMenu } from "./speaker_menu.js";
import { Typing } from "./typing.js";
import { Unsaved, extent } from "./unsaved.js";
import { Versions } from "./versions.js";
import { View, clock, element } from "./view.js";

const $ = id => document.getElementById(id);
const text = $("text"), audio = $("picture");
const keys = new Keys($("keys")), model = new Model(), view = new View(text, model), player = new Player(audio, model), names = new Names(model);
const playback = new Playback({ player, view }), resumption = new Resumption(draft(), { audio, view }), unsaved = new Unsaved(draft());
const notices = new Notices($("notices")), sound = new Sound(audio, { notices, onready: isPlayable => { playback.isPlayable = isPlayable; } });
new Picture(audio, { button: $("show-picture"), sound, notices });
const conflicts = new Conflicts({ model, view, resolved: conflict => saver.resolved(conflict) });
const saver = new Saver(model, { unsaved, status: setStatus, reload, showConflicts: found => conflicts.show(found), showRefusal, showServerState });
const doubts = new Doubts({ model, view, player, names, keys, announce, reveal, rename: speaker => menu.renameEverywhere(speaker) }), search = new Search({ model, view, announce, undo: () => undoOrRedo("undo") });
const lost = new LeftOut({ model, view, player, announce, reveal }), versions = new Versions({ model, announce });
const opening = new Opening({ model, notices, announce });
const panels = new Panels({ doubts, lost, search, versions }, { view });
const copying = new Copying({ model, view, names, announce }), menu = new SpeakerMenu({ model, view, player, names, copying, announce });
const typing = new Typing({ text, model, view, step: undoOrRedo });

function announce(message) { $("says").textContent = message; }

function setStatus(message, kind = "") {
  if (kind === "bad" && $("status").textContent !== message) announce(message); // that all is saved is not said aloud
  $("status").textContent = message;
  $("status").dataset.kind = kind;
}

function showRefusal(message) {
  announce(message);
  setStatus(`Not saved: ${message}`, "bad");
}

// ── Loading ────────────────────────────────────────────────────────────────────────────────────────────────────────

function show(state) {
  names.people = state.people;
  playback.duration = (state.duration ?? 0) * 1000;
  document.documentElement.lang = state.language || "en";
  opening.show(state);
  $("file").textContent = state.file;
  if (state.sound) showServerState(state);
}

/** Show a problem the server reports, and play what it offers. */
function showServerState({ trouble, sound: offered }) {
  if (trouble) notices.show("server", trouble);
  else notices.hide("server");
  sound.show(offered);
}

/** Show the file; `isOwn`: what changed is an edit of this page. Returns whether it is shown: not while it is edited. */
async function reload({ isOwn = false } = {}) {
  if (typing.isComposing) return false; // the saver tries again
  const { version } = model, state = await get("/api/draft");
  if (model.version !== version || typing.isComposing) return false; // edited meanwhile: save that first
  const selection = view.selection(), top = scrollY;
  show(state);
  model.adopt(state.turns, { isOwn });
  doubts.set(state.doubts);
  lost.set(state.lost);
  saver.markSaved(state.revision);
  if (selection) view.reselect(selection);
  scrollTo({ top, behavior: "instant" });
  return true;
}

/** Show the text, which can be edited at once; and then the rest, which takes a moment. */
async function open() {
  const state = await get("/api/text");
  show(state);
  model.load(state);
  saver.markSaved(state.revision);
  setStatus("Loading the times …");
  resumption.resume();
  await showTimes(state.revision);
  if (!saver.isDirty) setStatus("Saved");
  resumption.start();
  saver.start();
  unsaved.offer(offer);
}

async function showTimes(revision) {
  const state = await get("/api/draft?waits"); // for what was edited just before
  if (state.revision !== revision) { // saved meanwhile
    while (!await reload()) await new Promise(done => setTimeout(done, 500));
    return;
  }
  show(state);
  model.setTimes(state.turns);
  doubts.set(state.doubts);
  lost.set(state.lost);
}

/** Offer edits that a closed tab could not save. */
function offer(edit) {
  const count = extent({ ...edit, base: model.payload() }), drop = () => { unsaved.forget(edit.name); notices.hide(edit.name); };
  if (!count) return drop();
  const when = new Date(edit.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }), changed = extent(edit);
  const take = async () => { if (await saver.takeOver(edit)) drop(); else notices.hide(edit.name) ?? offer(edit); };
  return notices.show(edit.name, `Edits of ${when} (${changed === 1 ? "1 paragraph" : `${changed} paragraphs`}) were not saved before the page was closed.`,
    [["Take them over", take], ["Discard them", drop]]);
}

model.changed = () => {
  view.render();
  conflicts.place();
  panels.refresh();
  saver.saveSoon();
  const filter = $("filter"), speakers = ["", ...model.speakers];
  if (speakers.join("\n") !== [...filter.options].map(option => option.value).join("\n")) {
    const chosen = filter.value;
    filter.replaceChildren(...speakers.map(name => element("option", { value: name, textContent: name || "all" })));
    filter.value = speakers.includes(chosen) ? chosen : "";
    if (filter.value !== model.filter) return setFilter(filter.value);
  }
  return view.filter();
};

/** Show the turns of one speaker, or of all (""). */
function setFilter(speaker) {
  model.filter = $("filter").value = speaker;
  notices.hide("hidden");
  view.filter();
  panels.refresh();
}

/** Show all turns if a place is in a hidden one. */
function reveal(...places) {
  if (places.some(place => model.turns[place.turn] && model.isHidden(place.turn))) setFilter("");
}

model.refused = () => notices.tell("hidden", `Nothing was changed: this edit would reach turns that are hidden, since only those of ${names.full(model.filter)} are shown.`,
  [["Show all turns", () => setFilter("")]]);

// ── Commands ───────────────────────────────────────────────────────────────────────────────────────────────────────

function undoOrRedo(direction) {
  const before = new Set(model.turns), inText = text.contains(document.activeElement), place = model[direction]();
  if (model.turns.some((turn, i) => model.isHidden(i) && !before.has(turn))) setFilter("");
  if (place?.turn !== undefined) (inText ? view.select(place) : view.show(place, place));
  announce(place ? (direction === "undo" ? "Undone" : "Redone") : `Nothing to ${direction}`);
}

/** Go to a typed time, such as 1:02:03, 75 or 1:15. */
async function goTo() {
  const typed = await ask("Go to a time", "", "Time, such as 1:02:03");
  const seconds = /^\d+(:\d+){0,2}$/.test(typed ?? "") ? typed.split(":").reduce((sum, part) => 60 * sum + Number(part), 0) : null;
  if (seconds === null) return typed && announce(`${typed} is no time`);
  playback.moveTo(seconds);
  const places = player.placesAt(1000 * seconds);
  return places && view.select(places[0]);
}

function insertTime() {
  const selection = view.selection();
  if (selection) typing.replace(selection.to, selection.to, [`[${clock(player.now)}] `]);
}

const COMMANDS = {
  play: () => player.toggle(), back: () => player.skip(-3), forward: () => player.skip(3),
  slower: () => player.faster(-1), faster: () => player.faster(1), repeat: () => player.toggleLoop(),
  doubt: () => doubts.step(1), doubtBefore: () => doubts.step(-1), accept: () => doubts.accept(), take: () => doubts.take(), correct: () => doubts.correct(),
  playHere: () => playback.playHere(), goTo, insertTime, speaker: () => menu.openAtCaret(),
  copy: () => copying.copy(false), copyMarkdown: () => copying.copy(true),
  search: () => panels.open("search"), found: () => panels.stepSearch(1), foundBefore: () => panels.stepSearch(-1),
  move: () => (text.contains(document.activeElement) ? $("play") : text).focus(), help: () => $("help").showModal(),
};
const FIXED = {
  "ctrl z": () => undoOrRedo("undo"), "ctrl y": () => undoOrRedo("redo"), "ctrl shift z": () => undoOrRedo("redo"), "ctrl s": () => saver.now(),
};
const FIXED_IN_TEXT = { // the browser's own do not scroll to turns it has not laid out
  "ctrl Home": () => view.select({ turn: 0, para: 0, offset: 0 }), "ctrl End": () => view.select(view.end(model.turns.length - 1)),
};

addEventListener("keydown", event => {
  if (document.querySelector("dialog[open]") || event.isComposing || event.getModifierState("AltGraph")) return;
  const inText = text.contains(document.activeElement), isField = event.target.matches?.("input:not([type=range], [type=checkbox]), select, textarea");
  const name = nameOf(event), command = keys.commandOf(event);
  let action = isField && name === "ctrl z" ? null : COMMANDS[command] ?? FIXED[name] ?? (inText ? FIXED_IN_TEXT[name] : null);
  if (name === "Escape" && panels.isOpen && !inText) action = () => panels.close();
  if (name === "Tab" && inText && keys.tabPlays) action = COMMANDS.play;
  if (event.key === "?" && !inText && !isField) action = COMMANDS.help;
  if (!action) return;
  event.preventDefault();
  action();
});

text.addEventListener("click", event => {
  const button = event.target.closest("button.name");
  if (button) return menu.open(view.indexOf(button), button);
  if (event.target.closest(".who, .conflict") || event.altKey || event.shiftKey || event.ctrlKey || event.metaKey) return undefined;
  if (!view.selection()?.isCaret || event.detail > 1 || !playback.isPlayable || !$("click-plays").checked) return undefined;
  playback.follow(true);
  return playback.playHere();
});

$("clock").onclick = goTo;
audio.onclick = () => player.toggle();
$("filter").onchange = () => setFilter($("filter").value);
$("show-help").onclick = () => COMMANDS.help();

// ── Settings, the room for the text, leaving ───────────────────────────────────────────────────────────────────────

$("key-set").value = keys.set;
$("key-set").onchange = () => { keys.set = $("key-set").value; };
$("tab-plays").checked = keys.tabPlays;
$("tab-plays").onchange = () => { keys.tabPlays = $("tab-plays").checked; };
$("click-plays").checked = localStorage.getItem("click plays") !== "no";
$("click-plays").onchange = () => localStorage.setItem("click plays", $("click-plays").checked ? "yes" : "no");

/** Tell the style how much of the window the player, the panel below the text, and the line at the top take. */
function measure() {
  const { style } = document.documentElement, sheet = $("panel").hidden || !matchMedia("(max-width: 819.98px)").matches ? 0 : $("panel").offsetHeight;
  for (const [name, height] of [["bar", $("bar").offsetHeight], ["sheet", sheet], ["head", view.room().top]]) style.setProperty(`--${name}`, `${height}px`);
}
const measured = new ResizeObserver(measure);
for (const node of [$("bar"), $("panel"), document.querySelector("header")]) measured.observe(node);

addEventListener("beforeunload", event => { if (saver.isDirty) event.preventDefault(); });

try {
  await open();
} catch (error) {
  setStatus(error instanceof Refusal ? error.message : "No connection to the editor's server.", "bad");
}
