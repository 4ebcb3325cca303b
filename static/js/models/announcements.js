/** The announcements to all: a room of its own, shown among the lines of each other room at their time. */
import { Timeline } from "./timeline.js";

const LIMIT = 100;
export const SYSTEM = "system";

export class Notices {
  constructor() {
    this.timeline = new Timeline(LIMIT);
    this.stale = true;
    /** Announcements up to this Seq were there before this page: old news. */
    this.old = 0;
  }

  /** What to ask `history` for to know them. */
  page() {
    const { head } = this.timeline;
    return head ? { room: SYSTEM, after: head } : { room: SYSTEM, limit: 20 };
  }

  /** The answer to page(). */
  answered({ events, more }) {
    const first = this.timeline.head === 0;
    this.timeline.newer({}, { events });
    if (first) this.old = this.timeline.head;
    this.stale = !first && more;
  }

  /** Those that belong among a room's lines. */
  among({ lines, detached }) {
    const from = lines[0]?.Timestamp ?? Infinity;
    const to = (detached && lines.at(-1)?.Timestamp) || Infinity;
    return this.timeline.lines.filter(
      ({ Timestamp, Seq }) => (Timestamp >= from || Seq > this.old) && Timestamp <= to,
    );
  }

  /** The store is another one. */
  clear() {
    this.timeline.clear();
    this.old = 0;
  }
}
