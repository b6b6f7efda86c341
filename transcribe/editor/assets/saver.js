// Saves the model to the draft within a second, detects changes of the file by others, and keeps unsaved edits while the
// server is unreachable.

import { Refusal, request, get, messageOf } from "./server.js";

const QUIET = 400, LATEST = 900, POLL = 2000, RETRY = 1500; // milliseconds
const STORED = "Your edits stay on this page and are saved later.";

export class Saver {
  #savedVersion = 0; // the model's version that is on disk
  #revision = "";
  #base = null; // the turns that this page's edits are based on
  #isBehind = false; // the file at `#revision` has edits that `#base` lacks
  #timer = 0;
  #since = 0; // time of the first unsaved edit, 0 if all are saved
  #isBusy = false;
  #conflicts = []; // unresolved
  #isLoaded = false;
  #keptVersion = -1; // the model's version that the browser keeps

  constructor(model, { unsaved, status, reload, showConflicts, showRefusal, showServerState }) {
    Object.assign(this, { model, unsaved, status, reload, showConflicts, showRefusal, showServerState });
  }

  get isDirty() { return this.#isLoaded && this.model.version !== this.#savedVersion; }

  /** The model equals the file of this revision. */
  markSaved(revision) {
    this.#isLoaded = true;
    this.#revision = revision;
    this.#base = this.model.payload();
    this.#isBehind = false;
    this.#savedVersion = this.model.version;
    this.#since = 0;
    this.unsaved.forget();
    this.status("Saved");
  }

  start() {
    setInterval(() => this.#poll(), POLL);
    addEventListener("pagehide", () => this.#keep());
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.now(); else this.#poll(); });
  }

  /** Save after a pause in typing. */
  saveSoon() {
    if (!this.isDirty) return;
    const now = performance.now();
    this.#since ||= now;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.now(), Math.max(0, Math.min(QUIET, this.#since + LATEST - now)));
  }

  resolved(conflict) {
    this.#conflicts = this.#conflicts.filter(other => other !== conflict);
    this.#showConflictCount();
    if (!this.#conflicts.length) this.now();
  }

  async now() {
    this.#keep();
    if (this.#isBusy || !this.isDirty || this.#conflicts.length) return;
    clearTimeout(this.#timer);
    this.#isBusy = true;
    const { version } = this.model, turns = this.model.payload();
    this.status("Saving …");
    try {
      const response = await this.#send(turns);
      if (response.ok) await this.#onSaved(await response.json(), version, turns);
      else this.#onRefused(response.status, await messageOf(response));
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof Refusal)) throw error;
      this.status(`Not saved: no connection. ${STORED}`, "bad");
      this.#retry();
    } finally {
      this.#isBusy = false;
      if (this.isDirty && !this.#conflicts.length && this.#since && this.model.version !== version) this.saveSoon();
    }
  }

  /** Let the server merge an edit of a page that was closed into the file, and show it as a step that can be undone.
   * Returns whether it was taken. */
  async takeOver({ revision, base, turns, names }) {
    await this.now();
    if (this.isDirty) return false; // this page's edits come first
    const response = await request("/api/draft", { revision, base, turns, names }).catch(() => null);
    if (!response?.ok) {
      this.showRefusal(response ? await messageOf(response) : "no connection");
      return false;
    }
    const saved = await response.json();
    this.model.names = { ...names, ...this.model.names };
    if (saved.conflicts.length) this.#onConflicts(saved, { isOwn: true });
    else await this.reload({ isOwn: true });
    return true;
  }

  /** Keep unsaved edits in the browser. */
  #keep() {
    if (!this.isDirty || this.#keptVersion === this.model.version) return;
    this.#keptVersion = this.model.version;
    this.unsaved.keep({ revision: this.#revision, base: this.#base, turns: this.model.payload(), names: this.model.names });
  }

  async #send(turns) {
    const edit = { revision: this.#revision, turns, names: this.model.names };
    const response = await request("/api/draft", this.#isBehind ? { ...edit, base: this.#base } : edit);
    return response.status === 409 ? request("/api/draft", { ...edit, base: this.#base }) : response;
  }

  #onRefused(status, message) {
    const isInvalidEdit = status === 422; // a retry fails again
    this.showRefusal(isInvalidEdit ? message : `${message}. ${STORED}`);
    if (!isInvalidEdit) this.#retry();
  }

  #retry() { this.#timer = setTimeout(() => this.now(), RETRY); }

  async #onSaved(saved, version, turns) {
    const isEdited = this.model.version !== version; // since the request was sent
    if (isEdited) this.#since = performance.now();
    if (saved.conflicts.length) {
      if (!isEdited) this.#onConflicts(saved); // else nothing was written, and the next save gets the conflicts again
      return;
    }
    this.#revision = saved.revision;
    this.#base = turns;
    this.#isBehind = Boolean(saved.turns);
    this.#savedVersion = version;
    if (isEdited) return;
    this.#since = 0;
    this.unsaved.forget();
    if (saved.turns) await this.reload();
    else this.model.setLabels(saved.labels);
    if (!this.isDirty) this.status("Saved");
  }

  #onConflicts(saved, more) {
    this.#revision = saved.revision;
    this.#base = saved.theirs.map(turn => [turn.speaker, turn.paragraphs]);
    this.#isBehind = false;
    this.#conflicts = saved.conflicts;
    this.model.adopt(saved.turns, more);
    this.#keep();
    this.showConflicts(this.#conflicts);
    this.#showConflictCount();
  }

  #showConflictCount() {
    const count = this.#conflicts.length;
    if (count) this.status(`The file was changed elsewhere: ${count} ${count > 1 ? "paragraphs conflict" : "paragraph conflicts"}. Nothing is saved until you choose.`, "bad");
  }

  async #poll() {
    if (this.#isBusy || this.#conflicts.length || document.hidden) return;
    try {
      const state = await get("/api/revision");
      this.showServerState(state);
      if (this.#isBusy) return;
      if (this.isDirty) { if (state.revision !== this.#revision) await this.now(); }
      else if (state.revision !== this.#revision) await this.reload();
      else this.status("Saved");
    } catch (error) {
      if (!this.isDirty) this.status(error instanceof Refusal ? error.message : "No connection to the editor's server.", "bad");
    }
  }
}
