/**
 * A room's timeline: a window of its log, in Seq order, each event once, with edits and deletes done.
 *
 * The window usually ends at the newest event. Who reads far up may lose its newest end (`detached`):
 * what is heard then only moves `head`, and the lines come again by page.
 */
export const EVENTS_LIMIT = 2000;
/** While the newest lines are on the screen: each new line moves all rows, so few make it cheap. */
export const FOLLOWED_LIMIT = 300;
const CHANGES_LIMIT = 500;

export class Timeline {
  constructor(limit = EVENTS_LIMIT, followedLimit = Math.min(limit, FOLLOWED_LIMIT)) {
    this.limit = limit;
    this.followedLimit = followedLimit;
    this.clear();
  }

  /** Forgets everything: the room starts over. */
  clear() {
    this.events = [];
    /** The last Seq heard: where a join may go on. */
    this.head = 0;
    /** The Seq up to which a replay is on its way; older pages wait for it. */
    this.expected = 0;
    this.reachedStart = false;
    this.detached = false;
    /** The last edit or delete of each message: an older page may be on its way with the old text. */
    this.changes = new Map();
  }

  get first() {
    return this.events[0]?.Seq ?? 0;
  }

  get last() {
    return this.events.at(-1)?.Seq ?? 0;
  }

  /** A live event. False if it was known. `reading`: the oldest lines are on the screen, keep them. */
  apply(event, reading = false) {
    if (event.Seq <= this.head) return false;
    this.head = event.Seq;
    this.#noteChange(event);
    if (this.detached) return true;
    this.events.push(this.#withChanges(event));
    if (reading) this.#trimEnd();
    else this.#trimStart(this.followedLimit);
    return true;
  }

  /** What to ask `history` for to see older lines; null if there are none, or they come by themselves. */
  olderPage() {
    if (this.reachedStart || this.first === 1 || this.head < this.expected) return null;
    if (this.detached && !this.events.length) return null; // on the way back to the newest
    return this.first ? { before: this.first } : {};
  }

  /** What to ask `history` for to see newer lines; null while the window ends at the newest. */
  newerPage() {
    if (!this.detached) return null;
    return this.last ? { after: this.last } : {};
  }

  /** The answer to olderPage(), which was `page`. One for a window that has moved is of no use. */
  addOlder(page, { events, more }) {
    if (page.before && page.before !== this.first) return;
    this.#merge(events);
    if (!more) this.reachedStart = true;
    this.#trimEnd();
  }

  /** The answer to newerPage(), which was `page`. */
  addNewer(page, { events }) {
    if (page.after && page.after !== this.last) return;
    this.#merge(events);
    // What was heard while this page was on its way is not in the window: ask for that too.
    this.detached = this.last < this.head;
    this.#trimStart(this.limit);
  }

  /** Back to the newest lines: newerPage() brings them. */
  returnToLatest() {
    if (!this.detached) return;
    this.events = [];
    this.reachedStart = false;
  }

  #merge(events) {
    const bySeq = new Map(this.events.map((line) => [line.Seq, line]));
    for (const event of events) {
      this.#noteChange(event);
      const known = bySeq.get(event.Seq);
      if (!known || (event.Rev ?? 0) > (known.Rev ?? 0)) bySeq.set(event.Seq, this.#withChanges(event));
    }
    this.events = [...bySeq.values()].sort((a, b) => a.Seq - b.Seq);
    this.head = Math.max(this.head, this.last);
  }

  #noteChange(event) {
    if (event.EvtType !== "edit" && event.EvtType !== "delete") return;
    if ((this.changes.get(event.Ref)?.Seq ?? 0) >= event.Seq) return;
    this.changes.set(event.Ref, event);
    if (this.changes.size > CHANGES_LIMIT) this.changes.delete(this.changes.keys().next().value);
    const at = this.#indexOf(event.Ref);
    if (at >= 0) this.events[at] = this.#withChanges(this.events[at]);
  }

  /** The event as it is by now. A changed line is a new object: views compare by identity. */
  #withChanges(event) {
    const change = this.changes.get(event.Seq);
    if (!change || change.Seq <= (event.Rev ?? 0)) return event;
    const text = change.EvtType === "delete" ? "" : change.Text;
    return { ...event, Text: text, Rev: change.Seq };
  }

  #indexOf(seq) {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.events[middle].Seq < seq) low = middle + 1;
      else high = middle;
    }
    return this.events[low]?.Seq === seq ? low : -1;
  }

  #trimEnd() {
    if (this.events.length <= this.limit) return;
    this.events = this.events.slice(0, this.limit);
    this.detached = true;
  }

  #trimStart(limit) {
    if (this.events.length <= limit) return;
    this.events = this.events.slice(-limit);
    this.reachedStart = false;
  }
}
