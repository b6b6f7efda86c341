// The transcript on the page: one section per turn, one text node per paragraph. Places are { turn, para, offset } of the
// model; marks (the word being played, search hits, Markdown syntax) are CSS highlights and never change the text.

const Marks = globalThis.Highlight ?? class extends Set {}; // older browsers show the text without marks
export const SIGNS = /\\(?=[!-\/:-@\[-`{-~])|\]\([^()\s]*\)|!?\[(?=[^\]]*\]\()|\*{1,3}(?=\S)|(?<=\S)\*{1,3}|(?<![\w\\])_{1,3}(?=\w)|(?<=\w)_{1,3}(?!\w)|`+|&#?\w+;/g;

const RIGHT_TO_LEFT = /^\P{L}*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u; // the first letter is Hebrew, Arabic or the like
const MOST_FRAMES = 60, STILL_FRAMES = 4; // until a passage stays where it was scrolled to

export const clock = ms => {
  const seconds = Math.max(0, Math.floor(ms / 1000)), hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60, two = number => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
};

const element = (tag, properties = {}, ...children) => {
  const created = Object.assign(document.createElement(tag), properties);
  created.append(...children);
  return created;
};
export { element };

export class View {
  #rendered = new Map(); // key → { turn, section, button, time, body }
  #signs = new Map(); // paragraph element → ranges
  #marks = {};
  #shown = null; // what is being scrolled to

  constructor(root, model) {
    this.root = root;
    this.model = model;
    for (const name of ["sign", "hit", "here", "doubt", "now"]) {
      this.#marks[name] = new Marks();
      CSS.highlights?.set(name, this.#marks[name]);
    }
    this.#marks.now.priority = 3;
    this.#marks.doubt.priority = 2;
    this.#marks.here.priority = 4;
  }

  /** Render the model's turns; a turn that is the same object as before is not touched. */
  render() {
    const wanted = new Set(this.model.turns.map(turn => turn.key));
    for (const [key, rendered] of this.#rendered) {
      if (wanted.has(key)) continue;
      for (const paragraph of rendered.body.children) this.#forget(paragraph);
      rendered.section.remove();
      this.#rendered.delete(key);
    }
    let next = this.root.firstElementChild;
    for (const turn of this.model.turns) {
      const rendered = this.#rendered.get(turn.key) ?? this.#create(turn);
      if (rendered.section === next) next = next.nextElementSibling;
      else this.root.insertBefore(rendered.section, next);
      if (rendered.turn !== turn) this.#update(rendered, turn);
    }
  }

  paragraph(at) { return this.#rendered.get(this.model.turns[at.turn]?.key)?.body.querySelectorAll("p")[at.para]; }
  section(index) { return this.#rendered.get(this.model.turns[index].key).section; }
  button(index) { return this.#rendered.get(this.model.turns[index].key).button; }
  indexOf(node) {
    const key = Number((node.nodeType === 1 ? node : node.parentElement)?.closest("section")?.dataset.key);
    return this.model.turns.findIndex(turn => turn.key === key);
  }

  /** The place in the model for a place in the page. */
  place(node, offset) {
    const inside = node.nodeType === 3 ? node.parentElement : node;
    const paragraph = inside.closest("p");
    if (paragraph && this.root.contains(paragraph)) {
      const turn = this.indexOf(paragraph), para = [...paragraph.parentElement.querySelectorAll("p")].indexOf(paragraph);
      const length = this.model.turns[turn].paras[para].text.length;
      return { turn, para, offset: node.nodeType === 3 ? Math.min(offset, length) : offset ? length : 0 };
    }
    if (node === this.root) {
      const last = this.model.turns.length - 1;
      return offset < this.root.children.length ? { turn: offset, para: 0, offset: 0 } : this.end(last);
    }
    const turn = this.indexOf(inside);
    if (turn < 0) return null;
    return inside.closest(".who") || !offset ? { turn, para: 0, offset: 0 } : this.end(turn);
  }

  end(turn) {
    const para = this.model.turns[turn].paras.length - 1;
    return { turn, para, offset: this.model.turns[turn].paras[para].text.length };
  }

  /** The start and end of the selection; null if it is not in the text. */
  selection() {
    const range = getSelection().rangeCount ? getSelection().getRangeAt(0) : null;
    if (!range || !this.root.contains(range.commonAncestorContainer)) return null;
    const from = this.place(range.startContainer, range.startOffset);
    const to = range.collapsed ? from : this.#trimmed(from, this.place(range.endContainer, range.endOffset));
    return from && to ? { from, to, isCaret: range.collapsed } : null;
  }

  select(from, to = from) {
    if (this.#setSelection(from, to)) this.show(from, to);
  }

  /** Select without scrolling. */
  reselect({ from, to }) { this.#setSelection(from, to); }

  #setSelection(from, to) {
    if (!from || from.turn === undefined || !this.paragraph(from) || !this.paragraph(to)) return false;
    this.root.focus({ preventScroll: true });
    getSelection().setBaseAndExtent(...this.#point(from), ...this.#point(to));
    return true;
  }

  /** Scroll so that a passage can be seen, and until what is laid out near it has stopped moving it. */
  show(from, to) {
    const { version } = this.model, shown = this.#shown = {};
    let left = MOST_FRAMES, still = 0;
    const step = () => {
      if (this.#shown !== shown || this.model.version !== version || !this.paragraph(from) || !this.paragraph(to)) return;
      still = this.#bring(this.range(from, to), this.paragraph(from)) ? 0 : still + 1;
      if (still < STILL_FRAMES && left--) requestAnimationFrame(step);
    };
    step();
  }

  /** The reader scrolls: nothing is brought back any more. */
  letGo() { this.#shown = null; }

  /** Scroll a range into the room; whether that was needed. */
  #bring(range, paragraph) {
    const room = this.room();
    let box = range.getBoundingClientRect();
    if (!box.height) { // not laid out yet
      paragraph.scrollIntoView({ block: "center" });
      box = range.getBoundingClientRect();
      if (!box.height) return true;
    }
    if (box.bottom <= room.bottom && box.top >= room.top) return false;
    const before = scrollY, top = Math.max(room.top, (room.top + room.bottom - box.height) / 2);
    scrollTo({ top: scrollY + box.top - top, behavior: "instant" });
    return scrollY !== before;
  }

  /** A place on the screen: this one if it can be seen, else the start of the first turn there. */
  seen(place) {
    const { top, bottom } = this.room(), isSeen = box => box.height && box.bottom > top && box.top < bottom;
    if (place && isSeen(this.range(place, place).getBoundingClientRect())) return place;
    const turn = this.model.turns.findIndex((_, i) => isSeen(this.section(i).getBoundingClientRect()));
    return turn < 0 ? null : { turn, para: 0, offset: 0 };
  }

  /** A range that no change of the text moves: thousands of them cost nothing. */
  staticRange(from, to) {
    const [[startContainer, startOffset], [endContainer, endOffset]] = [this.#point(from), this.#point(to)];
    return new StaticRange({ startContainer, startOffset, endContainer, endOffset });
  }

  range(from, to) {
    const range = new Range();
    range.setStart(...this.#point(from));
    range.setEnd(...this.#point(to));
    return range;
  }

  mark(name, ranges) {
    this.#marks[name].clear();
    for (const range of ranges) this.#marks[name].add(range);
  }

  /** Scroll a range towards the middle of the window unless it is visible. */
  follow(range) {
    const box = range.getBoundingClientRect(), room = this.room();
    if (box.height && box.top > room.top && box.bottom < room.bottom) return false;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (!box.height) range.startContainer.parentElement.scrollIntoView({ block: "center" });
    else scrollTo({ top: scrollY + box.top - room.top - (room.bottom - room.top) / 3, behavior: calm ? "instant" : "smooth" });
    return true;
  }

  /** The text in the page (input methods write to the page, not to the model). */
  typed(at) { return this.paragraph(at).textContent; }

  restore(at) {
    const para = this.model.turns[at.turn].paras[at.para], paragraph = this.paragraph(at);
    paragraph.rendered = null;
    this.#write(paragraph, para);
  }

  /** Show the turns of the model's filter only. */
  filter() {
    this.model.turns.forEach((turn, i) => { this.#rendered.get(turn.key).section.hidden = this.model.isHidden(i); });
  }

  /** The end of a selection, at most its last paragraph's: a triple click selects to the start of the next one. */
  #trimmed(from, to) {
    if (!from || !to || to.offset || (to.turn === from.turn && to.para === from.para)) return to;
    const turn = to.para ? to.turn : to.turn - 1, para = to.para ? to.para - 1 : this.model.turns[turn].paras.length - 1;
    return { turn, para, offset: this.model.turns[turn].paras[para].text.length };
  }

  /** What can be seen of the text: below the line at the top, above the player and a panel that covers the text. */
  room() {
    const [header, bar, panel, body] = ["header", "#bar", "#panel", "main"].map(name => document.querySelector(name).getBoundingClientRect());
    const covers = panel.height && panel.left < body.right - 40 ? panel.top : Infinity;
    return { top: Math.max(header.bottom, 0), bottom: Math.min(bar.top, covers) };
  }

  #point(at) {
    const paragraph = this.paragraph(at), node = paragraph.firstChild;
    return node?.nodeType === 3 ? [node, Math.min(at.offset, node.length)] : [paragraph, 0];
  }

  #create(turn) {
    const button = element("button", { type: "button", className: "name", tabIndex: -1 }); // a key opens its menu
    button.setAttribute("aria-haspopup", "menu");
    const time = element("span", { className: "time" });
    const who = element("div", { className: "who", contentEditable: "false" }, button, time);
    const body = element("div", { className: "body" });
    const section = element("section", { className: "turn" }, who, body);
    section.dataset.key = turn.key;
    section.setAttribute("role", "group"); // a region of the page each would be noise
    const rendered = { turn: null, section, button, time, body };
    this.#rendered.set(turn.key, rendered);
    return rendered;
  }

  #update(rendered, turn) {
    const start = turn.paras.flatMap(para => para.times).find(time => time >= 0);
    const dir = turn.paras.some(para => RIGHT_TO_LEFT.test(para.text)) ? "rtl" : "ltr";
    if (rendered.section.dir !== dir) rendered.section.dir = dir;
    rendered.button.textContent = turn.label;
    rendered.button.title = `${turn.speaker}: change who speaks (Alt+S)`;
    rendered.button.setAttribute("aria-label", `Speaker ${turn.speaker}, change`);
    rendered.time.textContent = start === undefined ? "" : clock(start);
    rendered.section.setAttribute("aria-label", start === undefined ? turn.speaker : `${turn.speaker}, ${clock(start)}`);
    const paragraphs = rendered.body.querySelectorAll("p");
    turn.paras.forEach((para, i) => {
      let paragraph = paragraphs[i];
      if (!paragraph) rendered.body.insertBefore(paragraph = element("p", { dir: "auto" }), rendered.body.querySelector(".conflict"));
      this.#write(paragraph, para);
    });
    for (const paragraph of [...paragraphs].slice(turn.paras.length)) {
      this.#forget(paragraph);
      paragraph.remove();
    }
    rendered.turn = turn;
  }

  #write(paragraph, para) {
    if (paragraph.rendered === para.text) return;
    paragraph.rendered = para.text;
    this.#forget(paragraph);
    if (!para.text) {
      paragraph.replaceChildren(element("br"));
      return;
    }
    if (paragraph.childNodes.length === 1 && paragraph.firstChild.nodeType === 3) paragraph.firstChild.data = para.text;
    else paragraph.textContent = para.text;
    const ranges = [...para.text.matchAll(SIGNS)].map(match => {
      const range = new StaticRange({ startContainer: paragraph.firstChild, startOffset: match.index,
        endContainer: paragraph.firstChild, endOffset: match.index + match[0].length });
      this.#marks.sign.add(range);
      return range;
    });
    if (ranges.length) this.#signs.set(paragraph, ranges);
  }

  #forget(paragraph) {
    for (const range of this.#signs.get(paragraph) ?? []) this.#marks.sign.delete(range);
    this.#signs.delete(paragraph);
  }
}
