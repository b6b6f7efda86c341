// What the machine heard and the draft gives to nobody, or to another person: it can be heard and put back.

import { get } from "./server.js";
import { clock, element } from "./view.js";
import { tokens } from "./word_times.js";

const QUIET = 2500; // milliseconds without a change, until the server is asked again
const SHORTEST = 12; // words: deleting as many may leave something out
const SHOWN = 14; // words of a passage in the list
const EARLIER = 300; // milliseconds heard before a passage

export class LeftOut {
  title = "Left out";
  #all = [];
  #isShown = false;
  #words = 0; // of the text, when the server was asked
  #timer = 0;

  constructor({ model, view, player, announce, reveal }) {
    Object.assign(this, { model, view, player, announce, reveal });
    this.list = element("ol", { className: "list" });
    this.parts = [element("p", { className: "count", textContent: "Heard in the recording, but nobody's in the text, or another person's." }), this.list];
  }

  set(passages) {
    this.#all = passages;
    this.#words = this.#count();
    const button = document.getElementById("show-lost");
    button.hidden = !passages.length && !this.#isShown;
    button.textContent = `Left out ${passages.length}`;
    if (this.#isShown) this.#show();
  }

  open() {
    this.#isShown = true;
    this.#show();
  }

  close() {
    this.#isShown = false;
    this.set(this.#all);
  }

  /** Ask the server again after a change that can have left something out, or put it back. */
  refresh() {
    clearTimeout(this.#timer);
    if (this.#isShown || this.#all.length || this.#words - this.#count() >= SHORTEST) this.#timer = setTimeout(() => this.#ask(), QUIET);
  }

  async #ask() {
    const { version } = this.model, { lost } = await get("/api/lost").catch(() => ({}));
    if (lost && this.model.version === version) this.set(lost);
  }

  #count() { return this.model.turns.reduce((sum, turn) => turn.paras.reduce((all, para) => all + para.times.length / 2, sum), 0); }

  #show() {
    const none = element("li", { textContent: "Nothing is left out." });
    this.list.replaceChildren(...(this.#all.length ? this.#all.map(passage => this.#item(passage)) : [none]));
  }

  #item(passage) {
    const words = tokens(passage.said.map(part => part.text).join(" ")), more = words.length > SHOWN ? ` … (${words.length} words)` : "";
    const who = [...new Set(passage.said.map(part => part.speaker))].join(", ");
    const hear = element("button", { type: "button", className: "hit", title: "Hear it", onclick: () => this.#hear(passage) },
      element("span", { className: "time", textContent: clock(passage.start) }), ` ${words.slice(0, SHOWN).join(" ")}${more}`,
      element("small", { textContent: `${who}: ${passage.now ? `${passage.now}'s now, ` : ""}${passage.where}` }));
    const back = element("button", { type: "button", textContent: "Put back", onclick: () => this.#putBack(passage) });
    back.setAttribute("aria-label", `Put back what ${who} said at ${clock(passage.start)}`);
    return element("li", {}, hear, back);
  }

  #hear({ start, end }) {
    const places = this.player.placesAt(start);
    if (places) {
      this.reveal(places[1]);
      this.view.select(places[1]);
    }
    if (!document.getElementById("play").disabled) this.player.playFor(Math.max(0, start - EARLIER), end - start + 2 * EARLIER);
  }

  #putBack(passage) {
    const [from, to] = this.#placesOf(passage);
    this.reveal(from, to);
    const at = this.model.putBack(from, to, passage.said);
    if (!at) return;
    this.set(this.#all.filter(other => other !== passage));
    this.view.select(at);
    this.announce(`Put back; ${this.#all.length} left. Undo takes it out again`);
  }

  /** What a passage replaces: the same words under another person, or nothing, at its time. */
  #placesOf({ start, end, now, marker }) {
    const there = now && this.player.placesOf(start, end);
    if (!there) {
      const place = this.player.placesAt(start)?.[1] ?? { turn: 0, para: 0, offset: 0 };
      return [place, place];
    }
    const [from, to] = there;
    return [this.model.text(from).slice(0, from.offset).trim() === marker ? { ...from, offset: 0 } : from, to];
  }
}
