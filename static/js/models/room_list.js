/** The list of rooms as the gateway gives it, page by page, and the conversations that were closed here. */
const STEP = 100;
const LIMIT = 2000;
const CLOSED_LIMIT = 500;

export class RoomList {
  /** `closed`: the last Seq of each conversation when it was closed. */
  constructor(closed = {}) {
    /** Rows of `rooms`: private conversations and public rooms that others are in. */
    this.rows = [];
    this.byName = new Map();
    this.stale = true;
    /** So many of them are wanted; there are others. */
    this.wanted = STEP;
    this.hasMore = false;
    this.closed = new Map(Object.entries(closed).filter(([, seq]) => Number.isInteger(seq)));
  }

  /** The first pages of `rooms`. Who comes or goes meanwhile may put a room into two of them. */
  setRows(rows, more) {
    this.byName = new Map(rows.map((row) => [row.room, row]));
    this.rows = [...this.byName.values()];
    this.hasMore = more && this.wanted < LIMIT;
  }

  /** The person wants to see more of the list. */
  wantMore() {
    this.wanted += STEP;
    this.stale = true;
  }

  row(name) {
    return this.byName.get(name);
  }

  /** A conversation that ends at `seq` leaves the list until somebody says something new there. */
  close(name, seq) {
    if (seq <= (this.closed.get(name) ?? -1)) return;
    this.closed.set(name, seq);
    if (this.closed.size > CLOSED_LIMIT) this.closed.delete(this.closed.keys().next().value);
  }

  /** Whether something was said in the conversation since it was closed. Groups are there from the start. */
  isOpen(name, head) {
    return head > (this.closed.get(name) ?? (this.row(name)?.kind === "private" ? -1 : 0));
  }
}
