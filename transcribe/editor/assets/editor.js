// The page: applies input from keyboard, mouse and server to the model, and shows the model's changes.

import { Keys, nameOf } from "./keys.js";
import { Model } from "./model.js";
import { Notices } from "./notices.js";
import { Panels } from "./panels.js";
import { Player } from "./player.js";
import { Saver } from "./saver.js";
import { Refusal, get } from "./server.js";
import { Sound } from "./sound.js";
import { View, clock, element } from "./view.js";

const $ = id => document.getElementById(id);
const text = $("text"), audio = new Audio();
audio.preload = "metadata";
const model = new Model(), view = new View(text, model), player = new Player(audio, model);
const notices = new Notices($("notices")), sound = new Sound(audio, { notices, onready: setPlayable });
const saver = new Saver(model, { status: setStatus, reload, showConflicts, showRefusal, showServerState });
const panels = new Panels({ model, view, player, announce, reveal, undo: () => undoOrRedo("undo") });
let people = [], isFollowing = true, playing = null, duration = 0, composing = null, conflicts = [];

function announce(message) { $("says").textContent = message; }

function setStatus(message, kind = "") {
  if (kind === "bad" && $("status").textContent !== message) announce(message); // that all is saved is not said aloud
  $("status").textContent = message;
  $("status").dataset.kind = kind;
}

// ── Loading ────────────────────────────────────────────────────────────────────────────────────────────────────────

function show(state) {
  people = state.people;
  duration = (state.duration ?? 0) * 1000;
  document.title = `${state.title} – transcript`;
  document.documentElement.lang = state.language || "en";
  $("title").textContent = state.title;
  $("file").textContent = state.file;
  showServerState(state);
  panels.setDoubts(state.doubts);
}

/** Show a problem the server reports, and play what it offers. */
function showServerState({ trouble, sound: offered }) {
  if (trouble) notices.show("server", trouble);
  else notices.hide("server");
  sound.show(offered);
}

async function reload({ keepPlace = true } = {}) {
  if (composing) return; // the saver tries again
  const { version } = model, state = await get("/api/draft");
  if (keepPlace && (model.version !== version || composing)) return; // edited meanwhile: save that first
  const selection = keepPlace ? view.selection() : null, top = scrollY;
  show(state);
  if (keepPlace) model.adopt(state.turns);
  else model.load(state);
  saver.markSaved(state.revision);
  if (selection) view.reselect(selection);
  if (keepPlace) scrollTo({ top, behavior: "instant" });
}

model.changed = () => {
  view.render();
  placeNotes();
  panels.refresh();
  saver.saveSoon();
  const filter = $("filter"), names = ["", ...model.speakers];
  if (names.join("\n") !== [...filter.options].map(option => option.value).join("\n")) {
    const chosen = filter.value;
    filter.replaceChildren(...names.map(name => element("option", { value: name, textContent: name || "all" })));
    filter.value = names.includes(chosen) ? chosen : "";
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

model.refused = () => notices.show("hidden", `Nothing was changed: this edit would reach turns that are hidden, since only those of ${fullName(model.filter)} are shown.`,
  [["Show all turns", () => setFilter("")]]);

function showRefusal(message) {
  announce(message);
  setStatus(`Not saved: ${message}`, "bad");
}

function showConflicts(reported) {
  conflicts = reported.map(conflict => {
    const [turn, para, theirs] = conflict, { key, paras } = model.turns[turn];
    return { key, para, mine: paras[para].text, note: conflictNote(conflict, theirs, paras[para].text) };
  });
  placeNotes();
  conflicts[0]?.note.scrollIntoView({ block: "center" });
}

function conflictNote(conflict, theirs, mine) {
  const resolve = take => {
    const { key, para, mine } = conflicts.find(other => other.note === note);
    const turn = model.turns.findIndex(other => other.key === key);
    if (take && turn >= 0) { // find the paragraph's present position
      const { paras } = model.turns[turn], same = paras.findIndex(other => other.text === mine);
      model.setTexts([{ turn, para: same < 0 ? Math.min(para, paras.length - 1) : same, text: theirs }]);
    }
    note.remove();
    conflicts = conflicts.filter(other => other.note !== note);
    saver.resolved(conflict);
    text.focus({ preventScroll: true });
  };
  const button = (label, take) => element("button", { type: "button", textContent: label, onclick: () => resolve(take) });
  const note = element("aside", { className: "conflict", contentEditable: "false" },
    element("p", { textContent: "Your version is above. The file was changed elsewhere; its version of this paragraph:" }),
    theirs ? element("blockquote", {}, ...diffParts(theirs, mine)) : element("blockquote", { textContent: "(nothing: the paragraph was deleted)" }),
    button("Keep mine", false), " ", button("Take theirs", true));
  return note;
}

/** A text as three parts: its common start and end with another text, and the differing middle, marked. */
function diffParts(text, other) {
  const words = text.split(" "), others = other.split(" ");
  let head = 0, tail = 0;
  while (head < words.length && words[head] === others[head]) head++;
  while (tail < words.length - head && tail < others.length - head && words.at(-1 - tail) === others.at(-1 - tail)) tail++;
  const part = (from, to) => words.slice(from, to).join(" "), end = words.length - tail;
  return [part(0, head), " ", element("mark", { textContent: part(head, end) }), " ", part(end)];
}

/** Put each note into its turn, or into another one if its turn was merged away. */
function placeNotes() {
  for (const { key, note } of conflicts) {
    if (note.isConnected) continue;
    const turn = model.turns.findIndex(other => other.key === key);
    view.section(Math.max(turn, 0)).querySelector(".body").append(note);
  }
}

// ── Typing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function replaceText(from, to, parts, kind = "") {
  view.select(model.replace(from, to, parts, { kind }));
}

function withoutSelection({ from, to, isCaret }, edit) {
  if (isCaret) return view.select(edit(from));
  const { version } = model, at = model.replace(from, to, [""]);
  return model.version === version ? undefined : view.select(edit(at));
}

const pastedParagraphs = data => data.replace(/\r\n?/g, "\n").split(/\n\s*\n/).map(part => part.replace(/\s*\n\s*/g, " "));

function targetOf(event, selection) {
  const range = event.getTargetRanges()[0];
  const from = range && view.place(range.startContainer, range.startOffset);
  const to = range && view.place(range.endContainer, range.endOffset);
  return from && to ? { from, to } : selection;
}

function erase(event, selection) {
  const { from, isCaret } = selection, isBack = event.inputType.endsWith("Backward");
  if (isCaret && isBack && from.offset === 0) return view.select(model.mergeBack(from));
  if (isCaret && !isBack && from.offset === model.text(from).length) {
    const next = after(from);
    if (next) view.select(model.mergeBack(next));
    return undefined;
  }
  const { from: start, to } = isCaret ? targetOf(event, selection) : selection;
  return replaceText(start, to, [""], isCaret ? "erase" : "");
}

function after({ turn, para }) {
  if (para + 1 < model.turns[turn].paras.length) return { turn, para: para + 1, offset: 0 };
  return turn + 1 < model.turns.length ? { turn: turn + 1, para: 0, offset: 0 } : null;
}

text.addEventListener("beforeinput", event => {
  const selection = view.selection();
  if (!selection || event.inputType === "insertCompositionText") return;
  event.preventDefault();
  if (composing) return;
  const data = event.data ?? event.dataTransfer?.getData("text/plain") ?? "";
  const { from, to } = selection;
  switch (event.inputType) {
    case "insertText": return replaceText(from, to, [data], "type");
    case "insertReplacementText": { const at = targetOf(event, selection); return replaceText(at.from, at.to, [data]); }
    case "insertFromPaste": case "insertFromYank": return replaceText(from, to, pastedParagraphs(data));
    case "insertFromDrop": { const at = targetOf(event, selection); return replaceText(at.from, at.from, pastedParagraphs(data)); }
    case "insertParagraph": return withoutSelection(selection, at => model.split(at));
    case "insertLineBreak": return withoutSelection(selection, at => model.breakParagraph(at));
    case "historyUndo": return undoOrRedo("undo");
    case "historyRedo": return undoOrRedo("redo");
    default: return event.inputType.startsWith("delete") ? erase(event, selection) : undefined;
  }
});

text.addEventListener("dragstart", event => event.preventDefault()); // dragging text is off; cut and paste move it

text.addEventListener("compositionstart", () => {
  const selection = view.selection();
  if (selection && !selection.isCaret) replaceText(selection.from, selection.to, [""]);
  composing = view.selection()?.from ?? null;
});

text.addEventListener("compositionend", () => {
  if (!composing) return;
  const at = composing, caret = view.selection()?.from ?? at, typed = view.typed(at);
  composing = null;
  if (typed !== model.text(at)) model.setTexts([{ ...at, text: typed }], at);
  view.restore(at);
  view.select(caret);
});

function undoOrRedo(direction) {
  const before = new Set(model.turns), inText = text.contains(document.activeElement), place = model[direction]();
  if (model.turns.some((turn, i) => model.isHidden(i) && !before.has(turn))) setFilter("");
  if (place?.turn !== undefined) (inText ? view.select(place) : view.show(place, place));
  announce(place ? (direction === "undo" ? "Undone" : "Redone") : `Nothing to ${direction}`);
}

// ── Playing ────────────────────────────────────────────────────────────────────────────────────────────────────────

function playFromCaret() {
  const selection = view.selection(), time = selection && player.timeAt(selection.from);
  if (time !== null && time !== undefined) player.playFrom(time);
}

text.addEventListener("click", event => {
  const button = event.target.closest("button.name");
  if (button) return openMenu(view.indexOf(button), button);
  if (event.target.closest(".who, .conflict") || event.altKey || event.shiftKey || event.ctrlKey || event.metaKey) return undefined;
  const selection = view.selection();
  if (!selection?.isCaret || event.detail > 1 || $("play").disabled || !$("click-plays").checked) return undefined;
  setFollowing(true);
  return playFromCaret();
});

player.onword = places => {
  playing = places && places.every(place => view.paragraph(place)) ? view.range(...places) : null;
  view.mark("now", playing ? [playing] : []);
  if (playing && isFollowing && (player.isPlaying || document.activeElement === $("seek"))) follow();
};

let ownScroll = 0;
function follow() {
  if (view.follow(playing)) ownScroll = performance.now();
}

function setFollowing(on) {
  isFollowing = on;
  $("follow").hidden = on || !playing;
}

for (const name of ["wheel", "touchmove"]) addEventListener(name, () => { setFollowing(false); view.letGo(); }, { passive: true });
addEventListener("scroll", () => {
  if (player.isPlaying && performance.now() - ownScroll > 1200) setFollowing(false);
}, { passive: true });
$("follow").onclick = () => { setFollowing(true); follow(); };

player.ontime = () => {
  const total = audio.duration ? audio.duration * 1000 : duration;
  const shown = `${clock(player.now)} / ${clock(total)}`;
  if ($("clock").textContent !== shown) {
    $("clock").textContent = shown;
    $("seek").setAttribute("aria-valuetext", `${clock(player.now)} of ${clock(total)}`);
  }
  $("seek").max = total / 1000;
  if (document.activeElement !== $("seek")) $("seek").value = audio.currentTime;
};

function setPlayable(isPlayable) {
  for (const id of ["play", "back", "forward", "loop", "rate", "seek"]) $(id).disabled = !isPlayable;
}

player.onchange = () => {
  $("play").textContent = player.isPlaying ? "Pause" : "Play";
  $("play").setAttribute("aria-label", player.isPlaying ? "Pause" : "Play");
  $("loop").setAttribute("aria-pressed", String(Boolean(player.loop)));
  $("rate").value = audio.playbackRate;
};

$("rate").append(...Player.speeds.map(speed => element("option", { value: speed, textContent: `${speed}×` })));
$("rate").value = 1;
$("rate").onchange = () => { audio.playbackRate = Number($("rate").value); };
$("seek").oninput = () => { audio.currentTime = Number($("seek").value); setFollowing(true); };
$("clock").onclick = goTo;
$("play").onclick = () => player.toggle();
$("back").onclick = () => player.skip(-3);
$("forward").onclick = () => player.skip(3);
$("loop").onclick = () => player.toggleLoop();
$("filter").onchange = () => setFilter($("filter").value);
$("show-help").onclick = () => COMMANDS.help();
$("show-doubts").onclick = () => panels.toggle("doubts");
$("show-search").onclick = () => panels.toggle("search");
audio.addEventListener("loadedmetadata", () => player.ontime());

/** Tell the style how much of the window the player, the panel below the text, and the line at the top take. */
function measure() {
  const { style } = document.documentElement, sheet = $("panel").hidden || !matchMedia("(max-width: 819.98px)").matches ? 0 : $("panel").offsetHeight;
  for (const [name, height] of [["bar", $("bar").offsetHeight], ["sheet", sheet], ["head", view.room().top]]) style.setProperty(`--${name}`, `${height}px`);
}
const measured = new ResizeObserver(measure);
for (const node of [$("bar"), $("panel"), document.querySelector("header")]) measured.observe(node);

// ── Who speaks ─────────────────────────────────────────────────────────────────────────────────────────────────────

function openMenu(turn, button, caret = null) {
  const menu = $("menu"), speaker = model.turns[turn].speaker, others = model.speakers.filter(name => name !== speaker);
  const item = (label, action) => {
    const button = element("button", { type: "button", textContent: label, tabIndex: -1 });
    button.setAttribute("role", "menuitem");
    button.onclick = () => { closeMenu(); action(); };
    return button;
  };
  const fromHere = caret && (caret.para || caret.offset);
  const everywhere = () => renameEverywhere(speaker);
  const group = (label, ...items) => {
    const created = element("div", {}, element("p", { textContent: label, ariaHidden: "true" }), ...items);
    created.setAttribute("role", "group");
    created.setAttribute("aria-label", label);
    return created;
  };
  const start = model.turns[turn].paras.flatMap(para => para.times).find(time => time >= 0);
  menu.replaceChildren(
    group("This turn is by", ...others.map(name => item(fullName(name), () => reassign(turn, name))),
      item("New speaker …", async () => { const name = await askName("Who speaks in this turn?"); if (name) reassign(turn, name); })),
    ...(fromHere ? [group("From the cursor on", ...others.map(name => item(fullName(name), () => view.select(model.split(caret, name)))),
      item("New speaker … ", async () => { const name = await askName("Who speaks from here on?"); if (name) view.select(model.split(caret, name)); }))] : []),
    group("Everywhere", ...(start === undefined || $("play").disabled ? [] : [item(`Hear ${fullName(speaker)} for 5 seconds`, () => player.playFor(start, 5000))]),
      item(`Rename ${fullName(speaker)} …`, everywhere)));
  menu.hidden = false;
  const box = button.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(box.left, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(box.bottom + 4, innerHeight - menu.offsetHeight - 8))}px`;
  menu.from = view.selection() ?? button;
  button.setAttribute("aria-expanded", "true");
  menu.opener = button;
  menu.querySelector("button").focus();
}

function closeMenu() {
  const { from } = $("menu");
  hideMenu();
  if (from?.from) view.select(from.from, from.to);
  else from?.focus?.();
}

$("menu").addEventListener("keydown", event => {
  const items = [...$("menu").querySelectorAll("button")], here = items.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) items.at((here + step) % items.length).focus();
  else if (event.key === "Escape" || event.key === "Tab") closeMenu();
  else return;
  event.preventDefault();
  event.stopPropagation();
});
document.addEventListener("pointerdown", event => {
  if (!$("menu").hidden && !event.target.closest("#menu")) hideMenu();
});

function hideMenu() {
  $("menu").hidden = true;
  $("menu").opener?.removeAttribute("aria-expanded");
}

const fullName = name => model.names[name] ?? people.find(person => person.name === name)?.full ?? name;

function reassign(turn, speaker) {
  model.reassign(turn, speaker);
  announce(`Speaker of this turn: ${fullName(speaker)}`);
}

/** Ask for a line of text; null if it was cancelled or is empty. */
function ask(question, value, label) {
  const dialog = $("ask");
  $("ask-title").textContent = question;
  $("ask-label").textContent = label;
  $("ask-text").value = value;
  dialog.returnValue = "";
  dialog.showModal();
  $("ask-text").select();
  return new Promise(resolve => dialog.addEventListener("close", () =>
    resolve(dialog.returnValue === "ok" && $("ask-text").value.trim().replace(/\s+/g, " ") || null), { once: true }));
}

async function askName(question, value = "", label = "Name") {
  const full = await ask(question, value, label);
  if (!full) return null;
  const name = shortName(full);
  if (name !== full) model.names = { ...model.names, [name]: full };
  return name;
}

const TITLES = /^(dame|dr|frau|herr|lady|lord|madam|miss|mr|mrs|ms|mx|prof|professor|rev|sir)\.?$/i;

/** The name the draft prints for a full name: the first name without titles, unless another speaker has it. The whole is
 * printed of "Dr. Smith", "van der Berg" and what else has no first name. */
function shortName(full, except = null) {
  const words = full.split(" "), untitled = words.slice(Math.max(words.findIndex(word => !TITLES.test(word)), 0));
  const hasFirst = untitled.length > 1 && /^\p{Lu}|^[^\p{L}]|^\p{Lo}/u.test(untitled[0]);
  const first = hasFirst || words.length === 1 ? untitled[0] : full, taken = model.speakers.filter(name => name !== except);
  const same = taken.find(name => fullName(name) === full);
  return same ?? (taken.includes(first) ? full : first);
}

async function renameEverywhere(speaker) {
  const name = await askName(`Rename ${fullName(speaker)} everywhere`, fullName(speaker), "New name");
  if (!name) return;
  model.rename(speaker, name, model.names[name] ?? name);
  announce(`${speaker} renamed ${name} everywhere`);
}

$("ask-text").addEventListener("keydown", event => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  $("ask").close("ok");
});

// ── Keys ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const keys = new Keys($("keys"));
const COMMANDS = {
  play: () => player.toggle(), back: () => player.skip(-3), forward: () => player.skip(3),
  slower: () => player.faster(-1), faster: () => player.faster(1), repeat: () => player.toggleLoop(),
  doubt: () => panels.step(1), doubtBefore: () => panels.step(-1), accept: () => panels.accept(),
  playHere: playFromCaret, goTo, insertTime, speaker: speakerMenu,
  search: () => panels.open("search"), found: () => panels.stepSearch(1), foundBefore: () => panels.stepSearch(-1),
  move: () => (text.contains(document.activeElement) ? $("play") : text).focus(), help: () => $("help").showModal(),
};
const FIXED = {
  "ctrl z": () => undoOrRedo("undo"), "ctrl y": () => undoOrRedo("redo"), "ctrl shift z": () => undoOrRedo("redo"), "ctrl s": () => saver.now(),
};
const FIXED_IN_TEXT = { // the browser's own do not scroll to turns it has not laid out
  "ctrl Home": () => view.select({ turn: 0, para: 0, offset: 0 }), "ctrl End": () => view.select(view.end(model.turns.length - 1)),
};

function speakerMenu() {
  const selection = view.selection();
  if (selection) openMenu(selection.from.turn, view.button(selection.from.turn), selection.from);
}

/** Go to a typed time, such as 1:02:03, 75 or 1:15. */
async function goTo() {
  const typed = await ask("Go to a time", "", "Time, such as 1:02:03");
  const seconds = /^\d+(:\d+){0,2}$/.test(typed ?? "") ? typed.split(":").reduce((sum, part) => 60 * sum + Number(part), 0) : null;
  if (seconds === null) return typed && announce(`${typed} is no time`);
  audio.currentTime = seconds;
  const places = player.placesAt(1000 * seconds);
  if (places) view.select(places[0]);
  return setFollowing(true);
}

function insertTime() {
  const selection = view.selection();
  if (selection) replaceText(selection.to, selection.to, [`[${clock(player.now)}] `]);
}

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

// ── Settings ───────────────────────────────────────────────────────────────────────────────────────────────────────

$("key-set").value = keys.set;
$("key-set").onchange = () => { keys.set = $("key-set").value; };
$("tab-plays").checked = keys.tabPlays;
$("tab-plays").onchange = () => { keys.tabPlays = $("tab-plays").checked; };
$("click-plays").checked = localStorage.getItem("click plays") !== "no";
$("click-plays").onchange = () => localStorage.setItem("click plays", $("click-plays").checked ? "yes" : "no");

// ── Leaving ────────────────────────────────────────────────────────────────────────────────────────────────────────

addEventListener("beforeunload", event => { if (saver.isDirty) event.preventDefault(); });

try {
  await reload({ keepPlace: false });
  saver.start();
} catch (error) {
  setStatus(error instanceof Refusal ? error.message : "No connection to the editor's server.", "bad");
}
