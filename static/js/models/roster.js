/**
 * A room's roster: who is here, as pages of names and the changes since.
 *
 * Nobody asks for the names of a room that is not looked at: until then `stage` is "unknown" and only
 * the count is kept. A change that does not follow what is had makes it unknown again.
 */
export const NAMES_LIMIT = 500;
const HELD_CHANGES_LIMIT = 200;

const keyOf = (name) => name.normalize("NFC").toLowerCase();

export class Roster {
  constructor(limit = NAMES_LIMIT) {
    this.limit = limit;
    this.count = 0;
    this.version = 0;
    /** Coming and going is not told by name. */
    this.crowd = false;
    this.forget();
  }

  /** "unknown" → ask(), page()… → "known". The names had so far stay on the screen meanwhile. */
  forget() {
    this.stage = "unknown";
    this.heldChanges = [];
  }

  /** Of a crowd the names grow old without a word: asks for them again. */
  refresh() {
    if (this.stage === "known" && (this.crowd || this.partial)) this.forget();
  }

  /** A join was answered: changes may have been missed before it. */
  onJoined({ count, version }) {
    this.count = count;
    if (this.stage !== "known" || version !== this.version) this.forget();
  }

  /** Begins to read the names. Returns what to ask `participants` for. */
  startReading() {
    this.stage = "asking";
    this.heldChanges = [];
    this.reading = null;
    return {};
  }

  /** One answer of `participants`. Returns what to ask for next, or null: that was all. */
  addPage({ count, version, users, more }) {
    if (this.stage !== "asking") return null;
    this.reading ??= { version, names: new Map() };
    for (const name of users) this.reading.names.set(keyOf(name), name);
    this.count = count;
    if (more && count <= this.limit && users.length) return { after: users.at(-1) };
    this.names = this.reading.names;
    this.partial = more;
    this.version = this.reading.version;
    this.stage = "known";
    // Of later pages some of this is seen already; doing it once more changes nothing.
    for (const change of this.heldChanges) this.#apply(change);
    this.heldChanges = [];
    return null;
  }

  /** A `presence` event. */
  onPresence(presence) {
    this.count = presence.Count;
    if (this.stage === "known") this.#apply(presence);
    else if (this.stage === "asking") {
      this.heldChanges.push(presence);
      if (this.heldChanges.length > HELD_CHANGES_LIMIT) this.forget();
    }
  }

  #apply({ Since, Version, Count, Joined = [], Left = [] }) {
    if (this.stage !== "known" || Version <= this.version) return;
    const silent = !Joined.length && !Left.length;
    if (Since !== this.version || this.#turns(silent, Count)) return this.forget();
    this.version = Version;
    this.count = Count;
    for (const name of Left) this.names.delete(keyOf(name));
    if (!this.partial) for (const name of Joined) this.names.set(keyOf(name), name);
  }

  /**
   * Whether the room may have turned into or out of a crowd, so that the names must be asked for
   * again. A change without names corrects a count, or is a crowd's: as many may have come as gone.
   */
  #turns(silent, count) {
    if (this.partial) return count < this.limit * 0.8;
    const turns = silent !== this.crowd;
    if (turns) this.crowd = silent && count !== this.names.size;
    return turns;
  }

  /** The names had, sorted without regard to case. */
  sortedNames() {
    return [...(this.names ?? new Map())]
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([, name]) => name);
  }

  /** How many are here whose names are not had. */
  get unnamedCount() {
    return Math.max(0, this.count - (this.names?.size ?? 0));
  }
}
