// Where the editor left a draft: the position in the recording, the speed, the caret, and what was on the screen. The
// browser keeps it for each draft.

export class Resumption {
  #name;

  constructor(draft, { audio, view }) {
    Object.assign(this, { audio, view });
    this.#name = `place ${draft}`;
  }

  /** Keep it from now on. */
  start() {
    const keep = () => this.#keep();
    addEventListener("pagehide", keep);
    document.addEventListener("visibilitychange", keep);
    this.audio.addEventListener("pause", keep);
  }

  /** Go there. */
  resume() {
    const { time, speed, caret, seen } = JSON.parse(localStorage.getItem(this.#name) ?? "{}");
    if (time) this.audio.currentTime = time;
    if (speed) this.audio.playbackRate = this.audio.defaultPlaybackRate = speed;
    if (caret) this.view.reselect({ from: caret, to: caret });
    if (seen && this.view.paragraph(seen)) this.view.show(seen, seen);
  }

  #keep() {
    const caret = this.view.selection()?.from ?? null;
    localStorage.setItem(this.#name, JSON.stringify({
      time: this.audio.currentTime, speed: this.audio.playbackRate, caret, seen: this.view.seen(caret) }));
  }
}
