// The transcript in the page: turns of paragraphs with a time for every word. Turns are immutable and replaced when they
// change, so that undo restores an earlier value. Does not use the DOM.
//
// Two laws: no edit reaches a turn that `filter` hides, and undo never reverts what others wrote (`merge.js`).

import { merge } from "./merge.js";
import { retime, shared, tokens } from "./word_times.js";

let keys = 0;

export function turnOf({ speaker, label, paragraphs, times = [] }) {
  let used = 0;
  const paras = paragraphs.map(text => {
    const count = 2 * tokens(text).length;
    used += count;
    return { text, times: times.length ? times.slice(used - count, used) : Array(count).fill(-1) };
  });
  return { key: ++keys, speaker, label, paras };
}

/** Turns, those of the same speaker in a row as one: its paragraphs meet in one. */
const joined = turns => turns.reduce((all, turn) => {
  const last = all.at(-1);
  if (last?.speaker !== turn.speaker) return [...all, turn];
  const [end, start] = [last.paras.at(-1), turn.paras[0]];
  const seam = { text: `${end.text} ${start.text}`, times: [...end.times, ...start.times] };
  return all.with(-1, { ...last, paras: [...last.paras.slice(0, -1), seam, ...turn.paras.slice(1)] });
}, []);

const isUntimed = turn => turn.paras.every(para => para.times.every(time => time < 0));

const NOBODY = "Speaker"; // who speaks in the empty turn the page shows of a draft without turns, to be typed in

const orEmpty = turns => turns.length ? turns : [{ speaker: NOBODY, label: NOBODY, paragraphs: [""] }];

export class Model {
  #loaded = []; // the keys of the turns that were loaded

  constructor() {
    this.turns = [];
    this.names = {}; // the editor's full names by the names the draft prints
    this.version = 0; // increases with every change
    this.past = []; // steps: the turns before each edit
    this.future = [];
    this.others = []; // edits of others: the turns before and after
    this.filter = ""; // the only speaker whose turns are shown; empty: everybody's
    this.changed = () => {};
    this.refused = () => {}; // an edit that would reach hidden turns
  }

  isHidden(index) { return Boolean(this.filter) && this.turns[index].speaker !== this.filter; }

  load(state) {
    this.turns = orEmpty(state.turns).map(turnOf);
    this.#loaded = this.turns.map(turn => turn.key);
    this.#bump();
  }

  /** Give the turns the times that the server has found for those that were loaded; what was edited since shares them. */
  setTimes(turns) {
    const timed = new Map(turns.map((turn, i) => [this.#loaded[i], turnOf(turn).paras])), known = new Map();
    const withTimes = turn => {
      const paras = timed.get(turn.key);
      if (!known.has(turn)) known.set(turn, paras ? { ...turn, paras: this.#retimedParas(paras, turn.paras.map(para => para.text)) } : turn);
      return known.get(turn);
    };
    for (const step of [...this.past, ...this.future]) step.turns = step.turns.map(withTimes);
    this.turns = this.turns.map(withTimes);
    this.changed();
  }

  get speakers() { return [...new Set(this.turns.map(turn => turn.speaker))]; }

  text(at) { return this.turns[at.turn].paras[at.para].text; }

  /** What is said between two places: by turn, the speaker and the texts of the paragraphs. */
  passages(from, to) {
    return this.turns.slice(from.turn, to.turn + 1).map(({ speaker, paras }, i, all) => {
      const first = i ? 0 : from.para, last = i === all.length - 1 ? to.para : paras.length - 1;
      const texts = paras.slice(first, last + 1).map(para => para.text);
      if (i === all.length - 1) texts.push(texts.pop().slice(0, to.offset));
      if (!i) texts[0] = texts[0].slice(from.offset);
      return { speaker, texts };
    });
  }

  textBetween(from, to) { return this.passages(from, to).flatMap(passage => passage.texts).join(" "); }

  /** Replace the text between two places by paragraphs; returns the place after them. */
  replace(from, to, parts, { caret = from, kind = "", command = null } = {}) {
    if (this.#isOutOfReach(from.turn, to.turn)) return from;
    const first = this.turns[from.turn], last = this.turns[to.turn];
    const head = this.text(from).slice(0, from.offset), rest = this.text(to).slice(to.offset);
    const texts = [...parts];
    texts[0] = head + texts[0];
    const end = texts.at(-1).length;
    texts[texts.length - 1] += rest;
    const old = this.turns.slice(from.turn, to.turn + 1).flatMap((turn, i, all) => turn.paras.slice(
      i === 0 ? from.para : 0, i === all.length - 1 ? to.para + 1 : undefined));
    const paras = this.#retimedParas(old, texts);
    const turn = { ...first, paras: [...first.paras.slice(0, from.para), ...paras, ...last.paras.slice(to.para + 1)] };
    const after = { turn: from.turn, para: from.para + parts.length - 1, offset: end };
    const erased = this.text(to).slice(from.turn === to.turn && from.para === to.para ? from.offset : 0, to.offset);
    const isPortion = kind === "type" ? erased || (/\s$/.test(head) && /^\S/.test(parts[0])) : /\s$/.test(erased);
    this.#apply(this.turns.toSpliced(from.turn, to.turn - from.turn + 1, turn), caret, after, { kind, isPortion, command });
    return after;
  }

  /** Start a new turn here, of the same speaker or another one. */
  split(at, speaker = null) {
    if (this.#isOutOfReach(at.turn)) return at;
    const turn = this.turns[at.turn], para = turn.paras[at.para];
    const [left, right] = [para.text.slice(0, at.offset).trimEnd(), para.text.slice(at.offset).trimStart()];
    const [a, b] = this.#cut(para, left, right);
    const before = [...turn.paras.slice(0, at.para), ...(left || !at.para ? [a] : [])];
    const after = [...(right || at.para === turn.paras.length - 1 ? [b] : []), ...turn.paras.slice(at.para + 1)];
    const second = { ...turn, key: ++keys, paras: after, speaker: speaker ?? turn.speaker };
    const turns = this.turns.toSpliced(at.turn, 1, { ...turn, paras: before }, second);
    const caret = { turn: at.turn + 1, para: 0, offset: 0 };
    this.#apply(this.#labelled(turns, at.turn + 1), at, caret);
    return caret;
  }

  /** Start a new paragraph here in the same turn. */
  breakParagraph(at) {
    if (this.#isOutOfReach(at.turn)) return at;
    const turn = this.turns[at.turn], para = turn.paras[at.para];
    const [left, right] = [para.text.slice(0, at.offset).trimEnd(), para.text.slice(at.offset).trimStart()];
    const paras = turn.paras.toSpliced(at.para, 1, ...this.#cut(para, left, right));
    const caret = { turn: at.turn, para: at.para + 1, offset: 0 };
    this.#apply(this.turns.with(at.turn, { ...turn, paras }), at, caret);
    return caret;
  }

  /** Merge the paragraph or turn that starts here into the one before it. */
  mergeBack(at) {
    if (!at.para && !at.turn) return at;
    const turn = at.para ? at.turn : at.turn - 1;
    if (this.#isOutOfReach(turn, at.turn)) return at;
    const para = at.para ? at.para - 1 : this.turns[turn].paras.length - 1;
    const before = this.turns[turn].paras[para].text;
    const gap = before && this.text({ ...at, offset: 0 }) ? " " : "";
    const from = { turn, para, offset: before.length };
    this.replace(from, { ...at, offset: 0 }, [gap], { caret: at });
    return { ...from, offset: before.length + gap.length };
  }

  /** Put what was said, a list of { speaker, text, start, end }, in the place of the text between two places. */
  putBack(from, to, said) {
    if (this.#isOutOfReach(from.turn, to.turn)) return null;
    const [first, last] = [this.turns[from.turn], this.turns[to.turn]], present = para => para.text;
    const head = this.text(from).slice(0, from.offset).trimEnd(), tail = this.text(to).slice(to.offset).trimStart();
    const before = { ...first, paras: [...first.paras.slice(0, from.para), this.#cut(first.paras[from.para], head, "")[0]].filter(present) };
    const after = { ...last, paras: [{ text: tail, times: tail ? last.paras[to.para].times.slice(-2 * tokens(tail).length) : [] }, ...last.paras.slice(to.para + 1)].filter(present) };
    const next = after.paras.length ? null : this.turns[to.turn + 1], isJoined = next?.speaker === said.at(-1).speaker && !this.isHidden(to.turn + 1);
    const back = said.map(({ speaker, text, start, end }) => ({ key: ++keys, speaker, label: speaker, paras: [{ text, times: shared(tokens(text), start, end) }] }));
    if (before.paras.length) after.key = ++keys;
    const turns = joined([before, ...back, ...(isJoined ? [next] : [after])].filter(turn => turn.paras.length));
    const isOwn = turns[0].speaker === said[0].speaker && before.paras.length, at = from.turn + (before.paras.length && !isOwn ? 1 : 0);
    const caret = isOwn ? { turn: at, para: before.paras.length - 1, offset: before.paras.at(-1).text.length + 1 } : { turn: at, para: 0, offset: 0 };
    let all = this.turns.toSpliced(from.turn, to.turn - from.turn + 1 + Number(isJoined), ...turns);
    turns.forEach((_, i) => { all = this.#labelled(all, from.turn + i); });
    this.#apply(all, from, caret);
    return caret;
  }

  reassign(index, speaker) {
    if (this.#isOutOfReach(index)) return;
    const turns = this.turns.with(index, { ...this.turns[index], speaker });
    this.#apply(this.#labelled(turns, index));
  }

  rename(old, short, full) {
    this.names = { ...this.names, [short]: full };
    const turns = this.turns.map(turn => turn.speaker !== old ? turn
      : { ...turn, speaker: short, label: turn.label === old ? short : turn.label.length === 1 ? short[0].toUpperCase() : short });
    this.#apply(turns);
  }

  /** Set the texts of paragraphs: a list of { turn, para, text }. */
  setTexts(changes, caret = null) {
    if (changes.some(change => this.isHidden(change.turn))) return this.refused();
    const turns = [...this.turns];
    for (const { turn, para, text } of changes) {
      const paras = this.#retimedParas([turns[turn].paras[para]], [text]);
      turns[turn] = { ...turns[turn], paras: turns[turn].paras.toSpliced(para, 1, ...paras) };
    }
    return this.#apply(turns, caret, caret);
  }

  /** Remember a command whose effect is elsewhere, so that undo and redo call its functions. */
  remember(command) { this.#apply(this.turns, null, null, { command }); }

  /** Take over turns from the file, keeping unchanged ones. What changed is not undone later, unless it `isOwn`. */
  adopt(turns, { isOwn = false } = {}) {
    const taken = this.#matched(orEmpty(turns));
    if (isOwn) return this.#apply(taken);
    if (taken.length !== this.turns.length || taken.some((turn, i) => turn.paras !== this.turns[i].paras || turn.speaker !== this.turns[i].speaker)) {
      this.others.push({ before: this.turns, after: taken });
    }
    this.turns = taken;
    return this.#bump();
  }

  #matched(wanted) {
    const here = new Map();
    const keyOf = turn => JSON.stringify([turn.speaker, turn.paragraphs ?? turn.paras.map(para => para.text)]);
    for (const turn of this.turns) here.set(keyOf(turn), [...here.get(keyOf(turn)) ?? [], turn]);
    const matches = wanted.map(turn => here.get(keyOf(turn))?.shift());
    const matched = new Set(matches);
    return wanted.map((turn, i) => {
      const same = matches[i], place = this.turns[i];
      if (same && turn.times?.length && isUntimed(same)) return { ...same, label: turn.label, paras: turnOf(turn).paras };
      if (same) return turn.label && turn.label !== same.label ? { ...same, label: turn.label } : same;
      const created = turnOf({ label: place?.label ?? turn.speaker, ...turn });
      if (!place) return created;
      const key = matched.has(place) ? created.key : place.key;
      return { ...created, key, paras: this.#retimedParas(place.paras, turn.paragraphs) };
    });
  }

  setLabels(labels) {
    if (labels.length !== this.turns.length) return;
    this.turns = this.turns.map((turn, i) => turn.label === labels[i] ? turn : { ...turn, label: labels[i] });
    this.changed();
  }

  undo() { return this.#step(this.past, this.future, "before"); }
  redo() { return this.#step(this.future, this.past, "after"); }

  /** The turns as the server takes them. */
  payload() {
    const turns = this.turns.map(turn => [turn.speaker, turn.paras.map(para => para.text)]);
    return JSON.stringify(turns) === JSON.stringify([[NOBODY, [""]]]) ? [] : turns;
  }

  #retimedParas(old, texts) {
    const words = texts.map(tokens);
    const times = retime(old.flatMap(para => tokens(para.text)), old.flatMap(para => para.times), words.flat());
    let used = 0;
    return texts.map((text, i) => ({ text, times: times.slice(used, used += 2 * words[i].length) }));
  }

  #cut(para, left, right) {
    const count = 2 * tokens(left).length;
    const inWord = tokens(left).length + tokens(right).length > tokens(para.text).length;
    return [{ text: left, times: para.times.slice(0, count) },
      { text: right, times: para.times.slice(inWord ? count - 2 : count) }];
  }

  #labelled(turns, index) {
    const { speaker } = turns[index];
    const others = turns.filter((turn, i) => turn.speaker === speaker && i !== index);
    const isFirst = !turns.slice(0, index).some(turn => turn.speaker === speaker);
    const label = others.length && !isFirst ? others.at(-1).label : speaker;
    return turns.with(index, { ...turns[index], label });
  }

  #isOutOfReach(first, last = first) {
    for (let index = first; index <= last; index++) if (this.isHidden(index)) return this.refused() ?? true;
    return false;
  }

  #apply(turns, before = null, after = null, { kind = "", isPortion = false, command = null } = {}) {
    const last = this.past.at(-1), now = Date.now();
    const continues = kind && !isPortion && last?.kind === kind && now - last.time < 1000
      && JSON.stringify(last.after) === JSON.stringify(before);
    if (continues) Object.assign(last, { after, time: now });
    else this.past.push({ ...this.#now(), before, after, kind, time: now, command });
    if (this.past.length > 500) this.past.shift();
    this.future = [];
    this.turns = turns;
    this.#bump();
  }

  #now() { return { turns: this.turns, names: this.names, seen: this.others.length }; }

  #step(from, to, side) {
    for (let step = from.pop(); step; step = from.pop()) {
      const turns = step.command && !step.after ? this.turns : this.others.slice(step.seen).reduce(
        (mine, { before, after }) => merge(before, mine, after, () => ++keys), step.turns);
      const isSame = turns.length === this.turns.length && turns.every((turn, i) => turn === this.turns[i]);
      if (isSame && !step.command) continue; // others have changed all that it would revert
      to.push({ ...step, ...this.#now(), kind: "" });
      step.command?.[side === "before" ? "undo" : "redo"]();
      this.turns = turns;
      this.names = step.names;
      this.#bump();
      return this.#isPlace(step[side]) ? step[side] : {};
    }
    return null;
  }

  #isPlace(place) { return Boolean(place && this.turns[place.turn]?.paras[place.para]); }

  #bump() {
    this.version++;
    this.changed();
  }
}
