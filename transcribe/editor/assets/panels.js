// The side panel: the list of doubts, and search and replace with a preview.

import { request, messageOf } from "./server.js";
import { clock, element } from "./view.js";

const MOST_SHOWN = 200; // hits in the preview
const CONTEXT = 28; // characters before and after a hit, extended to whole words

export class Panels {
  #doubts = [];
  #chosen = -1;
  #hits = [];
  #openPanel = "";
  #panel = document.getElementById("panel");
  #search = null;

  constructor({ model, view, player, announce }) {
    Object.assign(this, { model, view, player, announce });
  }

  get isOpen() { return !this.#panel.hidden; }

  setDoubts(doubts) {
    const chosen = this.#doubts[this.#chosen];
    this.#doubts = doubts;
    this.#chosen = chosen ? doubts.findIndex(doubt => doubt.start >= chosen.start) : -1;
    this.#showCount();
    if (this.#openPanel === "doubts") this.#showDoubts();
  }

  /** Search again after a change of the text. */
  refresh() {
    if (this.#openPanel !== "search") return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#find(), 150);
  }

  toggle(name) { if (this.#openPanel === name) this.close(); else this.open(name); }

  open(name) {
    this.#openPanel = name;
    this.#panel.hidden = false;
    document.body.dataset.panel = name;
    this.#markOpenButton();
    if (name === "doubts") this.#showDoubts();
    else this.#showSearch();
  }

  close() {
    this.#openPanel = "";
    this.#panel.hidden = true;
    delete document.body.dataset.panel;
    this.#markOpenButton();
    this.view.mark("hit", []);
    this.view.mark("doubt", []);
  }

  step(by) {
    if (!this.#doubts.length) return this.announce("No doubts left");
    const count = this.#doubts.length;
    return this.choose(this.#chosen < 0 ? (by > 0 ? 0 : count - 1) : (this.#chosen + by + count) % count);
  }

  choose(index) {
    this.#chosen = index;
    const doubt = this.#doubts[index], places = this.player.placesOf(doubt.start, doubt.end);
    if (places) {
      this.view.select(...places);
      this.view.mark("doubt", [this.view.range(...places)]);
    }
    this.announce(`Doubt ${index + 1} of ${this.#doubts.length}: ${doubt.reason}`);
    if (this.#openPanel === "doubts") this.#showDoubts();
    if (!document.getElementById("play").disabled) this.player.playFrom(Math.max(0, doubt.start - 1000));
  }

  async accept(index = this.#chosen) {
    const doubt = this.#doubts[index];
    if (!doubt) return;
    const response = await request("/api/accept", doubt);
    if (!response.ok) {
      this.announce(await messageOf(response));
      return;
    }
    this.#doubts = this.#doubts.toSpliced(index, 1);
    this.#chosen = Math.min(index, this.#doubts.length) - 1;
    this.view.mark("doubt", []);
    this.#showCount();
    if (this.#openPanel === "doubts") this.#showDoubts();
    this.announce(`Marked as right; ${this.#doubts.length} left`);
  }

  #showCount() {
    document.getElementById("show-doubts").textContent = this.#doubts.length ? `Doubts ${this.#doubts.length}` : "Doubts";
  }

  #markOpenButton() {
    for (const name of ["doubts", "search"]) {
      document.getElementById(`show-${name}`).setAttribute("aria-expanded", String(this.#openPanel === name));
    }
  }

  #head(title) {
    const close = element("button", { type: "button", textContent: "Close", onclick: () => this.close() });
    return element("div", { className: "head" }, element("h2", { textContent: title }), close);
  }

  #showDoubts() {
    const list = element("ol", { className: "list" });
    this.#doubts.forEach((doubt, i) => {
      const places = this.player.placesOf(doubt.start, doubt.end);
      const words = places ? this.#excerpt(...places) : "(deleted)";
      const jump = element("button", { type: "button", className: "hit", onclick: () => this.choose(i) },
        element("span", { className: "time", textContent: clock(doubt.start) }), ` ${words}`,
        element("small", { textContent: doubt.reason }));
      const right = element("button", { type: "button", textContent: "Right", title: "Mark as right (F9)", onclick: () => this.accept(i) });
      const item = element("li", {}, jump, right);
      if (i === this.#chosen) item.setAttribute("aria-current", "true");
      list.append(item);
    });
    const none = element("p", { textContent: "No doubtful passages left." });
    this.#panel.replaceChildren(this.#head("Doubts"), this.#doubts.length ? list : none);
    list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }

  #excerpt(from, to) {
    const text = this.model.text(from);
    const words = from.turn === to.turn && from.para === to.para ? text.slice(from.offset, to.offset) : text.slice(from.offset);
    return words.length > 90 ? `${words.slice(0, 88)} …` : words;
  }

  #showSearch() {
    if (!this.#search) this.#search = this.#createSearch();
    this.#panel.replaceChildren(this.#head("Search and replace"), this.#search.form, this.#search.count, this.#search.list);
    const selection = this.view.selection();
    if (selection && !selection.isCaret && selection.from.turn === selection.to.turn && selection.from.para === selection.to.para) {
      this.#search.find.value = this.model.text(selection.from).slice(selection.from.offset, selection.to.offset).trim();
    }
    this.#search.find.focus();
    this.#search.find.select();
    this.#find();
  }

  #createSearch() {
    const field = (label, id) => {
      const input = element("input", { id, autocomplete: "off", spellcheck: false });
      return [element("label", {}, `${label} `, input), input];
    };
    const box = (label, id, checked) => {
      const input = element("input", { id, type: "checkbox", checked });
      return [element("label", { className: "check" }, input, ` ${label}`), input];
    };
    const [findLabel, find] = field("Find", "find"), [replacementLabel, replacement] = field("Replace with", "put");
    const [wordsLabel, words] = box("Whole words", "whole-words", true), [caseLabel, exact] = box("Match case", "same-case", false);
    const [glossaryLabel, addToGlossary] = box("Also add to the glossary", "teach", false);
    const all = element("button", { type: "submit", id: "replace-all", className: "primary", textContent: "Replace all" });
    const form = element("form", {}, findLabel, replacementLabel, wordsLabel, caseLabel, glossaryLabel, all);
    form.onsubmit = event => { event.preventDefault(); this.#replaceAll(); };
    find.onkeydown = event => { if (event.key === "Enter") { event.preventDefault(); this.#jump(0); } };
    for (const input of [find, replacement, words, exact]) input.addEventListener("input", () => this.#find());
    return { form, find, replacement, words, exact, addToGlossary, all, count: element("p", { className: "count" }), list: element("ol", { className: "list" }) };
  }

  #pattern() {
    const { find, words, exact } = this.#search, escaped = find.value.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    if (!escaped.trim()) return null;
    const edge = words.checked ? ["(?<![\\p{L}\\p{N}_])", "(?![\\p{L}\\p{N}_])"] : ["", ""];
    return new RegExp(edge[0] + escaped + edge[1], exact.checked ? "gu" : "giu");
  }

  #find() {
    const { replacement, count, list, all } = this.#search, pattern = this.#pattern();
    this.#hits = [];
    if (pattern) this.model.turns.forEach((turn, t) => turn.paras.forEach(({ text }, p) => {
      for (const match of text.matchAll(pattern)) this.#hits.push({ turn: t, para: p, offset: match.index, length: match[0].length });
    }));
    const total = this.#hits.length;
    count.textContent = pattern ? `${total} ${total === 1 ? "place" : "places"}${total > MOST_SHOWN ? `, the first ${MOST_SHOWN} listed` : ""}` : "";
    all.disabled = !total;
    list.replaceChildren(...this.#hits.slice(0, MOST_SHOWN).map((hit, i) => this.#preview(hit, i, replacement.value)));
    this.view.mark("hit", this.#hits.map(hit => this.view.range(hit, { ...hit, offset: hit.offset + hit.length })));
  }

  #preview(hit, i, by) {
    const text = this.model.text(hit), end = hit.offset + hit.length;
    const from = hit.offset > CONTEXT ? text.lastIndexOf(" ", hit.offset - CONTEXT) + 1 : 0, to = text.indexOf(" ", end + CONTEXT);
    const before = (from ? "… " : "") + text.slice(from, hit.offset), later = to < 0 ? text.slice(end) : `${text.slice(end, to)} …`;
    const match = element(by ? "del" : "mark", { textContent: text.slice(hit.offset, end) });
    const replacement = by ? [element("ins", { textContent: by })] : [];
    return element("li", {}, element("button", { type: "button", className: "hit", onclick: () => this.#jump(i) }, before, match, ...replacement, later));
  }

  #jump(i) {
    const hit = this.#hits[i];
    if (hit) this.view.select(hit, { ...hit, offset: hit.offset + hit.length });
  }

  async #addToGlossary(misheard, correct) {
    const response = await request("/api/glossary", { misheard, correct });
    this.announce(response.ok ? `Added to the glossary: ${misheard} -> ${correct}` : await messageOf(response));
  }

  #replaceAll() {
    const by = this.#search.replacement.value, total = this.#hits.length, changes = new Map();
    for (const hit of [...this.#hits].reverse()) {
      const key = `${hit.turn} ${hit.para}`, text = changes.get(key)?.text ?? this.model.text(hit);
      changes.set(key, { turn: hit.turn, para: hit.para, text: text.slice(0, hit.offset) + by + text.slice(hit.offset + hit.length) });
    }
    this.model.setTexts([...changes.values()]);
    this.announce(`${total} replaced; Control Z undoes it`);
    if (this.#search.addToGlossary.checked && by.trim()) this.#addToGlossary(this.#search.find.value.trim(), by.trim());
    this.#find();
  }
}
