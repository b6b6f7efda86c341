// Between the model and the draft on disk: saves within a second, notices when the file changes elsewhere, keeps edits
// while the server is away.

const QUIET = 400, LATEST = 900, LOOK = 2000, RETRY = 1500; // milliseconds

export class Saver {
  #saved = 0; // version of the model that is on disk
  #timer = 0;
  #since = 0;
  #isBusy = false;
  #open = []; // clashes nobody has settled
  #isLoaded = false;

  constructor(model, { status, reload, clashes, refused }) {
    Object.assign(this, { model, status, reload, showClashes: clashes, refused });
    this.revision = "";
  }

  get isDirty() { return this.#isLoaded && this.model.version !== this.#saved; }

  /** The model is what is on disk. */
  isClean() {
    this.#isLoaded = true;
    this.#saved = this.model.version;
    this.#since = 0;
    this.status("Saved");
  }

  start() { setInterval(() => this.#look(), LOOK); }

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

  async get(path) {
    const answer = await fetch(path, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(await messageOf(answer));
    return answer.json();
  }

  post(path, data) {
    return fetch(path, { method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json" },
      body: JSON.stringify(data) });
  }

  async now() {
    if (this.#isBusy || !this.isDirty || this.#open.length) return;
    clearTimeout(this.#timer);
    this.#isBusy = true;
    const { version } = this.model;
    this.status("Saving …");
    try {
      const answer = await this.post("/api/draft", { revision: this.revision, turns: this.model.payload(), names: this.model.names });
      if (answer.ok) await this.#took(await answer.json(), version);
      else {
        this.refused(await messageOf(answer));
        if (answer.status >= 500) this.#again();
      }
    } catch {
      this.status("Not saved: no connection. Your edits are kept here and sent later.", "bad");
      this.#again();
    } finally {
      this.#isBusy = false;
      if (this.isDirty && !this.#open.length && this.#since && this.model.version !== version) this.note();
    }
  }

  #again() { this.#timer = setTimeout(() => this.now(), RETRY); }

  async #took(saved, version) {
    if (this.model.version !== version && saved.turns) { // typed on meanwhile: merge that as well, on the same base
      this.#since = performance.now();
      return;
    }
    this.revision = saved.revision;
    if (saved.clashes.length) {
      this.model.adopt(saved.turns.map(turn => ({ ...turn })));
      this.#open = saved.clashes;
      this.showClashes(this.#open);
      this.#tellClashes();
      return;
    }
    this.#saved = version;
    this.#since = this.isDirty ? performance.now() : 0;
    if (saved.turns) await this.reload();
    else this.model.setLabels(saved.labels);
    if (!this.isDirty) this.status("Saved");
  }

  #tellClashes() {
    const count = this.#open.length;
    if (count) this.status(`Changed elsewhere: ${count} ${count > 1 ? "paragraphs clash" : "paragraph clashes"}. Choose below.`, "bad");
  }

  async #look() {
    if (this.#isBusy || this.#open.length || document.hidden) return;
    try {
      const { revision } = await this.get("/api/revision");
      if (revision === this.revision || this.#isBusy) return;
      if (this.isDirty) await this.now();
      else await this.reload();
    } catch {
      if (!this.isDirty) this.status("No connection to the editor's server.", "bad");
    }
  }
}

async function messageOf(answer) {
  try {
    return (await answer.json()).message;
  } catch {
    return answer.statusText;
  }
}
