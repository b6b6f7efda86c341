// Between the model and the draft on disk: saves within a second, notices when the file changes elsewhere, keeps edits
// while the server is away.

import { Refusal, ask, get, messageOf } from "./server.js";

const QUIET = 400, LATEST = 900, LOOK = 2000, RETRY = 1500; // milliseconds
const KEPT = "Your edits are kept on this page and sent later.";

export class Saver {
  #saved = 0; // version of the model that is on disk
  #revision = "";
  #base = null; // the turns this page's edits start from
  #isBehind = false; // the file holds more than `#base` at `#revision`
  #timer = 0;
  #since = 0;
  #isBusy = false;
  #open = []; // clashes nobody has settled
  #isLoaded = false;

  constructor(model, { status, reload, clashes, refused, seen }) {
    Object.assign(this, { model, status, reload, showClashes: clashes, refused, seen });
  }

  get isDirty() { return this.#isLoaded && this.model.version !== this.#saved; }

  /** The model is what is on disk as this revision. */
  isClean(revision) {
    this.#isLoaded = true;
    this.#revision = revision;
    this.#base = this.model.payload();
    this.#isBehind = false;
    this.#saved = this.model.version;
    this.#since = 0;
    this.status("Saved");
  }

  start() {
    setInterval(() => this.#look(), LOOK);
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.now(); else this.#look(); });
  }

  /** The model changed: save soon. */
  note() {
    if (!this.isDirty) return;
    const now = performance.now();
    this.#since ||= now;
    if (this.#open.length) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.now(), Math.max(0, Math.min(QUIET, this.#since + LATEST - now)));
  }

  settled(clash) {
    this.#open = this.#open.filter(other => other !== clash);
    this.#tellClashes();
    if (!this.#open.length) this.now();
  }

  async now() {
    if (this.#isBusy || !this.isDirty || this.#open.length) return;
    clearTimeout(this.#timer);
    this.#isBusy = true;
    const { version } = this.model, turns = this.model.payload();
    this.status("Saving …");
    try {
      const answer = await this.#send(turns);
      if (answer.ok) await this.#took(await answer.json(), version, turns);
      else this.#refused(answer.status, await messageOf(answer));
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof Refusal)) throw error;
      this.status(`Not saved: no connection. ${KEPT}`, "bad");
      this.#again();
    } finally {
      this.#isBusy = false;
      if (this.isDirty && !this.#open.length && this.#since && this.model.version !== version) this.note();
    }
  }

  async #send(turns) {
    const edit = { revision: this.#revision, turns, names: this.model.names };
    const answer = await ask("/api/draft", this.#isBehind ? { ...edit, base: this.#base } : edit);
    return answer.status === 409 ? ask("/api/draft", { ...edit, base: this.#base }) : answer;
  }

  #refused(status, message) {
    const isTheText = status === 422; // nothing helps but another edit
    this.refused(isTheText ? message : `${message}. ${KEPT}`);
    if (!isTheText) this.#again();
  }

  #again() { this.#timer = setTimeout(() => this.now(), RETRY); }

  async #took(saved, version, turns) {
    const isTypedOn = this.model.version !== version;
    if (isTypedOn) this.#since = performance.now();
    if (saved.clashes.length) {
      if (!isTypedOn) this.#clash(saved); // else nothing was written, and the next save finds out again
      return;
    }
    this.#revision = saved.revision;
    this.#base = turns;
    this.#isBehind = Boolean(saved.turns);
    this.#saved = version;
    if (isTypedOn) return;
    this.#since = 0;
    if (saved.turns) await this.reload();
    else this.model.setLabels(saved.labels);
    if (!this.isDirty) this.status("Saved");
  }

  #clash(saved) {
    this.#revision = saved.revision;
    this.#base = saved.theirs.map(turn => [turn.speaker, turn.paragraphs]);
    this.#isBehind = false;
    this.#open = saved.clashes;
    this.model.adopt(saved.turns);
    this.showClashes(this.#open);
    this.#tellClashes();
  }

  #tellClashes() {
    const count = this.#open.length;
    if (count) this.status(`Changed elsewhere: ${count} ${count > 1 ? "paragraphs clash" : "paragraph clashes"}. Nothing is saved until you choose.`, "bad");
  }

  async #look() {
    if (this.#isBusy || this.#open.length || document.hidden) return;
    try {
      const seen = await get("/api/revision");
      this.seen(seen);
      if (this.#isBusy) return;
      if (this.isDirty) { if (seen.revision !== this.#revision) await this.now(); }
      else if (seen.revision !== this.#revision) await this.reload();
      else this.status("Saved");
    } catch (error) {
      if (!this.isDirty) this.status(error instanceof Refusal ? error.message : "No connection to the editor's server.", "bad");
    }
  }
}
