// The sound the page plays: the recording, a copy the server makes of it, or a file the editor chooses.

import { get, request } from "./server.js";
import { element } from "./view.js";

const SOON = 500; // milliseconds until a copy in the making is looked at again
const STILL_WANTED = 10_000; // milliseconds after an error in which what was to be played is played if it can be

export class Sound {
  #address = null; // what the server offered last
  #isChosen = false; // the editor chose a file
  #isAsked = false; // the server was asked for a copy of the offered file
  #picture = ""; // the address of the file with the picture
  #played = ""; // the address of what is played
  #failedAt = -Infinity; // when an error ended the playing: browsers pause then

  constructor(audio, { notices, onready }) {
    Object.assign(this, { audio, notices, onready });
    this.onpicture = () => {}; // whether the recording has a picture
    this.onnopicture = () => {}; // the browser cannot play it
    audio.addEventListener("play", () => { this.#failedAt = -Infinity; });
    audio.addEventListener("pause", () => { if (audio.error) this.#failedAt = performance.now(); });
    audio.addEventListener("error", () => this.#onError());
    this.input = element("input", { type: "file", accept: "audio/*,video/*", hidden: true, ariaLabel: "The recording", onchange: () => this.#choose() });
    document.body.append(this.input);
  }

  /** Play what the server offers, or say why there is nothing to play. */
  show({ address, progress, problem, note, picture }) {
    if (this.#isChosen) return;
    this.#picture = picture;
    this.onpicture(Boolean(picture));
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
    this.#isAsked = address === this.#address && this.#isAsked;
    this.#address = address;
    this.#play(address); // after a restart of the server, too
  }

  /** Play the file that has the picture, or again what is offered for listening. */
  playPicture(isOn) {
    const address = isOn ? this.#picture : this.#address;
    if (!this.#isChosen && address && address !== this.#played) this.#play(address);
  }

  #play(address) {
    const { audio } = this, { currentTime, playbackRate, paused } = audio;
    const isWanted = !paused || performance.now() - this.#failedAt < STILL_WANTED;
    this.#played = address;
    audio.src = address;
    audio.playbackRate = playbackRate;
    if (currentTime) audio.currentTime = currentTime;
    if (isWanted) audio.play().catch(() => {}); // its error is said
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
    if (!this.#isChosen && this.#played !== this.#address) return this.onnopicture();
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
