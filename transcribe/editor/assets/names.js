// The speakers' names: what the draft prints and what they are in full.

const TITLES = new Set(( // as in transcribe/person_names.py
  "dame dr herr frau lord lady madam miss mister mr mrs ms mx prof professor rev reverend sir " +
  "madame mademoiselle mlle mme monsieur sr sra señor señora srta dhr mevr mevrouw signor signora dott").split(" "));

export class Names {
  people = []; // as the server knows them: the printed and the full name

  constructor(model) { this.model = model; }

  full(name) { return this.model.names[name] ?? this.people.find(person => person.name === name)?.full ?? name; }

  /** The name the draft prints for a full name, which the page remembers. */
  taken(full) {
    const name = this.#short(full);
    if (name !== full) this.model.names = { ...this.model.names, [name]: full };
    return name;
  }

  suggestion(name) { return this.people.find(person => person.name === name)?.suggestion ?? ""; }

  /** Rename a speaker everywhere; the name the draft prints from now on. */
  rename(old, full) {
    const name = this.taken(full);
    this.model.rename(old, name, this.model.names[name] ?? name);
    return name;
  }

  /** The first name without titles, unless another speaker has it. The whole is printed of "Dr. Smith", "van der Berg"
   * and what else has no first name. */
  #short(full) {
    const words = full.split(" "), untitled = words.slice(Math.max(words.findIndex(word => !TITLES.has(word.toLowerCase().replace(/\.$/, ""))), 0));
    const hasFirst = untitled.length > 1 && /^\p{Lu}|^[^\p{L}]|^\p{Lo}/u.test(untitled[0]);
    const first = hasFirst || words.length === 1 ? untitled[0] : full, taken = this.model.speakers;
    const same = taken.find(name => this.full(name) === full);
    return same ?? (taken.includes(first) ? full : first);
  }
}
