// The player's bar, the word being spoken, and the view that follows it until the reader scrolls.

import { Player } from "./player.js";
import { clock, element } from "./view.js";

const $ = id => document.getElementById(id);
const OWN_SCROLL = 1200; // milliseconds that scrolling to a word may take

export class Playback {
  #playing = null; // the range of the word being spoken
  #isFollowing = true;
  #scrolledAt = -Infinity;

  constructor({ player, view }) {
    Object.assign(this, { player, audio: player.audio, view });
    this.duration = 0; // milliseconds, until the browser knows better
    player.onword = places => this.#onWord(places);
    player.ontime = () => this.#showTime();
    player.onchange = () => this.#showState();
    this.audio.addEventListener("loadedmetadata", () => this.#showTime());
    for (const name of ["wheel", "touchmove"]) addEventListener(name, () => { this.follow(false); view.letGo(); }, { passive: true });
    addEventListener("scroll", () => {
      if (player.isPlaying && performance.now() - this.#scrolledAt > OWN_SCROLL) this.follow(false);
    }, { passive: true });
    this.#connect();
  }

  get isPlayable() { return !$("play").disabled; }
  set isPlayable(isOn) { for (const id of ["play", "back", "forward", "loop", "rate", "seek"]) $(id).disabled = !isOn; }

  /** Whether the view follows what is played. */
  follow(isOn) {
    this.#isFollowing = isOn;
    $("follow").hidden = isOn || !this.#playing;
  }

  /** Move to a time; the view goes there. */
  moveTo(seconds) {
    this.audio.currentTime = seconds;
    this.follow(true);
  }

  /** Play from the caret. */
  playHere() {
    const selection = this.view.selection(), time = selection && this.player.timeAt(selection.from);
    if (time !== null && time !== undefined) this.player.playFrom(time);
  }

  #connect() {
    const { player, audio } = this;
    $("rate").append(...Player.speeds.map(speed => element("option", { value: speed, textContent: `${speed}×` })));
    $("rate").value = 1;
    $("rate").onchange = () => { audio.playbackRate = Number($("rate").value); };
    $("seek").oninput = () => this.moveTo(Number($("seek").value));
    $("play").onclick = () => player.toggle();
    $("back").onclick = () => player.skip(-3);
    $("forward").onclick = () => player.skip(3);
    $("loop").onclick = () => player.toggleLoop();
    $("follow").onclick = () => { this.follow(true); this.#scroll(); };
  }

  #onWord(places) {
    this.#playing = places && places.every(place => this.view.paragraph(place)) ? this.view.range(...places) : null;
    this.view.mark("now", this.#playing ? [this.#playing] : []);
    if (this.#playing && this.#isFollowing && (this.player.isPlaying || document.activeElement === $("seek"))) this.#scroll();
  }

  #scroll() { if (this.view.follow(this.#playing)) this.#scrolledAt = performance.now(); }

  #showTime() {
    const { player, audio } = this, total = audio.duration ? audio.duration * 1000 : this.duration;
    const shown = `${clock(player.now)} / ${clock(total)}`;
    if ($("clock").textContent !== shown) {
      $("clock").textContent = shown;
      $("seek").setAttribute("aria-valuetext", `${clock(player.now)} of ${clock(total)}`);
    }
    $("seek").max = total / 1000;
    if (document.activeElement !== $("seek")) $("seek").value = audio.currentTime;
  }

  #showState() {
    const label = this.player.isPlaying ? "Pause" : "Play";
    $("play").textContent = label;
    $("play").setAttribute("aria-label", label);
    $("loop").setAttribute("aria-pressed", String(Boolean(this.player.loop)));
    $("rate").value = this.audio.playbackRate;
  }
}
