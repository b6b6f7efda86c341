// Doubtful passages: the likeliest errors first, heard one by one, accepted or corrected. What is typed over is settled.

import { request, messageOf } from "./server.js";
import { clock, element } from "./view.js";

const CONTEXT = 4; // words before and after a passage
const QUIET = 400; // milliseconds without a change, until the list is brought up to date
const EARLIER = 1000; // milliseconds heard before a passage
const ORDERS = { errors: "Likeliest errors first", time: "In order of time" };

export class Doubts {
  title = "Doubts";
  #all = []; // as the server has them, each with the `text` it had then
  #accepted = new Set();
  #open = []; // those left, in order
  #at = -1; // the chosen one of them; before the first, or after one that is settled, the one before the next
  #timer = 0;
  #isShown = false;

  constructor({ model, view, player, announce, reveal }) {
    Object.assign(this, { model, view, player, announce, reveal });
    const saved = JSON.parse(localStorage.getItem("doubts") ?? "{}");
    this.order = element("select", { id: "doubt-order", onchange: () => this.#set() },
      ...Object.entries(ORDERS).map(([value, textContent]) => element("option", { value, textContent })));
    this.order.value = saved.order ?? "errors";
    this.isMarked = element("input", { id: "mark-doubts", type: "checkbox", checked: saved.isMarked ?? false, onchange: () => this.#set() });
    this.count = element("p", { className: "count" });
    this.list = element("ol", { className: "list" });
    this.parts = [element("form", {}, element("label", {}, "Order ", this.order), element("label", { className: "check" }, this.isMarked, " Mark all in the text")), this.count, this.list];
  }

  /** Take over the server's doubts of the text the model has now. */
  set(doubts) {
    this.#all = doubts.map(doubt => ({ ...doubt, text: this.#textOf(doubt) }));
    this.#accepted.clear();
    this.#update();
  }

  open() {
    this.#isShown = true;
    this.#show();
  }

  close() {
    this.#isShown = false;
    this.#mark();
  }

  /** Look again at what is left, after a change of the text. */
  refresh() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#update(), QUIET);
  }

  /** Go to the next doubt (1) or the one before (-1), and play it. */
  step(by) {
    this.#update();
    const count = this.#open.length;
    if (!count) return this.announce("No doubts left");
    return this.#choose(this.#open[this.#at < 0 ? (by > 0 ? 0 : count - 1) : (this.#at + by + count) % count]);
  }

  /** Select the chosen passage, to type over it. */
  correct() {
    const doubt = this.#open[this.#at];
    if (!doubt) return this.announce("No doubt is chosen");
    const places = this.#placesOf(doubt);
    if (!places) return undefined;
    this.reveal(...places);
    return this.view.select(...places);
  }

  /** Mark a passage as correct. */
  async accept(doubt = this.#open[this.#at]) {
    if (!doubt) return;
    const before = await this.#confirm(doubt);
    if (before) this.model.remember({ undo: () => this.#restore(before, doubt), redo: () => this.#confirm(doubt) });
  }

  #choose(doubt) {
    this.#at = this.#open.indexOf(doubt);
    this.announce(`Doubt ${this.#at + 1} of ${this.#open.length}: ${doubt.reason}`);
    this.correct();
    this.#show();
    if (!document.getElementById("play").disabled) this.player.playFrom(Math.max(0, doubt.start - EARLIER));
  }

  /** Confirm a passage; returns what the server needs to undo it, null if it failed. */
  async #confirm(doubt) {
    const { start, end } = doubt, response = await request("/api/accept", { start, end });
    if (!response.ok) {
      this.announce(await messageOf(response));
      return null;
    }
    for (const other of this.#overlapping(doubt)) this.#accepted.add(other);
    this.#update();
    this.announce(`Marked as correct; ${this.#open.length} left. Undo brings it back`);
    return response.json();
  }

  async #restore(before, doubt) {
    const response = await request("/api/restore", before);
    if (!response.ok) return this.announce(await messageOf(response));
    const same = this.#overlapping(doubt);
    for (const other of same) this.#accepted.delete(other);
    if (!same.length) this.#all.push(doubt); // the page has been loaded again since
    this.#update();
    this.#at = this.#open.findIndex(other => other.start === doubt.start && other.end === doubt.end);
    this.#show();
    return this.announce(`Doubtful again; ${this.#open.length} left`);
  }

  #overlapping({ start, end }) { return this.#all.filter(other => other.end > start && other.start < end); }

  #set() {
    localStorage.setItem("doubts", JSON.stringify({ order: this.order.value, isMarked: this.isMarked.checked }));
    this.#update();
  }

  #update() {
    const chosen = this.#open[this.#at], byTime = (one, other) => one.start - other.start;
    this.#open = this.#all.filter(doubt => !this.#accepted.has(doubt) && !this.#isSettled(doubt))
      .sort(this.order.value === "time" ? byTime : (one, other) => other.errors - one.errors || byTime(one, other));
    if (chosen) this.#at = this.#open.includes(chosen) ? this.#open.indexOf(chosen) : Math.min(this.#at, this.#open.length) - 1;
    document.getElementById("show-doubts").textContent = this.#open.length ? `Doubts ${this.#open.length}` : "Doubts";
    this.#show();
  }

  #show() {
    this.#mark();
    if (!this.#isShown) return;
    this.count.textContent = this.#open.length ? `${this.#open.length} left` : "No doubtful passages left.";
    const isFocused = this.list.contains(document.activeElement);
    this.list.replaceChildren(...this.#open.map((doubt, i) => this.#item(doubt, i === this.#at)));
    const current = this.list.querySelector("[aria-current]");
    current?.scrollIntoView({ block: "nearest" });
    if (isFocused) (current ?? this.list).querySelector("button")?.focus();
  }

  #mark() {
    const chosen = this.#open[this.#at], marked = this.isMarked.checked ? this.#open : chosen && this.#isShown ? [chosen] : [];
    this.view.mark("doubt", marked.map(doubt => this.player.placesOf(doubt.start, doubt.end)).filter(Boolean).map(places => this.view.staticRange(...places)));
  }

  #item(doubt, isChosen) {
    const hear = element("button", { type: "button", className: "hit", onclick: () => this.#choose(doubt) },
      element("span", { className: "time", textContent: clock(doubt.start) }), " ", ...this.#excerpt(doubt), element("small", { textContent: doubt.reason }));
    const right = element("button", { type: "button", textContent: "Correct", title: "Mark as correct (F9)", onclick: () => this.accept(doubt) });
    const item = element("li", {}, hear, right);
    if (isChosen) item.setAttribute("aria-current", "true");
    return item;
  }

  #excerpt(doubt) {
    const places = this.#placesOf(doubt);
    if (!places) return ["(no words)"];
    const [from, to] = places, before = this.model.text(from).slice(0, from.offset), after = this.model.text(to).slice(to.offset);
    const near = [before.match(new RegExp(`(?:\\S+\\s*){0,${CONTEXT}}$`))[0], after.match(new RegExp(`^(?:\\s*\\S+){0,${CONTEXT}}`))[0]];
    const words = this.model.textBetween(from, to), shown = words.length > 90 ? `${words.slice(0, 88)} …` : words || "[…]";
    return [near[0] === before ? "" : "… ", near[0], element("mark", { textContent: shown }), near[1], near[1] === after ? "" : " …"];
  }

  /** Where a passage is in the text; of one without words, where they would be. */
  #placesOf(doubt) {
    const places = this.player.placesOf(doubt.start, doubt.end);
    if (places) return places;
    const before = this.player.placesAt(doubt.start);
    return before && [before[1], before[1]];
  }

  /** Whether the words of a passage are not there any more, or there are some where there were none. */
  #isSettled(doubt) {
    const text = this.#textOf(doubt);
    return doubt.text ? !` ${text} `.includes(` ${doubt.text} `) : Boolean(text);
  }

  #textOf(doubt) {
    const places = this.player.placesOf(doubt.start, doubt.end);
    return places ? this.model.textBetween(...places) : "";
  }
}
