// Doubtful passages, and speakers whose names are doubtful: the likeliest errors first, heard one by one, and marked as
// correct, taken as something else heard them, or corrected. What is typed over is settled.

import { inPlace } from "./readings.js";
import { request, messageOf } from "./server.js";
import { clock, element } from "./view.js";

const CONTEXT = 4; // words before and after a passage
const QUIET = 400; // milliseconds without a change, until the list is brought up to date
const EARLIER = 1000; // milliseconds heard before a passage
const ORDERS = { errors: "Likeliest errors first", time: "In order of time" };

const OWN = ["start", "end", "speaker", "reason", "alternative"]; // what one doubt does not share with another

/** Also of two that were loaded one after the other. */
const isSame = (one, other) => OWN.every(name => one[name] === other[name]);

export class Doubts {
  title = "Doubts";
  #all = []; // as the server has them, each with the `text` it had then; of names those of a `speaker`
  #accepted = new Set();
  #open = []; // those left, in order
  #at = -1; // the chosen one of them; before the first, or after one that is settled, the one before the next
  #timer = 0;
  #isShown = false;

  constructor({ model, view, player, names, keys, announce, reveal, rename }) {
    Object.assign(this, { model, view, player, names, keys, announce, reveal, rename });
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
    this.#all = [...this.#doubtfulNames(), ...doubts.map(doubt => ({ ...doubt, text: this.#textOf(doubt) }))];
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

  /** Select the chosen passage, to type over it; ask for the chosen speaker's name. */
  correct() {
    const doubt = this.#open[this.#at];
    if (!doubt) return this.announce("No doubt is chosen");
    return doubt.speaker ? this.rename(doubt.speaker) : this.#select(doubt);
  }

  /** Put the other reading in place of a passage, or the suggested name in place of a speaker's, and go to the next. */
  take(doubt = this.#open[this.#at]) {
    if (!doubt) return this.announce("No doubt is chosen");
    if (!doubt.alternative) return this.announce("There is no other reading of this passage");
    const [from, to] = this.#placesOf(doubt), { model } = this;
    if (from.turn !== to.turn) return this.announce("This passage is in two turns; correct it by hand");
    this.#at = this.#open.indexOf(doubt);
    this.reveal(from, to);
    if (doubt.speaker) this.names.rename(doubt.speaker, doubt.alternative);
    else {
      const [before, after] = [model.text(from).slice(0, from.offset), model.text(to).slice(to.offset)];
      const text = inPlace(doubt.alternative, model.textBetween(from, to), before, after);
      model.replace(from, to, [text], { command: this.#confirming(doubt) });
    }
    return this.step(1);
  }

  /** Mark a passage as correct. */
  async accept(doubt = this.#open[this.#at]) {
    if (!doubt) return void this.announce("No doubt is chosen");
    const command = this.#confirming(doubt);
    if (!await command.done) return;
    this.model.remember(command);
    this.announce(`Marked as correct; ${this.#open.length} left. Undo brings it back`);
  }

  /** The command that confirms a passage, begun; `done` is what the server needs to undo it, null if it failed. */
  #confirming(doubt) {
    const command = { done: this.#confirm(doubt), redo: () => { command.done = this.#confirm(doubt); } };
    command.undo = async () => this.#restore(await command.done, doubt);
    return command;
  }

  #choose(doubt) {
    this.#at = this.#open.indexOf(doubt);
    const other = doubt.alternative && `, or: ${doubt.alternative}`;
    this.announce(`Doubt ${this.#at + 1} of ${this.#open.length}: ${doubt.reason}${other}`);
    this.#select(doubt);
    this.#show();
    if (!document.getElementById("play").disabled) this.player.playFrom(Math.max(0, doubt.start - EARLIER));
  }

  #select(doubt) {
    const places = this.#placesOf(doubt);
    this.reveal(...places);
    this.view.select(...places);
  }

  /** The server's response; null if it refuses or cannot be reached, which is said. */
  async #ask(path, data) {
    const response = await request(path, data).catch(() => null);
    if (!response?.ok) this.announce(response ? await messageOf(response) : "No connection to the editor's server.");
    return response?.ok ? response : null;
  }

  async #confirm(doubt) {
    const { start, end, speaker } = doubt, response = await this.#ask("/api/accept", speaker ? { speaker } : { start, end });
    if (!response) return null;
    for (const other of this.#overlapping(doubt)) this.#accepted.add(other);
    this.#update();
    return response.json();
  }

  async #restore(before, doubt) {
    if (!before) return undefined;
    if (!await this.#ask("/api/restore", before)) return undefined;
    const same = this.#overlapping(doubt);
    for (const other of same) this.#accepted.delete(other);
    if (!same.length) this.#all.push(doubt); // the page has been loaded again since
    this.#update();
    this.#at = this.#indexOf(doubt);
    this.#show();
    return this.announce(`Doubtful again; ${this.#open.length} left`);
  }

  #overlapping({ start, end, speaker }) {
    return this.#all.filter(other => speaker || other.speaker ? other.speaker === speaker : other.end > start && other.start < end);
  }

  #set() {
    localStorage.setItem("doubts", JSON.stringify({ order: this.order.value, isMarked: this.isMarked.checked }));
    this.#update();
  }

  #update() {
    const chosen = this.#open[this.#at], byTime = (one, other) => one.start - other.start;
    this.#open = this.#all.filter(doubt => !this.#accepted.has(doubt) && !this.#isSettled(doubt))
      .sort(this.order.value === "time" ? byTime : (one, other) => !one.speaker - !other.speaker || other.errors - one.errors || byTime(one, other));
    const at = chosen ? this.#indexOf(chosen) : this.#at;
    this.#at = chosen && at < 0 ? Math.min(this.#at, this.#open.length) - 1 : at;
    document.getElementById("show-doubts").textContent = this.#open.length ? `Doubts ${this.#open.length}` : "Doubts";
    this.#show();
  }

  /** Where a doubt is in the list, or the same one that was loaded since; -1 if it is not left. */
  #indexOf(doubt) {
    const at = this.#open.indexOf(doubt);
    return at < 0 ? this.#open.findIndex(other => isSame(other, doubt)) : at;
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
    this.view.mark("doubt", marked.filter(doubt => !doubt.speaker).map(doubt => this.player.placesOf(doubt.start, doubt.end)).filter(Boolean).map(places => this.view.staticRange(...places)));
  }

  #item(doubt, isChosen) {
    const { alternative } = doubt, other = alternative ? [element("span", { className: "or" }, "or: ", element("ins", { textContent: alternative }))] : [];
    const hear = element("button", { type: "button", className: "hit", onclick: () => this.#choose(doubt) },
      element("span", { className: "time", textContent: clock(doubt.start) }), " ", ...this.#excerpt(doubt), ...other, element("small", { textContent: doubt.reason }));
    const button = (textContent, title, onclick) => element("button", { type: "button", textContent, title, onclick });
    const take = button("Take", `Take “${alternative}” (${this.keys.label("take")})`, () => this.take(doubt));
    const right = button("Correct", `Mark as correct (${this.keys.label("accept")})`, () => this.accept(doubt));
    const item = element("li", {}, hear, element("div", { className: "choices" }, ...(alternative ? [take] : []), right));
    if (isChosen) item.setAttribute("aria-current", "true");
    return item;
  }

  #excerpt(doubt) {
    if (doubt.speaker) return ["The name ", element("mark", { textContent: this.names.full(doubt.speaker) })];
    const [from, to] = this.#placesOf(doubt), before = this.model.text(from).slice(0, from.offset), after = this.model.text(to).slice(to.offset);
    const near = [(before.match(/\S+\s*/g) ?? []).slice(-CONTEXT).join(""), (after.match(/\s*\S+/g) ?? []).slice(0, CONTEXT).join("")];
    const words = this.model.textBetween(from, to), shown = words.length > 90 ? `${words.slice(0, 88)} …` : words || "[…]";
    return [near[0] === before ? "" : "… ", near[0], element("mark", { textContent: shown }), near[1], near[1] === after ? "" : " …"];
  }

  /** The speakers of the text whose names may be others. */
  #doubtfulNames() {
    return this.model.speakers.filter(speaker => this.names.suggestion(speaker)).map(speaker => {
      const turn = this.model.turns[this.#firstTurn(speaker)], start = turn.paras.flatMap(para => para.times).find(time => time >= 0) ?? 0;
      return { speaker, start, end: start, alternative: this.names.suggestion(speaker), reason: "the name is not sure" };
    });
  }

  #firstTurn(speaker) { return this.model.turns.findIndex(turn => turn.speaker === speaker); }

  /** Where a passage is in the text; of one without words, where they would be; of a name, where its turns begin. */
  #placesOf({ start, end, speaker }) {
    const places = speaker ? null : this.player.placesOf(start, end);
    if (places) return places;
    const before = this.player.placesAt(start)?.[1] ?? { turn: 0, para: 0, offset: 0 };
    const place = speaker ? { turn: this.#firstTurn(speaker), para: 0, offset: 0 } : before;
    return [place, place];
  }

  /** Whether the words of a passage are not there any more, or there are some where there were none. */
  #isSettled(doubt) {
    if (doubt.speaker) return !this.model.speakers.includes(doubt.speaker);
    const text = this.#textOf(doubt);
    return doubt.text ? !` ${text} `.includes(` ${doubt.text} `) : Boolean(text);
  }

  #textOf(doubt) {
    const places = this.player.placesOf(doubt.start, doubt.end);
    return places ? this.model.textBetween(...places) : "";
  }
}
