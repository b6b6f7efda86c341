// The menu of a turn's speaker: who it is, from where on, everywhere, and how the voice sounds.

import { ask } from "./dialogs.js";
import { element } from "./view.js";

const HEARD = 5000; // milliseconds of a voice

export class SpeakerMenu {
  #menu = document.getElementById("menu");
  #from = null; // the selection or the button to go back to
  #opener = null;

  constructor({ model, view, player, names, copying, announce }) {
    Object.assign(this, { model, view, player, names, copying, announce });
    this.#menu.addEventListener("keydown", event => this.#onKey(event));
    document.addEventListener("pointerdown", event => { if (!this.#menu.hidden && !event.target.closest("#menu")) this.#hide(); });
  }

  /** Open the menu for the turn of the caret. */
  openAtCaret() {
    const selection = this.view.selection();
    if (selection) this.open(selection.from.turn, this.view.button(selection.from.turn), selection.from);
  }

  open(turn, button, caret = null) {
    this.#menu.replaceChildren(...this.#groups(turn, caret));
    this.#menu.hidden = false;
    const box = button.getBoundingClientRect(), { offsetWidth, offsetHeight, style } = this.#menu;
    style.left = `${Math.max(8, Math.min(box.left, innerWidth - offsetWidth - 8))}px`;
    style.top = `${Math.max(8, Math.min(box.bottom + 4, innerHeight - offsetHeight - 8))}px`;
    this.#from = this.view.selection() ?? button;
    button.setAttribute("aria-expanded", "true");
    this.#opener = button;
    this.#menu.querySelector("button").focus();
  }

  #groups(turn, caret) {
    const { model, view, names } = this, { speaker, paras } = model.turns[turn], name = names.full(speaker);
    const others = model.speakers.filter(other => other !== speaker), start = paras.flatMap(para => para.times).find(time => time >= 0);
    const assign = who => { model.reassign(turn, who); this.announce(`Speaker of this turn: ${names.full(who)}`); };
    const divide = who => view.select(model.split(caret, who));
    const people = (action, question) => [...others.map(other => this.#item(names.full(other), () => action(other))),
      this.#item("New speaker …", async () => { const who = await this.#askName(question); if (who) action(who); })];
    const hear = this.#item(`Hear ${name} for 5 seconds`, () => this.player.playFor(start, HEARD));
    return [group("This turn is by", ...people(assign, "Who speaks in this turn?")),
      ...(caret && (caret.para || caret.offset) ? [group("From the cursor on", ...people(divide, "Who speaks from here on?"))] : []),
      group("Copy this turn, or what is selected", ...[["Copy with names", false], ["Copy as Markdown", true]].map(
        ([label, isMarkdown]) => this.#item(label, () => this.copying.copy(isMarkdown, turn)))),
      group("Everywhere", ...(start === undefined || document.getElementById("play").disabled ? [] : [hear]),
        ...(names.suggestion(speaker) ? [this.#item(`Rename ${name} to ${names.suggestion(speaker)}`, () => this.#rename(speaker, names.suggestion(speaker)))] : []),
        this.#item(`Rename ${name} …`, () => this.renameEverywhere(speaker)))];
  }

  #item(label, action) {
    const button = element("button", { type: "button", textContent: label, tabIndex: -1, onclick: () => { this.#close(); action(); } });
    button.setAttribute("role", "menuitem");
    return button;
  }

  async #askName(question) {
    const full = await ask(question, "", "Name");
    return full && this.names.taken(full);
  }

  /** Ask for a speaker's name. */
  async renameEverywhere(speaker) {
    const full = this.names.full(speaker), name = await ask(`Rename ${full} everywhere`, full, "New name");
    if (name) this.#rename(speaker, name);
  }

  #rename(speaker, full) { this.announce(`${speaker} renamed ${this.names.rename(speaker, full)} everywhere`); }

  #onKey(event) {
    const items = [...this.#menu.querySelectorAll("button")], here = items.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) items.at((here + step) % items.length).focus();
    else if (event.key === "Escape" || event.key === "Tab") this.#close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #close() {
    this.#hide();
    if (this.#from?.from) this.view.select(this.#from.from, this.#from.to);
    else this.#from?.focus?.();
  }

  #hide() {
    this.#menu.hidden = true;
    this.#opener?.removeAttribute("aria-expanded");
  }
}

function group(label, ...items) {
  const created = element("div", {}, element("p", { textContent: label, ariaHidden: "true" }), ...items);
  created.setAttribute("role", "group");
  created.setAttribute("aria-label", label);
  return created;
}
