// Search and replace: every place in the shown turns, one after the other or all at once. The focus stays in the fields.

import { request, messageOf } from "./server.js";
import { element } from "./view.js";

const MOST_SHOWN = 200; // hits in the preview
const CONTEXT = 28; // characters before and after a hit, extended to whole words

export class Search {
  title = "Search and replace";
  #isShown = false;
  #hits = [];
  #current = -1; // the hit meant, -1 before the first step
  #origin = { turn: 0, para: 0, offset: 0 }; // where the search began, or the last replacement ended
  #timer = 0;
  #replacedVersion = -1; // the model's version after the last replacement

  constructor({ model, view, announce, undo }) {
    Object.assign(this, { model, view, announce, undo });
    this.#create();
  }

  /** Begin at the selection; a selected passage of one paragraph is what to find. */
  open() {
    const selection = this.view.selection();
    this.#isShown = true;
    if (selection) this.#origin = selection.from;
    if (selection && !selection.isCaret && selection.from.turn === selection.to.turn && selection.from.para === selection.to.para) {
      this.find.value = this.model.text(selection.from).slice(selection.from.offset, selection.to.offset).trim();
    }
    this.find.focus();
    this.find.select();
    this.undone.hidden = true;
    this.#search();
  }

  /** Select the hit meant in the text. */
  close() {
    const hit = this.#hits[this.#current];
    clearTimeout(this.#timer);
    this.#isShown = false;
    this.#showHits([]);
    if (hit) this.view.select(...ends(hit));
  }

  /** Search again after a change of the text. */
  refresh() {
    clearTimeout(this.#timer);
    if (this.model.version !== this.#replacedVersion) this.undone.hidden = true; // it would undo another edit
    if (this.#isShown) this.#timer = setTimeout(() => this.#search(), 150);
  }

  /** Go to the next hit (1) or the one before (-1). */
  step(by) {
    const count = this.#hits.length;
    if (!count) return;
    if (this.#current >= 0) this.#go((this.#current + by + count) % count);
    else {
      const later = this.#hits.findIndex(hit => compare(hit, this.#origin) >= 0);
      this.#go(by > 0 ? Math.max(later, 0) : ((later < 0 ? count : later) - 1 + count) % count);
    }
  }

  #create() {
    const field = (label, id) => {
      const input = element("input", { id, autocomplete: "off", spellcheck: false });
      return [element("label", {}, `${label} `, input), input];
    };
    const box = (label, id, checked) => {
      const input = element("input", { id, type: "checkbox", checked });
      return [element("label", { className: "check" }, input, ` ${label}`), input];
    };
    const button = (textContent, title, onclick, className = "") => element("button", { type: "button", textContent, title, onclick, className });
    const [findLabel, find] = field("Find", "find"), [replacementLabel, replacement] = field("Replace with", "put");
    const [wordsLabel, words] = box("Whole words", "whole-words", true), [caseLabel, exact] = box("Match case", "same-case", false);
    const [glossaryLabel, addToGlossary] = box("Also add to the glossary", "teach", false);
    const one = button("Replace", "Replace this place and go to the next (Enter in the field)", () => this.#replaceOne());
    const all = button("Replace all", "Replace every place in the list", () => this.#replaceAll(), "primary");
    const form = element("form", {}, findLabel,
      element("div", { className: "row" }, button("Previous", "Previous place (Shift+Enter)", () => this.step(-1)), button("Next", "Next place, without a change (Enter)", () => this.step(1))),
      replacementLabel, wordsLabel, caseLabel, glossaryLabel, element("div", { className: "row" }, one, all));
    form.onsubmit = event => event.preventDefault();
    find.onkeydown = event => this.#onEnter(event, () => this.step(event.shiftKey ? -1 : 1));
    replacement.onkeydown = event => this.#onEnter(event, () => (event.shiftKey ? this.step(-1) : this.#replaceOne()));
    for (const input of [find, words, exact]) input.addEventListener("input", () => { this.#current = -1; this.#search(); });
    replacement.addEventListener("input", () => this.#search()); // the place meant stays
    const undone = button("Undo", "Undo the replacement (Ctrl+Z in the text)", () => { this.undo(); undone.hidden = true; });
    const count = element("p", { className: "count" });
    count.setAttribute("role", "status");
    Object.assign(this, { form, find, replacement, words, exact, addToGlossary, one, all, undone, count, list: element("ol", { className: "list" }) });
    this.parts = [form, count, undone, this.list];
  }

  #onEnter(event, action) {
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  #pattern() {
    const escaped = this.find.value.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    if (!escaped.trim()) return null;
    const edge = this.words.checked ? ["(?<![\\p{L}\\p{N}_])", "(?![\\p{L}\\p{N}_])"] : ["", ""];
    return new RegExp(edge[0] + escaped + edge[1], this.exact.checked ? "gu" : "giu");
  }

  #search() {
    const pattern = this.#pattern(), meant = this.#hits[this.#current];
    this.#hits = [];
    this.hidden = 0;
    if (pattern) this.model.turns.forEach((turn, t) => turn.paras.forEach(({ text }, p) => {
      for (const match of text.matchAll(pattern)) {
        if (this.model.isHidden(t)) this.hidden++;
        else this.#hits.push({ turn: t, para: p, offset: match.index, length: match[0].length });
      }
    }));
    this.#current = meant ? this.#hits.findIndex(hit => compare(hit, meant) === 0) : -1;
    if (meant) this.#origin = meant;
    for (const button of [this.one, this.all]) button.disabled = !this.#hits.length;
    this.list.replaceChildren(...this.#hits.slice(0, MOST_SHOWN).map((hit, i) => this.#preview(hit, i, this.replacement.value)));
    this.#showHits(this.#hits);
    this.#showCount();
  }

  #showHits(hits) {
    this.view.mark("hit", hits.map(hit => this.view.staticRange(...ends(hit))));
    const hit = hits[this.#current];
    this.view.mark("here", hit ? [this.view.staticRange(...ends(hit))] : []);
  }

  #showCount() {
    const total = this.#hits.length, number = this.#current < 0 ? "" : `${this.#current + 1} of `;
    const hidden = this.hidden ? `, ${this.hidden} more in hidden turns` : "";
    const listed = total > MOST_SHOWN ? `, the first ${MOST_SHOWN} listed` : "";
    this.count.textContent = this.#pattern() ? `${number}${total} ${total === 1 ? "place" : "places"}${hidden}${listed}` : "";
    this.list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    const item = this.list.children[this.#current];
    item?.setAttribute("aria-current", "true");
    item?.scrollIntoView({ block: "nearest" });
    if (this.form.contains(document.activeElement)) document.activeElement.scrollIntoView({ block: "nearest" }); // in a low window
  }

  #preview(hit, i, by) {
    const text = this.model.text(hit), end = hit.offset + hit.length;
    const from = hit.offset > CONTEXT ? text.lastIndexOf(" ", hit.offset - CONTEXT) + 1 : 0, to = text.indexOf(" ", end + CONTEXT);
    const before = (from ? "… " : "") + text.slice(from, hit.offset), later = to < 0 ? text.slice(end) : `${text.slice(end, to)} …`;
    const match = element(by ? "del" : "mark", { textContent: text.slice(hit.offset, end) });
    const replacement = by ? [element("ins", { textContent: by })] : [];
    return element("li", {}, element("button", { type: "button", className: "hit", onclick: () => this.#go(i) }, before, match, ...replacement, later));
  }

  #go(index) {
    this.#current = index;
    this.#showHits(this.#hits);
    this.#showCount();
    this.view.show(...ends(this.#hits[index]));
  }

  #replaceOne() {
    const hit = this.#hits[this.#current], by = this.replacement.value;
    if (!hit) return this.step(1);
    const text = this.model.text(hit);
    this.#current = -1;
    this.model.setTexts([{ turn: hit.turn, para: hit.para, text: text.slice(0, hit.offset) + by + text.slice(hit.offset + hit.length) }]);
    this.#origin = { ...hit, offset: hit.offset + by.length };
    this.#search();
    this.#onReplaced(1);
    return this.step(1);
  }

  #replaceAll() {
    const by = this.replacement.value, total = this.#hits.length, changes = new Map();
    for (const hit of this.#hits) {
      const key = `${hit.turn} ${hit.para}`, change = changes.get(key) ?? { turn: hit.turn, para: hit.para, parts: [], end: 0 };
      change.parts.push(this.model.text(hit).slice(change.end, hit.offset), by);
      changes.set(key, { ...change, end: hit.offset + hit.length });
    }
    const texts = [...changes.values()].map(({ turn, para, parts, end }) => ({ turn, para, text: parts.join("") + this.model.text({ turn, para }).slice(end) }));
    this.#current = -1;
    this.#showHits([]);
    this.model.setTexts(texts);
    this.#search();
    this.#onReplaced(total);
  }

  #onReplaced(total) {
    const find = this.find.value.trim(), by = this.replacement.value.trim();
    this.announce(`${total} replaced`);
    this.undone.textContent = `Undo ${total === 1 ? "the replacement" : `${total} replacements`}`;
    this.undone.hidden = false;
    this.#replacedVersion = this.model.version;
    if (this.addToGlossary.checked && by) this.#addToGlossary(find, by);
  }

  async #addToGlossary(misheard, correct) {
    const response = await request("/api/glossary", { misheard, correct });
    this.addToGlossary.checked = false;
    this.announce(response.ok ? `Added to the glossary: ${misheard} -> ${correct}` : await messageOf(response));
  }
}

const ends = hit => [hit, { ...hit, offset: hit.offset + hit.length }];
const compare = (one, other) => one.turn - other.turn || one.para - other.para || one.offset - other.offset;
