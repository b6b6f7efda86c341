// Earlier versions of the draft, as the server keeps them: what has changed since, and back to one.

import { get } from "./server.js";
import { element } from "./view.js";

const MOST = 100; // changed paragraphs shown

export class Versions {
  title = "Versions";

  constructor({ model, announce }) {
    Object.assign(this, { model, announce });
    this.list = element("ol", { className: "list" });
    this.changes = element("div");
    this.parts = [element("p", { className: "count", textContent: "The text is kept every ten minutes while it changes, for a week." }), this.list, this.changes];
  }

  async open() {
    this.changes.replaceChildren();
    this.list.replaceChildren(element("li", { textContent: "Loading …" }));
    const { versions } = await get("/api/versions").catch(() => ({ versions: [] }));
    const none = element("li", { textContent: "None yet." });
    this.list.replaceChildren(...(versions.length ? versions.map(moment => this.#item(moment)) : [none]));
  }

  close() {}
  refresh() {}

  #item(moment) {
    const when = new Date(1000 * moment).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    return element("li", {}, element("button", { type: "button", className: "hit", textContent: when, onclick: event => this.#compare(moment, when, event.currentTarget) }));
  }

  /** Show what has changed since a version. */
  async #compare(moment, when, button) {
    const { turns } = await get(`/api/versions/${moment}`);
    const [then, now] = [turns, this.model.turns.map(({ speaker, paras }) => ({ speaker, paragraphs: paras.map(para => para.text) }))].map(lines);
    const gone = beyond(then, now), fresh = beyond(now, then);
    this.list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    button.parentElement.setAttribute("aria-current", "true");
    const back = element("button", { type: "button", className: "primary", textContent: "Back to this version", onclick: () => this.#restore(turns, when) });
    const shown = (tag, texts) => texts.slice(0, MOST).map(text => element("p", {}, element(tag, { textContent: text })));
    this.changes.replaceChildren(element("h3", { textContent: `Since ${when}` }),
      ...(gone.length || fresh.length ? [back, element("h4", { textContent: "Then" }), ...shown("del", gone), element("h4", { textContent: "Now" }), ...shown("ins", fresh)]
        : [element("p", { textContent: "Nothing has changed." })]));
    this.announce(`${Math.max(gone.length, fresh.length)} paragraphs have changed since ${when}`);
  }

  #restore(turns, when) {
    this.model.adopt(turns, { isOwn: true });
    this.changes.replaceChildren();
    this.announce(`The text is that of ${when}. Undo brings the later one back`);
  }
}

/** Turns as lines: who says each paragraph. */
const lines = turns => turns.flatMap(({ speaker, paragraphs }) => paragraphs.map(text => `${speaker}: ${text}`));

function beyond(some, others) {
  const known = new Set(others);
  return some.filter(one => !known.has(one));
}
