// The side panel shows one of its pages: doubts, what is left out, or search and replace. A page has a `title`, `parts` to
// show, and `open`, `close` and `refresh`, which is called after each change of the text.

import { element } from "./view.js";

const button = name => document.getElementById(`show-${name}`);

export class Panels {
  #shown = ""; // the name of the page
  #from = null; // the selection in the text when one was opened
  #panel = document.getElementById("panel");

  constructor(pages, { view }) {
    Object.assign(this, { pages, view });
    for (const name of Object.keys(pages)) button(name).onclick = () => this.toggle(name);
  }

  get isOpen() { return Boolean(this.#shown); }

  refresh() { for (const page of Object.values(this.pages)) page.refresh(); }

  toggle(name) { if (this.#shown === name) this.close(); else this.open(name); }

  open(name) {
    if (this.#shown && this.#shown !== name) this.pages[this.#shown].close();
    if (!this.#panel.contains(document.activeElement)) this.#from = this.view.selection() ?? this.#from;
    this.#show(name);
    const page = this.pages[name], close = element("button", { type: "button", textContent: "Close", onclick: () => this.close() });
    this.#panel.replaceChildren(element("div", { className: "head" }, element("h2", { textContent: page.title }), close), ...page.parts);
    page.open();
  }

  /** Close it; who was in it goes back to where the cursor was in the text. */
  close() {
    const closed = this.pages[this.#shown], isInside = this.#panel.contains(document.activeElement);
    if (isInside) {
      document.getElementById("text").focus({ preventScroll: true });
      if (this.#from) this.view.reselect(this.#from);
    }
    this.#show("");
    closed.close();
  }

  /** Go to the next or the previous place found. */
  stepSearch(by) { if (this.#shown === "search") this.pages.search.step(by); else this.open("search"); }

  #show(name) {
    this.#shown = name;
    this.#panel.hidden = !name;
    if (name) document.body.dataset.panel = name;
    else delete document.body.dataset.panel;
    for (const each of Object.keys(this.pages)) button(each).setAttribute("aria-expanded", String(each === name));
  }
}
