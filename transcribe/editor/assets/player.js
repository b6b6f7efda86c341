// Plays the recording: play, pause, speed, repeat; and finds the word of the transcript at the present time.

import { tokens } from "./word_times.js";

const SPEEDS = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2];
const STEP_BACK = 2; // seconds, on pause
const LONGEST_WORD = 30_000; // milliseconds

/** The longest run of words that stand one after the other in the text: an editor may have moved some of them. */
function longestRun(words) {
  let longest = [], run = [];
  for (const word of words) {
    if (word.at(-1) === run.at(-1)?.at(-1) + 1) run.push(word);
    else run = [word];
    if (run.length > longest.length) longest = run;
  }
  return longest;
}

export class Player {
  #words = []; // [start, end, turn, para, token, place in the text], by start
  #turns = null; // that `#words` are of
  #current = -1;
  #isWatching = false;

  constructor(audio, model) {
    this.audio = audio;
    this.model = model;
    this.loop = null; // [from, to] in milliseconds
    this.until = 0; // milliseconds where a passage that is played once ends; 0: none
    this.onword = () => {};
    this.ontime = () => {};
    this.onchange = () => {};
    audio.preservesPitch = true;
    for (const name of ["play", "pause", "ratechange", "seeked", "durationchange", "ended"]) {
      audio.addEventListener(name, () => { if (name === "pause") this.until = 0; this.onchange(); this.#frame(); });
    }
  }

  static speeds = SPEEDS;
  get now() { return this.audio.currentTime * 1000; }
  get isPlaying() { return !this.audio.paused; }

  playFrom(ms) {
    if (this.loop && (ms < this.loop[0] || ms >= this.loop[1])) this.loop = null;
    this.audio.currentTime = ms / 1000;
    return this.play();
  }

  async play() {
    if (this.audio.error) this.#loadAgain();
    try {
      await this.audio.play();
      if (!this.#isWatching) this.#watch();
    } catch (error) {
      if (!["AbortError", "NotSupportedError"].includes(error.name)) throw error; // paused first; `sound.js` says it
    }
  }

  /** After an error: the server was gone, and may be back. */
  #loadAgain() {
    const { currentTime } = this.audio;
    this.audio.load();
    this.audio.currentTime = currentTime;
  }

  toggle() {
    if (!this.isPlaying) return this.play();
    this.audio.pause();
    this.audio.currentTime = Math.max(0, this.audio.currentTime - STEP_BACK);
  }

  skip(seconds) { this.audio.currentTime = Math.max(0, this.audio.currentTime + seconds); }

  faster(steps) {
    const here = SPEEDS.findIndex(speed => speed >= this.audio.playbackRate);
    this.audio.playbackRate = SPEEDS[Math.min(Math.max(here + steps, 0), SPEEDS.length - 1)];
  }

  toggleLoop() {
    this.loop = this.loop ? null : this.#sentence();
    this.onchange();
  }

  /** The time of the word at or after a place in the model; null if no word has one. */
  timeAt({ turn, para, offset }) {
    const { text, times } = this.model.turns[turn].paras[para];
    const before = text.slice(0, offset);
    const token = tokens(before).length - (/\S$/.test(before) && before ? 1 : 0);
    const time = times.slice(2 * Math.max(token, 0)).find(moment => moment >= 0);
    return time ?? times.findLast(moment => moment >= 0) ?? null;
  }

  /** The places in the model of the first and last word between two times; null if there are none. */
  placesOf(start, end) {
    this.#index();
    const near = this.#words.slice(Math.max(this.#at(start - LONGEST_WORD), 0), this.#at(end) + 1);
    const inside = near.filter(([from, to]) => (from + to) / 2 >= start && (from + to) / 2 <= end);
    if (!inside.length) return null;
    const run = longestRun(inside.sort((a, b) => a.at(-1) - b.at(-1)));
    return [this.#place(run[0]), this.#place(run.at(-1), true)];
  }

  /** The places of the word spoken at a time; null before the first. */
  placesAt(ms) {
    this.#index();
    const word = this.#words[this.#at(ms)];
    return word ? [this.#place(word), this.#place(word, true)] : null;
  }

  /** Play a passage once. */
  playFor(start, length) {
    this.until = start + length;
    return this.playFrom(start);
  }

  #place([, , turn, para, token], atEnd = false) {
    const { text } = this.model.turns[turn].paras[para];
    const match = [...text.matchAll(/\S+/g)][token];
    return { turn, para, offset: match.index + (atEnd ? match[0].length : 0) };
  }

  #index() {
    if (this.#turns === this.model.turns) return;
    this.#turns = this.model.turns;
    this.#words = [];
    this.model.turns.forEach((turn, t) => turn.paras.forEach(({ times }, p) => {
      for (let i = 0; i < times.length; i += 2) if (times[i] >= 0) this.#words.push([times[i], times[i + 1], t, p, i / 2, this.#words.length]);
    }));
    this.#words.sort((a, b) => a[0] - b[0]);
    this.#current = -1;
  }

  #at(ms) {
    let low = 0, high = this.#words.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#words[middle][0] <= ms) low = middle + 1; else high = middle;
    }
    return low - 1;
  }

  #sentence() {
    this.#index();
    const here = this.#words[Math.max(this.#at(this.now), 0)];
    if (!here) return null;
    const [, , turn, para, token] = here;
    const { text, times } = this.model.turns[turn].paras[para], words = tokens(text);
    const ends = word => /[.?!…。！？؟।]["'”’)\]」』]*$/.test(word);
    let from = token, to = token;
    while (from > 0 && !ends(words[from - 1])) from--;
    while (to < words.length - 1 && !ends(words[to])) to++;
    const known = times.slice(2 * from, 2 * to + 2).filter(time => time >= 0);
    return [Math.min(...known), Math.max(...known) + 150];
  }

  #watch() {
    this.#isWatching = this.isPlaying;
    this.#frame();
    if (this.#isWatching) requestAnimationFrame(() => this.#watch());
  }

  #frame() {
    this.#index();
    if (this.until && this.now >= this.until) this.audio.pause();
    if (this.loop && this.now >= this.loop[1]) this.audio.currentTime = this.loop[0] / 1000;
    const word = this.#at(this.now + 30);
    if (word !== this.#current) {
      this.#current = word;
      this.onword(word < 0 ? null : [this.#place(this.#words[word]), this.#place(this.#words[word], true)]);
    }
    this.ontime();
  }
}
