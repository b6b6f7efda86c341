// Words and their times: a list of the start and end of each, in milliseconds, -1 if unknown. Does not use the DOM.

/** The whitespace-separated words of a text, like Python's str.split. */
export const tokens = text => text.split(/\s+/).filter(Boolean);

/** Times for new words from the old words': a common start and end keep theirs, the middle shares its time by length. */
export function retime(old, times, words) {
  let head = 0, tail = 0;
  while (head < old.length && head < words.length && old[head] === words[head]) head++;
  while (tail < old.length - head && tail < words.length - head
    && old[old.length - 1 - tail] === words[words.length - 1 - tail]) tail++;
  const removed = old.length - head - tail, added = words.length - head - tail;
  const before = times.slice(0, 2 * head), after = times.slice(times.length - 2 * tail);
  const middle = times.slice(2 * head, 2 * (head + removed));
  if (removed === added) return [...before, ...middle, ...after];
  const known = middle.filter(time => time >= 0);
  const low = known.length ? Math.min(...known) : before.at(-1) ?? after[0] ?? -1;
  const high = known.length ? Math.max(...known) : after[0] ?? low;
  return [...before, ...shared(words.slice(head, head + added), low, high), ...after];
}

/** Times for words between two times, by their lengths; -1 if the first is not known. */
export function shared(words, low, high) {
  const total = words.reduce((sum, word) => sum + word.length, 0);
  let passed = 0;
  return words.flatMap(word => {
    if (low < 0) return [-1, -1];
    const at = share => Math.round(low + Math.max(0, high - low) * share / total);
    return [at(passed), at(passed += word.length)];
  });
}
