// The sound the page plays: the recording, a copy the server makes of it, or a file the editor chooses.

import { get, request } from "./server.js";
import { element } from "./view.js";

const SOON = 500; // milliseconds until a copy in the making is looked at again

export class Sound {
  #address = null; // what the server offered last
  #isChosen = false; // the editor chose a file
  #isAsked = false; // the server was asked for a copy of the offered file

  constructor(audio, { notices, onready }) {
    Object.assign(this, { audio, notices, onready });
    audio.addEventListener("error", () => this.#onError());
    this.input = element("input", { type: "file", accept: "audio/*,video/*", hidden: true, ariaLabel: "The recording", onchange: () => this.#choose() });
    document.body.append(this.input);
  }

  /** Play what the server offers, or say why there is nothing to play. */
  show({ address, progress, problem, note }) {
    if (this.#isChosen) return;
    const choose = ["Choose the file …", () => this.input.click()];
    if (problem) this.notices.show("sound", problem, [choose]);
    else if (progress !== null) this.notices.show("sound", `The recording is being prepared for the browser: ${Math.round(100 * progress)} %`);
    else if (note) this.notices.show("sound", note, [choose]);
    else this.notices.hide("sound");
    if (progress !== null) {
      clearTimeout(this.timer);
      this.timer = setTimeout(async () => this.show((await get("/api/revision")).sound), SOON);
    }
    this.onready(Boolean(address));
    if (!address || (address === this.#address && !this.audio.error)) return;
    this.#play(address); // after a restart of the server, too
  }

  #play(address) {
    const { currentTime } = this.audio;
    this.#isAsked = address === this.#address && this.#isAsked;
    this.#address = address;
    this.audio.src = address;
    if (currentTime) this.audio.currentTime = currentTime;
  }

  #choose() {
    const [file] = this.input.files;
    if (!file) return;
    this.#isChosen = true;
    this.audio.src = URL.createObjectURL(file);
    this.onready(true);
    this.notices.show("sound", `${file.name} is played until this page is closed. To keep it: transcribe sync DRAFT.md --audio ${file.name}`);
  }

  async #onError() {
    if (this.audio.error.code < MediaError.MEDIA_ERR_DECODE) return; // no connection: the server may come back
    if (!this.#isChosen && !this.#isAsked) {
      this.#isAsked = true;
      const isThere = (await request(this.#address, undefined, { Range: "bytes=0-0" })).ok;
      if (!isThere) return; // nothing that a copy would cure
      await request("/api/copy", {});
      this.show((await get("/api/revision")).sound);
      return;
    }
    this.#isChosen = false;
    this.onready(false);
    this.notices.show("sound", "The browser cannot play this file. Choose another one, or convert it to mp3.", [["Choose the file …", () => this.input.click()]]);
  }
}
