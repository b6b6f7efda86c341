// The page: what the keyboard, the mouse and the server do to the model, and what that changes on the page.

import { Model } from "./model.js";
import { Panels } from "./panels.js";
import { Player } from "./player.js";
import { Saver } from "./saver.js";
import { Refusal, get } from "./server.js";
import { View, clock, element } from "./view.js";

const $ = id => document.getElementById(id);
const text = $("text"), audio = new Audio();
audio.preload = "metadata";
const model = new Model(), view = new View(text, model), player = new Player(audio, model);
const saver = new Saver(model, { status: setStatus, reload, clashes: showClashes, refused, seen });
const panels = new Panels({ model, view, player, say });
let people = [], isFollowing = true, playing = null, duration = 0, hasAudio = false, composing = null, clashing = [];

function say(message) { $("says").textContent = message; }

function setStatus(message, kind = "") {
  if ($("status").textContent !== message) $("status").textContent = message; // each change is read out
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
  seen(state);
  for (const id of ["play", "back", "forward", "loop", "rate", "seek"]) $(id).disabled = !state.has_audio;
  panels.setDoubts(state.doubts);
}

/** What the server says each time it is asked: what is wrong, and where the recording is. */
function seen({ trouble, audio: address }) {
  const message = trouble || (hasAudio ? "" : "The recording is not on this machine, so there is nothing to play.");
  if ($("trouble").textContent !== message) $("trouble").textContent = message;
  $("trouble").hidden = !message;
  if (!hasAudio || audio.src.endsWith(address)) return;
  const { currentTime } = audio; // another address: the server was started anew
  audio.src = address;
  if (currentTime) audio.currentTime = currentTime;
}

async function reload({ keepPlace = true } = {}) {
  if (composing) return; // later: the page asks again
  const { version } = model, state = await get("/api/draft");
  if (keepPlace && (model.version !== version || composing)) return; // typed meanwhile: that is saved first
  const selection = keepPlace ? view.selection() : null, top = scrollY;
  show(state);
  if (keepPlace) model.adopt(state.turns);
  else model.load(state);
  saver.isClean(state.revision);
  if (selection) view.select(selection.from, selection.to);
  if (keepPlace) scrollTo({ top, behavior: "instant" });
}

model.changed = () => {
  view.render();
  placeNotes();
  panels.refresh();
  saver.note();
  const filter = $("filter"), names = ["", ...model.speakers];
  if (names.join("\n") !== [...filter.options].map(option => option.value).join("\n")) {
    const chosen = filter.value;
    filter.replaceChildren(...names.map(name => element("option", { value: name, textContent: name || "all" })));
    filter.value = names.includes(chosen) ? chosen : "";
  }
  view.filter(filter.value);
};

function refused(message) {
  say(message);
  setStatus(`Not saved: ${message}`, "bad");
}

function showClashes(clashes) {
  clashing = clashes.map(clash => {
    const [turn, para, theirs] = clash, { key, paras } = model.turns[turn];
    return { key, para, mine: paras[para].text, note: clashNote(clash, theirs, paras[para].text) };
  });
  placeNotes();
  clashing[0]?.note.scrollIntoView({ block: "center" });
}

function clashNote(clash, theirs, mine) {
  const settle = take => {
    const { key, para, mine } = clashing.find(other => other.note === note);
    const turn = model.turns.findIndex(other => other.key === key);
    if (take && turn >= 0) { // where the paragraph stands by now
      const { paras } = model.turns[turn], same = paras.findIndex(other => other.text === mine);
      model.setTexts([{ turn, para: same < 0 ? Math.min(para, paras.length - 1) : same, text: theirs }]);
    }
    note.remove();
    clashing = clashing.filter(other => other.note !== note);
    saver.settled(clash);
    text.focus({ preventScroll: true });
  };
  const button = (label, take) => element("button", { type: "button", textContent: label, onclick: () => settle(take) });
  const note = element("aside", { className: "clash", contentEditable: "false" },
    element("p", { textContent: "Yours is above. Somebody else made of this paragraph:" }),
    theirs ? element("blockquote", {}, ...differing(theirs, mine)) : element("blockquote", { textContent: "(nothing: it was taken out)" }),
    button("Keep mine", false), " ", button("Take theirs", true));
  return note;
}

/** A text in three parts, what is not in the other one marked between them. */
function differing(text, other) {
  const words = text.split(" "), others = other.split(" ");
  let head = 0, tail = 0;
  while (head < words.length && words[head] === others[head]) head++;
  while (tail < words.length - head && tail < others.length - head && words.at(-1 - tail) === others.at(-1 - tail)) tail++;
  const part = (from, to) => words.slice(from, to).join(" "), end = words.length - tail;
  return [part(0, head), " ", element("mark", { textContent: part(head, end) }), " ", part(end)];
}

/** Put each note into its turn; where that was joined to another, into one near by. */
function placeNotes() {
  for (const { key, note } of clashing) {
    if (note.isConnected) continue;
    const turn = model.turns.findIndex(other => other.key === key);
    view.section(Math.max(turn, 0)).querySelector(".said").append(note);
  }
}

// ── Typing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function put(from, to, parts, kind = "") {
  view.select(model.replace(from, to, parts, { kind }));
}

const pasted = data => data.replace(/\r\n?/g, "\n").split(/\n\s*\n/).map(part => part.replace(/\s*\n\s*/g, " "));

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
  return put(start, to, [""], isCaret ? "erase" : "");
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
  const { from, to, isCaret } = selection;
  switch (event.inputType) {
    case "insertText": return put(from, to, [data], isCaret ? "type" : "");
    case "insertReplacementText": { const at = targetOf(event, selection); return put(at.from, at.to, [data]); }
    case "insertFromPaste": case "insertFromYank": return put(from, to, pasted(data));
    case "insertFromDrop": { const at = targetOf(event, selection); return put(at.from, at.from, pasted(data)); }
    case "insertParagraph": return view.select(model.split(isCaret ? from : model.replace(from, to, [""])));
    case "insertLineBreak": return view.select(model.breakParagraph(isCaret ? from : model.replace(from, to, [""])));
    case "historyUndo": return travel("undo");
    case "historyRedo": return travel("redo");
    default: return event.inputType.startsWith("delete") ? erase(event, selection) : undefined;
  }
});

text.addEventListener("dragstart", event => event.preventDefault()); // cut and paste move text, by design

text.addEventListener("compositionstart", () => {
  const selection = view.selection();
  if (selection && !selection.isCaret) put(selection.from, selection.to, [""]);
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

function travel(direction) {
  const place = model[direction]();
  if (place) view.select(place);
  say(place ? `${direction === "undo" ? "Undone" : "Done again"}` : `Nothing to ${direction}`);
}

// ── Playing ────────────────────────────────────────────────────────────────────────────────────────────────────────

function playFromCaret() {
  const selection = view.selection(), time = selection && player.timeAt(selection.from);
  if (time !== null && time !== undefined) player.playFrom(time);
}

text.addEventListener("click", event => {
  const button = event.target.closest("button.name");
  if (button) return openMenu(view.indexOf(button), button);
  if (event.target.closest(".who, .clash") || event.altKey || event.shiftKey || event.ctrlKey || event.metaKey) return undefined;
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
  if (error) say(`The recording cannot be played: ${error.message}`);
};

$("rate").append(...Player.speeds.map(speed => element("option", { value: speed, textContent: `${speed}×` })));
$("rate").value = 1;
$("rate").onchange = () => { audio.playbackRate = Number($("rate").value); };
$("seek").oninput = () => { audio.currentTime = Number($("seek").value); };
$("play").onclick = () => player.toggle();
$("back").onclick = () => player.skip(-3);
$("forward").onclick = () => player.skip(3);
$("loop").onclick = () => player.toggleLoop();
$("filter").onchange = () => view.filter($("filter").value);
$("show-help").onclick = () => $("help").showModal();
$("show-doubts").onclick = () => panels.toggle("doubts");
$("show-search").onclick = () => panels.toggle("search");
audio.addEventListener("loadedmetadata", () => player.ontime());
new ResizeObserver(() => document.documentElement.style.setProperty("--bar", `${$("bar").offsetHeight}px`)).observe($("bar"));

// ── Who speaks ─────────────────────────────────────────────────────────────────────────────────────────────────────

function openMenu(turn, button, caret = null) {
  const menu = $("menu"), speaker = model.turns[turn].speaker, others = model.speakers.filter(name => name !== speaker);
  const item = (label, action) => {
    const made = element("button", { type: "button", textContent: label, tabIndex: -1 });
    made.setAttribute("role", "menuitem");
    made.onclick = () => { closeMenu(); action(); };
    return made;
  };
  const fromHere = caret && (caret.para || caret.offset);
  const everywhere = () => renameEverywhere(speaker);
  const heading = label => element("p", { textContent: label });
  menu.replaceChildren(
    heading("This turn is by"), ...others.map(name => item(fullName(name), () => reassign(turn, name))),
    item("Somebody new …", async () => { const name = await askName("Who speaks in this turn?"); if (name) reassign(turn, name); }),
    ...(fromHere ? [heading("From the cursor on"), ...others.map(name => item(fullName(name), () => view.select(model.split(caret, name)))),
      item("Somebody new … ", async () => { const name = await askName("Who speaks from here on?"); if (name) view.select(model.split(caret, name)); })] : []),
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
  say(`This turn is by ${fullName(speaker)} now`);
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

/** What the draft prints for a full name: the first name, unless somebody else has it. */
function shortName(full, except = null) {
  const first = full.split(" ")[0], taken = model.speakers.filter(name => name !== except);
  const same = taken.find(name => fullName(name) === full);
  return same ?? (taken.includes(first) ? full : first);
}

async function renameEverywhere(speaker) {
  const name = await askName(`Rename ${fullName(speaker)} everywhere`, fullName(speaker), "New name");
  if (!name) return;
  model.rename(speaker, name, model.names[name] ?? name);
  say(`${speaker} is called ${name} everywhere`);
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
  "ctrl /": () => $("help").showModal(), "ctrl z": () => travel("undo"), "ctrl y": () => travel("redo"),
  "ctrl shift z": () => travel("redo"), "ctrl s": () => saver.now(), "alt s": speakerMenu,
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
