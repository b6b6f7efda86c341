// Merges two edits of the same turns word by word, for an undo after somebody else's edit. Does not use the DOM.
//
// The law: all that the other edit inserted is in the result, nothing that it deleted is, and no word is lost that both
// keep. Of an edit that replaces what the other one changed as well, nothing is applied; nor of one that cannot be
// applied within this law (both put passages in another order).

import { tokens } from "./word_times.js";

const FARTHEST = 1500; // differences; texts that are farther apart count as replaced

/** The turns `mine`, an edit of `base`, with what changed from `base` to `theirs`. */
export function merge(base, mine, theirs, freshKey) {
  const start = flat(base), ours = hunks(start, flat(mine)), others = hunks(start, flat(theirs));
  const applied = ours.filter(hunk => !hunk.pieces.length || !others.some(other => clash(hunk, other)));
  const gone = new Set(), inserted = new Map();
  for (const { from, to, pieces } of [...applied, ...others]) {
    for (let i = from; i < to; i++) gone.add(i);
    if (pieces.length) inserted.set(from, [...inserted.get(from) ?? [], ...pieces]);
  }
  const merged = [];
  for (let i = 0; i <= start.pieces.length; i++) {
    merged.push(...inserted.get(i) ?? []);
    if (i < start.pieces.length && !gone.has(i)) merged.push(start.pieces[i]);
  }
  const turns = turnsOf(merged, [...theirs, ...mine], freshKey);
  return keepsAll(turns, base, mine, theirs) ? turns : theirs;
}

function keepsAll(turns, ...sides) {
  const [result, base, mine, theirs] = [turns, ...sides].map(wordCounts);
  return [...theirs].every(([word, count]) => (result.get(word) ?? 0) >= Math.min(count,
    Math.max(mine.get(word) ?? 0, count - (base.get(word) ?? 0))));
}

function wordCounts(turns) {
  const counts = new Map();
  for (const { paras } of turns) for (const { text } of paras) for (const word of tokens(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** Whether an edit that inserts touches the inside of what another one changed. */
function clash(hunk, other) {
  if (hunk.from === hunk.to) return other.from < hunk.from && hunk.from < other.to;
  if (other.from === other.to) return hunk.from < other.from && other.from < hunk.to;
  return hunk.from < other.to && other.from < hunk.to;
}

/** Turns as pieces: who speaks, breaks between paragraphs, and words with the blanks before them and their times. */
function flat(turns) {
  const pieces = [], starts = [];
  for (const turn of turns) {
    starts.push(pieces.length);
    pieces.push({ id: `\0${turn.key} ${turn.speaker}`, turn });
    turn.paras.forEach(({ text, times }, i) => {
      if (i) pieces.push({ id: "\n\n" });
      let word = 0;
      for (const [id] of text ? ` ${text}`.matchAll(/\s*\S+|\s+$/g) : []) {
        const isWord = /\S/.test(id);
        pieces.push({ id, times: isWord ? times.slice(2 * word, 2 * word + 2) : [] });
        word += isWord;
      }
    });
  }
  starts.push(pieces.length);
  return { turns, pieces, starts };
}

function turnsOf(pieces, known, freshKey) {
  const byKey = new Map(known.map(turn => [turn.key, turn])), used = new Set(), turns = [];
  for (const { id, turn, times } of pieces) {
    if (turn || !turns.length) {
      const model = turn ?? known[0], key = used.has(model.key) ? freshKey() : model.key;
      used.add(key);
      turns.push({ ...model, key, paras: [{ text: "", times: [] }] });
    }
    if (turn) continue;
    const { paras } = turns.at(-1);
    if (id === "\n\n") paras.push({ text: "", times: [] });
    else {
      paras.at(-1).text += id;
      paras.at(-1).times.push(...times);
    }
  }
  for (const turn of turns) for (const para of turn.paras) para.text = para.text.slice(1);
  const isSame = (one, other) => other?.speaker === one.speaker && other.paras.length === one.paras.length
    && other.paras.every((para, i) => para.text === one.paras[i].text);
  return turns.map(turn => isSame(turn, byKey.get(turn.key)) ? byKey.get(turn.key) : turn);
}

/** What changed from one list of turns to another. Turns with the same key are compared with each other, unless a turn
 * next to them is another one: it may have been split, or merged with it. */
function hunks(one, other) {
  const at = new Map(other.turns.map((turn, i) => [turn.key, i])), result = [];
  let i = 0, j = 0;
  const compare = (i2, j2) => {
    const [a, b] = [[one.starts[i], one.starts[i2]], [other.starts[j], other.starts[j2]]];
    const found = differences(one.pieces.slice(...a), other.pieces.slice(...b));
    for (const [from, to, start, end] of found) {
      result.push({ from: a[0] + from, to: a[0] + to, pieces: other.pieces.slice(b[0] + start, b[0] + end) });
    }
    [i, j] = [i2, j2];
  };
  const areSame = (index, place) => one.turns[index]?.key === other.turns[place]?.key;
  one.turns.forEach((turn, index) => {
    const same = at.get(turn.key);
    if (same === undefined || same < j) return;
    if (turn !== other.turns[same] && !(areSame(index - 1, same - 1) && areSame(index + 1, same + 1))) return;
    compare(index, same);
    if (turn === other.turns[same]) [i, j] = [index + 1, same + 1];
    else compare(index + 1, same + 1);
  });
  compare(one.turns.length, other.turns.length);
  return result;
}

/** The differing ranges [from, to, from, to] of two lists of pieces (Myers, "An O(ND) difference algorithm", 1986). */
function differences(a, b) {
  let head = 0, tail = 0;
  while (head < a.length && head < b.length && a[head].id === b[head].id) head++;
  while (tail < Math.min(a.length, b.length) - head && a.at(-1 - tail).id === b.at(-1 - tail).id) tail++;
  const n = a.length - head - tail, m = b.length - head - tail;
  if (!n && !m) return [];
  const trace = n && m ? searched(a.slice(head, head + n), b.slice(head, head + m)) : null;
  if (!trace) return [[head, head + n, head, head + m]];
  const ranges = [];
  let x = n, y = m;
  for (let d = trace.length - 1; d > 0; d--) {
    const k = x - y, best = trace[d - 1], down = k === -d || (k !== d && best[k - 1 + d] < best[k + 1 + d]);
    const before = down ? k + 1 : k - 1, fromX = best[before + d], fromY = fromX - before;
    const [endX, endY] = down ? [fromX, fromY + 1] : [fromX + 1, fromY]; // after the edit, before the equal pieces
    const last = ranges[0];
    if (last && last[0] === head + endX && last[2] === head + endY) [last[0], last[2]] = [head + fromX, head + fromY];
    else ranges.unshift([head + fromX, head + endX, head + fromY, head + endY]);
    [x, y] = [fromX, fromY];
  }
  return ranges;
}

/** How far each diagonal is reached with 0, 1, 2 … edits (with d edits diagonal k at k + d + 1); null if too far apart. */
function searched(a, b) {
  const trace = [];
  let best = new Int32Array(3);
  for (let d = 0; d <= FARTHEST; d++) {
    const next = new Int32Array(2 * d + 5);
    for (let k = -d; k <= d; k += 2) {
      let x = d === 0 ? 0 : k === -d || (k !== d && best[k - 1 + d] < best[k + 1 + d]) ? best[k + 1 + d] : best[k - 1 + d] + 1;
      while (x < a.length && x - k < b.length && a[x].id === b[x - k].id) x++;
      next[k + d + 1] = x;
      if (x >= a.length && x - k >= b.length) {
        trace.push(next);
        return trace;
      }
    }
    trace.push(next);
    best = next;
  }
  return null;
}
