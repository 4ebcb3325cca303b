/**
 * A room's roster: the names of its participants, read by page and updated by `presence` events.
 *
 * The names are read only while the room is on the screen. `stage` says how far that is: "unknown" (only
 * the count is known), "asking" (pages are requested) or "known". A `presence` event that does not follow
 * the known version makes the names unknown again.
 */
export const NAMES_LIMIT = 500;
const HELD_CHANGES_LIMIT = 200;

const keyOf = (name) => name.normalize("NFC").toLowerCase();

export class Roster {
  constructor(limit = NAMES_LIMIT) {
    this.limit = limit;
    this.count = 0;
    this.version = 0;
    /** Whether the gateway sends only counts, no names. */
    this.crowd = false;
    this.forget();
  }

  /** The names must be read again. Those that are known stay on the screen until then. */
  forget() {
    this.stage = "unknown";
    this.heldChanges = [];
  }

  /** Has the names of a crowd, which no `presence` event updates, read again. */
  refresh() {
    if (this.stage === "known" && (this.crowd || this.partial)) this.forget();
  }

  /** The answer to a join. Another version means that changes were missed before it. */
  onJoined({ count, version }) {
    this.count = count;
    if (this.stage !== "known" || version !== this.version) this.forget();
  }

  /** Begins to read the names. Returns what to request from `participants`. */
  startReading() {
    this.stage = "asking";
    this.heldChanges = [];
    this.reading = null;
    return {};
  }

  /** One answer of `participants`. Returns what to request next; null after the last page. */
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
    // Later pages may contain some of these changes; applying a change twice does no harm.
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
   * Whether the room may have become a crowd or ceased to be one, so that the names must be read again.
   * A change without names is the new count of a crowd, or the correction of a count.
   */
  #turns(silent, count) {
    if (this.partial) return count < this.limit * 0.8;
    const turns = silent !== this.crowd;
    if (turns) this.crowd = silent && count !== this.names.size;
    return turns;
  }

  /** The known names, sorted without regard to case. */
  sortedNames() {
    return [...(this.names ?? new Map())]
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([, name]) => name);
  }

  /** How many participants are there whose names are not known. */
  get unnamedCount() {
    return Math.max(0, this.count - (this.names?.size ?? 0));
  }
}
