// What the editor must know, at the top of the page until it is settled: each notice says what is the matter and offers
// the next step. Apart from the status, which says whether the text is saved.

import { element } from "./view.js";

export class Notices {
  #shown = new Map(); // name → { message, node }

  constructor(root) { this.root = root; }

  /** Show a notice in place of the one with the same name, if it says something else; `steps` are [label, action]. */
  show(name, message, steps = []) {
    if (this.#shown.get(name)?.message === message) return;
    this.hide(name);
    const buttons = [...steps, ["Close", () => {}]].map(([textContent, action]) => element("button", { type: "button", textContent,
      onclick: () => { this.#shown.get(name)?.node.remove(); action(); } })); // its message is not shown again
    const node = element("div", { className: "notice" }, element("p", { textContent: message }), element("div", { className: "row" }, ...buttons));
    node.setAttribute("role", "alert");
    node.dataset.name = name;
    this.#shown.set(name, { message, node });
    this.root.append(node);
  }

  /** Show a notice of what was just tried, also if the same was closed before. */
  tell(name, message, steps) {
    if (!this.#shown.get(name)?.node.isConnected) this.hide(name);
    this.show(name, message, steps);
  }

  hide(name) {
    this.#shown.get(name)?.node.remove();
    this.#shown.delete(name);
  }
}
