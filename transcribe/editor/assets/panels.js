// The side panel: the list of doubts, and search and replace.

import { Search } from "./search.js";
import { request, messageOf } from "./server.js";
import { clock, element } from "./view.js";

export class Panels {
  #doubts = [];
  #chosen = -1;
  #openPanel = "";
  #panel = document.getElementById("panel");

  constructor({ model, view, player, announce, reveal, undo }) {
    Object.assign(this, { model, view, player, announce, reveal });
    this.search = new Search({ model, view, announce, undo });
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
    if (this.#openPanel === "search") this.search.refresh();
  }

  toggle(name) { if (this.#openPanel === name) this.close(); else this.open(name); }

  open(name) {
    this.#openPanel = name;
    this.#panel.hidden = false;
    document.body.dataset.panel = name;
    this.#markOpenButton();
    if (name === "doubts") this.#showDoubts();
    else {
      this.#panel.replaceChildren(this.#head("Search and replace"), ...this.search.parts);
      this.search.open();
    }
  }

  close() {
    const closed = this.#openPanel;
    this.#openPanel = "";
    this.#panel.hidden = true;
    delete document.body.dataset.panel;
    this.#markOpenButton();
    this.view.mark("doubt", []);
    if (closed === "search") this.search.close();
  }

  /** Go to the next or the previous place found. */
  stepSearch(by) { if (this.#openPanel === "search") this.search.step(by); else this.open("search"); }

  step(by) {
    if (!this.#doubts.length) return this.announce("No doubts left");
    const count = this.#doubts.length;
    return this.choose(this.#chosen < 0 ? (by > 0 ? 0 : count - 1) : (this.#chosen + by + count) % count);
  }

  choose(index) {
    this.#chosen = index;
    const doubt = this.#doubts[index], places = this.player.placesOf(doubt.start, doubt.end);
    if (places) {
      this.reveal(...places);
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
    const before = await this.#confirm(doubt, index);
    if (before) this.model.remember({ undo: () => this.#restore(before, doubt), redo: () => this.#confirm(doubt) });
  }

  /** Confirm a doubtful passage; returns what the server needs to undo it, null if it failed. */
  async #confirm(doubt, index = this.#doubts.findIndex(other => other.start === doubt.start && other.end === doubt.end)) {
    const response = await request("/api/accept", doubt);
    if (!response.ok) {
      this.announce(await messageOf(response));
      return null;
    }
    if (index >= 0) this.#doubts = this.#doubts.toSpliced(index, 1);
    this.#chosen = Math.min(Math.max(index, 0), this.#doubts.length) - 1;
    this.view.mark("doubt", []);
    this.#showAgain();
    this.announce(`Marked as correct; ${this.#doubts.length} left. Undo brings it back`);
    return response.json();
  }

  async #restore(before, doubt) {
    const response = await request("/api/restore", before);
    if (!response.ok) return this.announce(await messageOf(response));
    const index = this.#doubts.findIndex(other => other.start > doubt.start);
    this.#chosen = index < 0 ? this.#doubts.length : index;
    this.#doubts = this.#doubts.toSpliced(this.#chosen, 0, doubt);
    this.#showAgain();
    return this.announce(`Doubtful again; ${this.#doubts.length} left`);
  }

  #showAgain() {
    this.#showCount();
    if (this.#openPanel === "doubts") this.#showDoubts();
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
      const right = element("button", { type: "button", textContent: "Correct", title: "Mark as correct (F9)", onclick: () => this.accept(i) });
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
}
