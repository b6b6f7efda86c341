// Typing: what the keyboard, an input method, the clipboard and the context menu do to the text goes to the model.

const pastedParagraphs = data => data.replace(/\r\n?/g, "\n").split(/\n\s*\n/).map(part => part.replace(/\s*\n\s*/g, " "));

export class Typing {
  #composing = null; // where an input method began; until it ends, it writes to the page

  /** `step` undoes or redoes: "undo", "redo". */
  constructor({ text, model, view, step }) {
    Object.assign(this, { model, view, step });
    text.addEventListener("beforeinput", event => this.#onInput(event));
    text.addEventListener("dragstart", event => event.preventDefault()); // dragging text is off; cut and paste move it
    text.addEventListener("compositionstart", () => this.#begin());
    text.addEventListener("compositionend", () => this.#end());
  }

  get isComposing() { return this.#composing !== null; }

  replace(from, to, parts, kind = "") { this.view.select(this.model.replace(from, to, parts, { kind })); }

  #onInput(event) {
    const selection = this.view.selection();
    if (!selection || event.inputType === "insertCompositionText") return undefined;
    event.preventDefault();
    if (this.isComposing) return undefined;
    const data = event.data ?? event.dataTransfer?.getData("text/plain") ?? "", { from, to } = selection;
    switch (event.inputType) {
      case "insertText": return this.replace(from, to, [data], "type");
      case "insertReplacementText": { const at = this.#target(event, selection); return this.replace(at.from, at.to, [data]); }
      case "insertFromPaste": case "insertFromYank": return this.replace(from, to, pastedParagraphs(data));
      case "insertFromDrop": { const at = this.#target(event, selection); return this.replace(at.from, at.from, pastedParagraphs(data)); }
      case "insertParagraph": return this.#withoutSelection(selection, at => this.model.split(at));
      case "insertLineBreak": return this.#withoutSelection(selection, at => this.model.breakParagraph(at));
      case "historyUndo": return this.step("undo");
      case "historyRedo": return this.step("redo");
      default: return event.inputType.startsWith("delete") ? this.#erase(event, selection) : undefined;
    }
  }

  #withoutSelection({ from, to, isCaret }, edit) {
    if (isCaret) return this.view.select(edit(from));
    const { version } = this.model, at = this.model.replace(from, to, [""]);
    return this.model.version === version ? undefined : this.view.select(edit(at));
  }

  #target(event, selection) {
    const range = event.getTargetRanges()[0];
    const from = range && this.view.place(range.startContainer, range.startOffset);
    const to = range && this.view.place(range.endContainer, range.endOffset);
    return from && to ? { from, to } : selection;
  }

  #erase(event, selection) {
    const { from, isCaret } = selection, isBack = event.inputType.endsWith("Backward");
    if (isCaret && isBack && from.offset === 0) return this.view.select(this.model.mergeBack(from));
    if (isCaret && !isBack && from.offset === this.model.text(from).length) {
      const next = this.#after(from);
      return next ? this.view.select(this.model.mergeBack(next)) : undefined;
    }
    const { from: start, to } = isCaret ? this.#target(event, selection) : selection;
    return this.replace(start, to, [""], isCaret ? "erase" : "");
  }

  #after({ turn, para }) {
    if (para + 1 < this.model.turns[turn].paras.length) return { turn, para: para + 1, offset: 0 };
    return turn + 1 < this.model.turns.length ? { turn: turn + 1, para: 0, offset: 0 } : null;
  }

  #begin() {
    const selection = this.view.selection();
    if (selection && !selection.isCaret) this.replace(selection.from, selection.to, [""]);
    this.#composing = this.view.selection()?.from ?? null;
  }

  #end() {
    if (!this.#composing) return;
    const at = this.#composing, caret = this.view.selection()?.from ?? at, typed = this.view.typed(at);
    this.#composing = null;
    if (typed !== this.model.text(at)) this.model.setTexts([{ ...at, text: typed }], at);
    this.view.restore(at);
    this.view.select(caret);
  }
}
