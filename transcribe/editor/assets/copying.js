// Copying what is selected, or a turn, with the speakers' names: as plain text, or as Markdown.

import { SIGNS } from "./view.js";

const MARKUP = new RegExp(`\\\\([!-/:-@[-\`{-~])|${SIGNS.source}`, "g");
const decoded = entity => new DOMParser().parseFromString(entity, "text/html").documentElement.textContent;

/** A paragraph of Markdown as plain text. */
export const plain = text => text.replace(MARKUP, (sign, escaped) => escaped ?? (sign.startsWith("&") ? decoded(sign) : ""));

const escaped = name => name.replace(/[\\`*_[\]<>]/g, "\\$&");

export class Copying {
  constructor({ model, view, names, announce }) { Object.assign(this, { model, view, names, announce }); }

  /** Copy the selected passage, or the turn of the cursor, or this one. */
  async copy(isMarkdown, turn = this.view.selection()?.from.turn) {
    const selection = this.view.selection();
    if (turn === undefined) return this.announce("Select what to copy, or put the cursor in a turn");
    const { from, to } = selection && !selection.isCaret ? selection : { from: { turn, para: 0, offset: 0 }, to: this.view.end(turn) };
    const passages = this.model.passages(from, to).filter((_, i) => !this.model.isHidden(from.turn + i));
    await navigator.clipboard.writeText(passages.map(passage => this.#written(passage, isMarkdown)).join("\n\n"));
    return this.announce(passages.length === 1 ? "1 passage copied" : `${passages.length} passages copied`);
  }

  #written({ speaker, texts }, isMarkdown) {
    const name = this.names.full(speaker), paragraphs = texts.map(text => text.trim());
    return isMarkdown ? `**${escaped(name)}**: ${paragraphs.join("\n\n")}` : `${name}: ${paragraphs.map(plain).join("\n\n")}`;
  }
}
