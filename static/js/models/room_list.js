/** The list of rooms as the gateway gives it, page by page, and the conversations that were closed here. */
const STEP = 100;
const LIMIT = 2000;
const CLOSED_LIMIT = 500;

export class RoomList {
  /** `closed`: the last Seq of each conversation when it was closed. */
  constructor(closed = {}) {
    /** Rows of the answer to `rooms`: private rooms, and public rooms with somebody in them. */
    this.rows = [];
    this.byName = new Map();
    this.stale = true;
    /** How many rows to request; `hasMore`: whether the gateway has more than that. */
    this.wanted = STEP;
    this.hasMore = false;
    this.closed = new Map(Object.entries(closed).filter(([, seq]) => Number.isInteger(seq)));
  }

  /** The first pages of `rooms`. A room can be in two of them, since counts change between the pages. */
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

  /** Takes a conversation that ends at `seq` out of the list until somebody writes there again. */
  close(name, seq) {
    if (seq <= (this.closed.get(name) ?? -1)) return;
    this.closed.set(name, seq);
    if (this.closed.size > CLOSED_LIMIT) this.closed.delete(this.closed.keys().next().value);
  }

  /** Whether a private room with this head is in the list. A 1-to-1 conversation is there from its first
   * message on, a group from its start. */
  isOpen(name, head) {
    return head > (this.closed.get(name) ?? (this.row(name)?.kind === "private" ? -1 : 0));
  }
}
