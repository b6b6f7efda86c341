// Paragraphs that were changed here and elsewhere: each shows the other version, and the editor chooses.

import { element } from "./view.js";

export class Conflicts {
  #open = []; // { key, para, mine, note }

  /** `resolved` is called with each conflict that is settled. */
  constructor({ model, view, resolved }) { Object.assign(this, { model, view, resolved }); }

  show(reported) {
    this.#open = reported.map(conflict => {
      const [turn, para, theirs] = conflict, { key, paras } = this.model.turns[turn], mine = paras[para].text;
      return { key, para, mine, note: this.#note(conflict, theirs, mine) };
    });
    this.place();
    this.#open[0]?.note.scrollIntoView({ block: "center" });
  }

  /** Put each note into its turn, or into another one if its turn was merged away. */
  place() {
    for (const { key, note } of this.#open) {
      if (note.isConnected) continue;
      const turn = this.model.turns.findIndex(other => other.key === key);
      this.view.section(Math.max(turn, 0)).querySelector(".body").append(note);
    }
  }

  #note(conflict, theirs, mine) {
    const button = (textContent, isTaken) => element("button", { type: "button", textContent, onclick: () => this.#settle(note, conflict, isTaken) });
    const note = element("aside", { className: "conflict", contentEditable: "false" },
      element("p", { textContent: "Your version is above. The file was changed elsewhere; its version of this paragraph:" }),
      theirs ? element("blockquote", {}, ...diffParts(theirs, mine)) : element("blockquote", { textContent: "(nothing: the paragraph was deleted)" }),
      button("Keep mine", false), " ", button("Take theirs", true));
    return note;
  }

  #settle(note, conflict, isTaken) {
    const { key, para, mine } = this.#open.find(other => other.note === note);
    const turn = this.model.turns.findIndex(other => other.key === key);
    if (isTaken && turn >= 0) { // find the paragraph's present position
      const { paras } = this.model.turns[turn], same = paras.findIndex(other => other.text === mine);
      this.model.setTexts([{ turn, para: same < 0 ? Math.min(para, paras.length - 1) : same, text: conflict[2] }]);
    }
    note.remove();
    this.#open = this.#open.filter(other => other.note !== note);
    this.resolved(conflict);
    this.view.root.focus({ preventScroll: true });
  }
}

/** A text as three parts: its common start and end with another text, and the differing middle, marked. */
function diffParts(text, other) {
  const words = text.split(" "), others = other.split(" ");
  let head = 0, tail = 0;
  while (head < words.length && words[head] === others[head]) head++;
  while (tail < words.length - head && tail < others.length - head && words.at(-1 - tail) === others.at(-1 - tail)) tail++;
  const part = (from, to) => words.slice(from, to).join(" "), end = words.length - tail;
  return [part(0, head), " ", element("mark", { textContent: part(head, end) }), " ", part(end)];
}
