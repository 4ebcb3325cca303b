/** The announcements to all: a room of its own, shown among the lines of each other room at their time. */
import { Timeline } from "./timeline.js";

const LIMIT = 100;
export const SYSTEM = "system";

export class Announcements {
  constructor() {
    this.timeline = new Timeline(LIMIT);
    this.stale = true;
    /** Announcements up to this Seq were there before this page: old news. */
    this.old = 0;
  }

  /** What to ask `history` for to know them. */
  nextPage() {
    const { head } = this.timeline;
    return head ? { room: SYSTEM, after: head } : { room: SYSTEM, limit: 20 };
  }

  /** The answer to page(). */
  addPage({ events, more }) {
    const first = this.timeline.head === 0;
    this.timeline.addNewer({}, { events });
    if (first) this.old = this.timeline.head;
    this.stale = !first && more;
  }

  /** Those that belong among a room's lines. */
  shownIn({ events, detached }) {
    const from = events[0]?.Timestamp ?? Infinity;
    const to = (detached && events.at(-1)?.Timestamp) || Infinity;
    return this.timeline.events.filter(
      ({ Timestamp, Seq }) => (Timestamp >= from || Seq > this.old) && Timestamp <= to,
    );
  }

  /** The store is another one. */
  clear() {
    this.timeline.clear();
    this.old = 0;
  }
}
