// The page: applies input from keyboard, mouse and server to the model, and shows the model's changes.

import { Model } from "./model.js";
import { Notices } from "./notices.js";
import { Panels } from "./panels.js";
import { Player } from "./player.js";
import { Saver } from "./saver.js";
import { Refusal, get } from "./server.js";
import { View, clock, element } from "./view.js";

const $ = id => document.getElementById(id);
const text = $("text"), audio = new Audio();
audio.preload = "metadata";
const model = new Model(), view = new View(text, model), player = new Player(audio, model);
const saver = new Saver(model, { status: setStatus, reload, showConflicts, showRefusal, showServerState });
const panels = new Panels({ model, view, player, announce, reveal, undo: () => undoOrRedo("undo") });
const notices = new Notices($("notices"));
let people = [], isFollowing = true, playing = null, duration = 0, hasAudio = false, composing = null, conflicts = [];

function announce(message) { $("says").textContent = message; }

function setStatus(message, kind = "") {
  if ($("status").textContent !== message) $("status").textContent = message; // screen readers announce each change
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
  hasAudio = state.has_audio;
  showServerState(state);
  for (const id of ["play", "back", "forward", "loop", "rate", "seek"]) $(id).disabled = !state.has_audio;
  panels.setDoubts(state.doubts);
}

/** Show a problem the server reports, and use the recording's address it reports. */
function showServerState({ trouble, audio: address }) {
  const message = trouble || (hasAudio ? "" : "The recording is not on this machine, so it cannot be played.");
  if (message) notices.show("server", message);
  else notices.hide("server");
  if (!hasAudio || audio.src.endsWith(address)) return;
  const { currentTime } = audio; // another address: the server was restarted
  audio.src = address;
  if (currentTime) audio.currentTime = currentTime;
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
  if (selection) view.select(selection.from, selection.to);
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
  if (!selection?.isCaret || event.detail > 1 || $("play").disabled) return undefined;
  setFollowing(true);
  return playFromCaret();
});

player.onword = places => {
  playing = places && places.every(place => view.paragraph(place)) ? view.range(...places) : null;
  view.mark("now", playing ? [playing] : []);
  if (playing && isFollowing && player.isPlaying) follow();
};

let ownScroll = 0;
function follow() {
  if (view.follow(playing)) ownScroll = performance.now();
}

function setFollowing(on) {
  isFollowing = on;
  $("follow").hidden = on || !playing;
}

for (const name of ["wheel", "touchmove"]) addEventListener(name, () => setFollowing(false), { passive: true });
addEventListener("scroll", () => {
  if (player.isPlaying && performance.now() - ownScroll > 1200) setFollowing(false);
}, { passive: true });
$("follow").onclick = () => { setFollowing(true); follow(); };

player.ontime = () => {
  const total = audio.duration ? audio.duration * 1000 : duration;
  $("clock").textContent = `${clock(player.now)} / ${clock(total)}`;
  $("seek").max = total / 1000;
  if (document.activeElement !== $("seek")) $("seek").value = audio.currentTime;
  $("seek").setAttribute("aria-valuetext", clock(player.now));
};

player.onchange = error => {
  $("play").textContent = player.isPlaying ? "Pause" : "Play";
  $("play").setAttribute("aria-label", player.isPlaying ? "Pause" : "Play");
  $("loop").setAttribute("aria-pressed", String(Boolean(player.loop)));
  $("rate").value = audio.playbackRate;
  if (error) announce(`The recording cannot be played: ${error.message}`);
};

$("rate").append(...Player.speeds.map(speed => element("option", { value: speed, textContent: `${speed}×` })));
$("rate").value = 1;
$("rate").onchange = () => { audio.playbackRate = Number($("rate").value); };
$("seek").oninput = () => { audio.currentTime = Number($("seek").value); };
$("play").onclick = () => player.toggle();
$("back").onclick = () => player.skip(-3);
$("forward").onclick = () => player.skip(3);
$("loop").onclick = () => player.toggleLoop();
$("filter").onchange = () => setFilter($("filter").value);
$("show-help").onclick = () => $("help").showModal();
$("show-doubts").onclick = () => panels.toggle("doubts");
$("show-search").onclick = () => panels.toggle("search");
audio.addEventListener("loadedmetadata", () => player.ontime());
new ResizeObserver(() => document.documentElement.style.setProperty("--bar", `${$("bar").offsetHeight}px`)).observe($("bar"));

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
  const heading = label => element("p", { textContent: label });
  menu.replaceChildren(
    heading("This turn is by"), ...others.map(name => item(fullName(name), () => reassign(turn, name))),
    item("New speaker …", async () => { const name = await askName("Who speaks in this turn?"); if (name) reassign(turn, name); }),
    ...(fromHere ? [heading("From the cursor on"), ...others.map(name => item(fullName(name), () => view.select(model.split(caret, name)))),
      item("New speaker … ", async () => { const name = await askName("Who speaks from here on?"); if (name) view.select(model.split(caret, name)); })] : []),
    heading("Everywhere"), item(`Rename ${fullName(speaker)} …`, everywhere));
  menu.hidden = false;
  const box = button.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(box.left, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(box.bottom + 4, innerHeight - menu.offsetHeight - 8))}px`;
  menu.from = view.selection() ?? button;
  menu.querySelector("button").focus();
}

function closeMenu() {
  const { from } = $("menu");
  $("menu").hidden = true;
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
  if (!$("menu").hidden && !event.target.closest("#menu")) { $("menu").hidden = true; }
});

const fullName = name => model.names[name] ?? people.find(person => person.name === name)?.full ?? name;

function reassign(turn, speaker) {
  model.reassign(turn, speaker);
  announce(`Speaker of this turn: ${fullName(speaker)}`);
}

function askName(question, value = "", label = "Name") {
  const dialog = $("ask");
  $("ask-title").textContent = question;
  $("ask-label").textContent = label;
  $("ask-text").value = value;
  dialog.returnValue = "";
  dialog.showModal();
  $("ask-text").select();
  return new Promise(resolve => dialog.addEventListener("close", () => {
    const full = $("ask-text").value.trim().replace(/\s+/g, " ");
    if (dialog.returnValue !== "ok" || !full) return resolve(null);
    const name = shortName(full);
    if (name !== full) model.names = { ...model.names, [name]: full };
    return resolve(name);
  }, { once: true }));
}

/** The name the draft prints for a full name: the first name, unless another speaker has it. */
function shortName(full, except = null) {
  const first = full.split(" ")[0], taken = model.speakers.filter(name => name !== except);
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

const KEYS = {
  "F1": () => player.skip(-3), "F2": () => player.skip(3), "F3": () => player.faster(-1), "F4": () => player.faster(1),
  "F6": () => (text.contains(document.activeElement) ? $("play") : text).focus(),
  "F7": () => player.toggleLoop(),
  "F8": () => panels.step(1), "shift F8": () => panels.step(-1), "F9": () => panels.accept(),
  "ctrl Enter": playFromCaret, "ctrl f": () => panels.open("search"), "ctrl h": () => panels.open("search"),
  "ctrl g": () => panels.stepSearch(1), "ctrl shift g": () => panels.stepSearch(-1),
  "ctrl /": () => $("help").showModal(), "ctrl z": () => undoOrRedo("undo"), "ctrl y": () => undoOrRedo("redo"),
  "ctrl shift z": () => undoOrRedo("redo"), "ctrl s": () => saver.now(), "alt s": speakerMenu,
};

function speakerMenu() {
  const selection = view.selection();
  if (selection) openMenu(selection.from.turn, view.button(selection.from.turn), selection.from);
}

addEventListener("keydown", event => {
  if (document.querySelector("dialog[open]") || event.isComposing) return;
  const inText = text.contains(document.activeElement), isField = event.target.matches?.("input, select, textarea");
  const name = [event.ctrlKey || event.metaKey ? "ctrl" : "", event.altKey ? "alt" : "", event.shiftKey ? "shift" : "",
    event.key.length === 1 ? event.key.toLowerCase() : event.key].filter(Boolean).join(" ");
  let action = isField && name === "ctrl z" ? null : KEYS[name];
  if (name === "Escape" || (name === "Tab" && inText && !event.target.closest("button"))) {
    action = () => (panels.isOpen && name === "Escape" && !inText ? panels.close() : player.toggle());
  }
  if (event.key === "?" && !inText && !isField) action = KEYS["ctrl /"];
  if (!action) return;
  event.preventDefault();
  action();
});

// ── Leaving ────────────────────────────────────────────────────────────────────────────────────────────────────────

addEventListener("beforeunload", event => { if (saver.isDirty) event.preventDefault(); });

try {
  await reload({ keepPlace: false });
  saver.start();
} catch (error) {
  setStatus(error instanceof Refusal ? error.message : "No connection to the editor's server.", "bad");
}
