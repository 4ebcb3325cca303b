/** Announcements to everybody: the log of the room `system`, shown among the events of each other room. */
import { Timeline } from "./timeline.js";

const LIMIT = 100;
const FIRST_PAGE = 20;
export const SYSTEM = "system";

export class Announcements {
  constructor() {
    this.timeline = new Timeline(LIMIT);
    this.stale = true;
    /** The last Seq that was announced before this page was loaded. Older ones are no news: they are
     * shown only in rooms whose timeline reaches back to their time. */
    this.oldUpTo = 0;
  }

  /** What to request from `history`. */
  nextPage() {
    const { head } = this.timeline;
    return head ? { room: SYSTEM, after: head } : { room: SYSTEM, limit: FIRST_PAGE };
  }

  /** The answer to nextPage(). */
  addPage({ events, more }) {
    const first = this.timeline.head === 0;
    this.timeline.addNewer({}, { events });
    if (first) this.oldUpTo = this.timeline.head;
    this.stale = !first && more;
  }

  /** The announcements to show in a room with this timeline. */
  shownIn({ events, detached }) {
    const from = events[0]?.Timestamp ?? Infinity;
    const to = (detached && events.at(-1)?.Timestamp) || Infinity;
    return this.timeline.events.filter(
      ({ Timestamp, Seq }) => (Timestamp >= from || Seq > this.oldUpTo) && Timestamp <= to,
    );
  }

  /** The broker has another store. */
  clear() {
    this.timeline.clear();
    this.oldUpTo = 0;
  }
}
