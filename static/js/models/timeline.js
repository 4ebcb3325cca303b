/**
 * A room's timeline: a part of its log, in Seq order, each event once, with edits and deletes applied.
 *
 * It usually ends at the newest event. While somebody reads far up, the newest events may be dropped
 * (`detached`): live events then only move `head`, and the dropped ones are requested again by page.
 */
export const EVENTS_LIMIT = 2000;
/** The limit while the newest events are on the screen: a new row moves all others, so that few are cheap. */
export const FOLLOWED_LIMIT = 300;
const CHANGES_LIMIT = 500;

export class Timeline {
  constructor(limit = EVENTS_LIMIT, followedLimit = Math.min(limit, FOLLOWED_LIMIT)) {
    this.limit = limit;
    this.followedLimit = followedLimit;
    this.clear();
  }

  /** Drops everything: the room starts over. */
  clear() {
    this.events = [];
    /** The last Seq received: a join can go on from there. */
    this.head = 0;
    /** The last Seq of the replay that follows a join. Older pages are not requested before it came. */
    this.expected = 0;
    this.reachedStart = false;
    this.detached = false;
    /** The last edit or delete, by message: a page that was sent before the change has the old text. */
    this.changes = new Map();
  }

  get first() {
    return this.events[0]?.Seq ?? 0;
  }

  get last() {
    return this.events.at(-1)?.Seq ?? 0;
  }

  /** Adds a live event. False if it is known. `reading`: keeps the oldest events, which are on the screen. */
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

  /** What to request from `history` to get older events; null if there are none, or a replay brings them. */
  olderPage() {
    if (this.reachedStart || this.first === 1 || this.head < this.expected) return null;
    if (this.detached && !this.events.length) return null; // newerPage() goes back to the newest first
    return this.first ? { before: this.first } : {};
  }

  /** What to request from `history` to get newer events; null if the timeline ends at the newest. */
  newerPage() {
    if (!this.detached) return null;
    return this.last ? { after: this.last } : {};
  }

  /** The answer to olderPage(), which was `page`. It is ignored if the timeline begins elsewhere now. */
  addOlder(page, { events, more }) {
    if (page.before && page.before !== this.first) return;
    this.#merge(events);
    if (!more) this.reachedStart = true;
    this.#trimEnd();
  }

  /** The answer to newerPage(), which was `page`. It is ignored if the timeline ends elsewhere now. */
  addNewer(page, { events }) {
    if (page.after && page.after !== this.last) return;
    this.#merge(events);
    // Live events that came since the request are not in the timeline: they are requested, too.
    this.detached = this.last < this.head;
    this.#trimStart(this.limit);
  }

  /** Goes back to the newest events: newerPage() requests them. */
  returnToLatest() {
    if (!this.detached) return;
    this.events = [];
    this.reachedStart = false;
  }

  #merge(events) {
    const bySeq = new Map(this.events.map((event) => [event.Seq, event]));
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
    const index = this.#indexOf(event.Ref);
    if (index >= 0) this.events[index] = this.#withChanges(this.events[index]);
  }

  /** The event after its last change. A changed event is a new object, since views compare by identity. */
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
