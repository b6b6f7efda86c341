// Edits that are not in the file yet, kept by the browser: they survive a closed tab, a crash, and a server that is gone.
//
// Every tab keeps its own, with what it is based on. At the next opening those of closed tabs are offered; the server
// merges them into the file, so they never go over what is newer.

export class Unsaved {
  #all; // the beginning of the names in the storage
  #own;

  constructor(draft) {
    this.#all = `unsaved ${draft} `;
    this.#own = this.#all + crypto.randomUUID();
    navigator.locks.request(this.#own, () => new Promise(() => {})); // until the tab is closed
  }

  /** Keep an edit: { revision, base, turns, names }. False if the browser has no room for it. */
  keep(edit) {
    try {
      localStorage.setItem(this.#own, JSON.stringify({ ...edit, at: Date.now() }));
      return true;
    } catch (error) {
      if (error.name !== "QuotaExceededError") throw error;
      return false;
    }
  }

  /** Forget an edit that is in the file: this tab's, or one with a name. */
  forget(name = this.#own) { localStorage.removeItem(name); }

  /** Call `offer` with each edit of a closed tab and its name, once the tab is closed; no other tab offers it then. */
  offer(offer) {
    const names = Object.keys(localStorage).filter(name => name.startsWith(this.#all) && name !== this.#own);
    for (const name of names) navigator.locks.request(name, () => {
      const edit = JSON.parse(localStorage.getItem(name));
      if (!edit) return undefined; // saved
      offer({ name, ...edit });
      return new Promise(() => {});
    });
  }
}

/** A paragraph's text as the file keeps it: the lines of a list or of code as they are, of other text no row of blanks. */
const kept = text => text.trim().includes("\n") ? text.trim() : text.trim().replace(/\s+/g, " ");

/** How many paragraphs an edit changed, as the file would have them. */
export function extent({ base, turns }) {
  const paragraphs = list => list.flatMap(([speaker, texts]) => texts.map(text => JSON.stringify([speaker, kept(text)])));
  const [before, after] = [paragraphs(base), paragraphs(turns)], beyond = (some, others) => some.filter(one => !others.has(one)).length;
  return Math.max(beyond(after, new Set(before)), beyond(before, new Set(after)));
}
