/**
 * Unread messages: those of other people above the last Seq that the person has read (the mark), by room.
 *
 * Of events that came while the page was away only the range of Seqs is known: a gap. Its events are
 * requested, since only they tell which are messages, by whom, and which were deleted since.
 */
const MARKS_LIMIT = 500;
/** Unread messages of a room are counted up to this number. */
export const COUNTED_LIMIT = 100;

export class Unread {
  /** `marks`: the last Seq read, by room, as toJSON() gave it. */
  constructor(marks = {}) {
    this.marks = new Map(Object.entries(marks).filter(([, seq]) => Number.isInteger(seq)));
    /** By room the Seqs of unread messages, each with whether it mentions this person. */
    this.messages = new Map();
    this.heads = new Map();
    /** By room the Seq above which the events are not known. */
    this.gaps = new Map();
  }

  hasMark(room) {
    return this.marks.has(room);
  }

  /** Everything up to `seq` is read. */
  markRead(room, seq) {
    const messages = this.messages.get(room) ?? new Map();
    for (const each of messages.keys()) if (each <= seq) messages.delete(each);
    if (!messages.size) this.messages.delete(room);
    if (seq >= (this.heads.get(room) ?? 0)) this.gaps.delete(room);
    if (seq <= (this.marks.get(room) ?? 0)) return;
    this.marks.delete(room); // the newest mark is last: the oldest one is dropped first
    this.marks.set(room, seq);
    if (this.marks.size > MARKS_LIMIT) this.marks.delete(this.marks.keys().next().value);
  }

  /** Takes the marks that another tab of this browser has set. */
  mergeMarks(marks) {
    for (const [room, seq] of Object.entries(marks)) {
      if (seq > (this.marks.get(room) ?? 0)) this.markRead(room, seq);
    }
  }

  /** An event, live or of a page. A message of the person marks the room as read if nothing is unread before it. */
  onEvent(event, mine, mentions = false) {
    const { Room, Seq, EvtType, Ref } = event;
    this.heads.set(Room, Math.max(Seq, this.heads.get(Room) ?? 0));
    if (EvtType === "delete") this.#deleteMessage(Room, Ref);
    if (Seq <= (this.marks.get(Room) ?? 0)) return;
    if (mine && EvtType === "message" && !this.countIn(Room) && !this.gaps.has(Room)) return this.markRead(Room, Seq);
    if (mine || EvtType !== "message" || (event.Rev && !event.Text)) return;
    const messages = this.messages.get(Room) ?? new Map();
    this.messages.set(Room, messages.set(Seq, mentions));
    if (messages.size > COUNTED_LIMIT) messages.delete(messages.keys().next().value);
  }

  /** A private room has events up to `head`: those above the known ones came while this page was away. */
  noteUnseen(room, head) {
    const known = Math.max(this.marks.get(room) ?? 0, this.heads.get(room) ?? 0);
    if (head <= known) return;
    this.heads.set(room, head);
    if (!this.gaps.has(room)) this.gaps.set(room, known);
  }

  /** What to request from `history` to fill a gap; null if there is none. */
  nextGap() {
    const [next] = this.gaps;
    return next ? { room: next[0], after: Math.max(next[1], this.marks.get(next[0]) ?? 0) } : null;
  }

  /** The answer to nextGap(); its events went to onEvent(). Beyond COUNTED_LIMIT the gap stays unfilled. */
  fillGap(room, events, more) {
    if (!this.gaps.has(room)) return;
    if (more && events.length && this.countIn(room) < COUNTED_LIMIT) this.gaps.set(room, events.at(-1).Seq);
    else this.gaps.delete(room);
  }

  /** The gateway does not give these events. */
  dropGap(room) {
    this.gaps.delete(room);
  }

  countIn(room) {
    return this.messages.get(room)?.size ?? 0;
  }

  /** How many unread messages of the room mention this person. */
  mentionsIn(room) {
    return [...(this.messages.get(room)?.values() ?? [])].filter(Boolean).length;
  }

  /** The rooms that have unread messages. */
  unreadRooms() {
    return [...this.messages.keys()];
  }

  /** The broker has another store, so that the known Seqs mean nothing. */
  clear() {
    for (const each of [this.marks, this.messages, this.heads, this.gaps]) each.clear();
  }

  toJSON() {
    return Object.fromEntries(this.marks);
  }

  #deleteMessage(room, seq) {
    const messages = this.messages.get(room);
    if (messages?.delete(seq) && !messages.size) this.messages.delete(room);
  }
}
