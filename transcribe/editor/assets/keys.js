// The keys of commands: a set to choose from, and keys the editor sets, kept by the browser.

import { element } from "./view.js";

/** The name of a key with its modifiers, such as "ctrl shift z". Ctrl and the Mac's Command are the same. Signs are named
 * without Shift, which some keyboards need for them; letters with Alt by their place, because a Mac types others then. */
export function nameOf({ key, code, ctrlKey, metaKey, altKey, shiftKey }) {
  const letter = altKey && /^Key[A-Z]$/.test(code) ? code.at(-1) : key, isSign = letter.length === 1 && !/[\p{L}\p{N} ]/u.test(letter);
  return [ctrlKey || metaKey ? "ctrl" : "", altKey ? "alt" : "", shiftKey && !isSign ? "shift" : "",
    letter.length === 1 ? letter.toLowerCase() : letter].filter(Boolean).join(" ");
}

const COMMANDS = [ // name, what it does, key, key on a Mac
  ["play", "play, pause (goes back 2 seconds)", "Escape", "alt shift k"],
  ["back", "back 3 seconds", "F1", "alt shift j"], ["forward", "forward 3 seconds", "F2", "alt shift l"],
  ["slower", "slower", "F3", "alt shift u"], ["faster", "faster", "F4", "alt shift i"],
  ["repeat", "repeat the sentence, or stop repeating", "F7", "alt shift r"],
  ["doubt", "next doubt", "F8", "alt shift n"], ["doubtBefore", "previous doubt", "shift F8", "alt shift p"],
  ["accept", "mark this doubt as correct", "F9", "alt shift c"], ["take", "take the other reading, or the suggested name", "shift F9", "alt shift o"], ["correct", "select this doubt, to type over it", "F10", "alt shift e"],
  ["playHere", "play from the cursor", "ctrl Enter"], ["goTo", "go to a time", "alt g"], ["insertTime", "insert the time of the recording", "alt t"],
  ["speaker", "change the speaker of this turn, or from the cursor on", "alt s"],
  ["copy", "copy with the speakers' names", "alt c"], ["copyMarkdown", "the same as Markdown", "alt m"],
  ["search", "search and replace", "ctrl f"], ["found", "next place found", "ctrl g"], ["foundBefore", "previous place found", "ctrl shift g"],
  ["move", "move between text and player", "F6", "alt shift m"], ["help", "all keys, and setting them", "ctrl /"],
];
const PEDAL = { play: "F9", back: "F7", forward: "F8" }; // what pedals send to Express Scribe; all else is as on a Mac
const ALWAYS = { MediaPlayPause: "play", MediaTrackPrevious: "back", MediaTrackNext: "forward", "ctrl h": "search" }; // pedals send these

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

export class Keys {
  #settings = { set: isMac ? "mac" : "standard", own: {}, tabPlays: false, ...JSON.parse(localStorage.getItem("keys") ?? "{}") };
  #commandOf = {};

  constructor(list) {
    this.list = list;
    this.#apply();
  }

  get tabPlays() { return this.#settings.tabPlays; }
  set tabPlays(isOn) { this.#change({ tabPlays: isOn }); }
  get set() { return this.#settings.set; }
  set set(name) { this.#change({ set: name, own: {} }); }

  /** The command of a key event, if it has one. */
  commandOf(event) { return this.#commandOf[nameOf(event)]; }

  keyOf(name) {
    const [, , standard, mac = standard] = COMMANDS.find(command => command[0] === name);
    const ofSet = { mac, pedal: PEDAL[name] ?? mac }[this.#settings.set] ?? standard;
    return this.#settings.own[name] ?? ofSet;
  }

  /** The key as it is shown, such as "Ctrl+Shift+Z". */
  label(name) {
    const names = { ctrl: isMac ? "⌘" : "Ctrl", alt: isMac ? "⌥" : "Alt", shift: isMac ? "⇧" : "Shift", Escape: "Esc" };
    return this.keyOf(name).split(" ").map(part => names[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join("+");
  }

  #change(settings) {
    Object.assign(this.#settings, settings);
    localStorage.setItem("keys", JSON.stringify(this.#settings));
    this.#apply();
  }

  #apply() {
    this.#commandOf = { ...ALWAYS };
    for (const [name] of COMMANDS) this.#commandOf[this.keyOf(name)] ??= name;
    for (const name of Object.keys(this.#settings.own)) this.#commandOf[this.keyOf(name)] = name; // set keys come first
    this.#show();
  }

  #show() {
    for (const node of document.querySelectorAll("[data-keys]")) {
      const labels = node.dataset.keys.split(" ").map(name => this.label(name));
      node.title = `${node.dataset.title ??= node.title} (${labels.join(", ")})`;
    }
    this.list.replaceChildren(...COMMANDS.flatMap(([name, does]) => {
      const change = element("button", { type: "button", className: "small", textContent: "Set …", onclick: () => this.#listen(name, change) });
      change.setAttribute("aria-label", `Set the key for: ${does}`);
      change.dataset.command = name;
      return [element("dt", {}, element("kbd", { textContent: this.label(name) }), " ", change), element("dd", { textContent: does })];
    }));
  }

  /** The next key pressed on the button becomes the command's; Esc leaves it as it is. */
  #listen(name, button) {
    button.textContent = "Press a key …";
    const listen = event => {
      event.preventDefault();
      event.stopPropagation();
      if (["Control", "Alt", "Shift", "Meta", "AltGraph"].includes(event.key)) return;
      button.removeEventListener("keydown", listen);
      const isPlain = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey; // typing needs it
      if (event.key === "Escape" || event.key === "Tab" || isPlain) this.#show();
      else this.#change({ own: { ...this.#settings.own, [name]: nameOf(event) } });
      this.list.querySelector(`[data-command="${name}"]`).focus();
    };
    button.addEventListener("keydown", listen);
    button.addEventListener("blur", () => { if (button.isConnected) { button.removeEventListener("keydown", listen); button.textContent = "Set …"; } }, { once: true });
  }
}
