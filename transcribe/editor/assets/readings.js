// Another reading of a passage, in the place of its words. Does not use the DOM.

const END = /(?<![,.;:?!…])[,.;:?!…]+["'”’)]*$/;
const isStart = before => !before.trim() || /[.?!…]["'”’)]*\s*$/.test(before);

/** What to write for a reading: with the punctuation at the end of the words it replaces, if it has none of its own, and
 * a capital where a sentence begins; where there were no words, with spaces. */
export function inPlace(reading, words, before, after) {
  const ended = END.test(reading) ? reading : reading + (words.match(END)?.[0] ?? "");
  const isCapital = isStart(before) && (!words || /^\p{Lu}/u.test(words));
  const text = isCapital ? ended[0].toUpperCase() + ended.slice(1) : ended;
  return words ? text : (/\S$/.test(before) ? " " : "") + text + (/^\S/.test(after) ? " " : "");
}
