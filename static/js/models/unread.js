/**
 * What is unread: messages of others, in each room, above the Seq that the person has seen.
 *
 * What came while the page was away is `missed` until its lines were read: only those tell which of the
 * events are messages, by whom, and which have been deleted since.
 */
const MARKS_LIMIT = 500;
/** More than this is not told apart. */
export const COUNTED_LIMIT = 100;

export class Unread {
  /** `marks`: the last Seq seen, by room, as toJSON() gave it. */
  constructor(marks = {}) {
    this.marks = new Map(Object.entries(marks).filter(([, seq]) => Number.isInteger(seq)));
    /** Of each room the Seqs of unread messages, with whether they mention this person. */
    this.messages = new Map();
    this.heads = new Map();
    /** Rooms whose lines above a Seq are not known yet. */
    this.gaps = new Map();
  }

  hasMark(room) {
    return this.marks.has(room);
  }

  /** Everything up to `seq` is seen. */
  markRead(room, seq) {
    const messages = this.messages.get(room) ?? new Map();
    for (const each of messages.keys()) if (each <= seq) messages.delete(each);
    if (!messages.size) this.messages.delete(room);
    if (seq >= (this.heads.get(room) ?? 0)) this.gaps.delete(room);
    if (seq <= (this.marks.get(room) ?? 0)) return;
    this.marks.delete(room); // the newest mark last: the oldest is forgotten first
    this.marks.set(room, seq);
    if (this.marks.size > MARKS_LIMIT) this.marks.delete(this.marks.keys().next().value);
  }

  /** Marks that another tab of this browser has set. */
  mergeMarks(marks) {
    for (const [room, seq] of Object.entries(marks)) {
      if (seq > (this.marks.get(room) ?? 0)) this.markRead(room, seq);
    }
  }

  /** An event, live or of a page. One's own message shows that one is there, unless others' wait before it. */
  onEvent(event, mine, mentions = false) {
    const { Room, Seq, EvtType, Ref } = event;
    this.heads.set(Room, Math.max(Seq, this.heads.get(Room) ?? 0));
    if (EvtType === "delete") this.#forget(Room, Ref);
    if (Seq <= (this.marks.get(Room) ?? 0)) return;
    if (mine && EvtType === "message" && !this.countIn(Room) && !this.gaps.has(Room)) return this.markRead(Room, Seq);
    if (mine || EvtType !== "message" || (event.Rev && !event.Text)) return;
    const messages = this.messages.get(Room) ?? new Map();
    this.messages.set(Room, messages.set(Seq, mentions));
    if (messages.size > COUNTED_LIMIT) messages.delete(messages.keys().next().value);
  }

  /** A private room is at `head`: what it holds above the mark came while this page was away. */
  noteUnseen(room, head) {
    const known = Math.max(this.marks.get(room) ?? 0, this.heads.get(room) ?? 0);
    if (head <= known) return;
    this.heads.set(room, head);
    if (!this.gaps.has(room)) this.gaps.set(room, known);
  }

  /** What to ask `history` for to know what was missed; null for nothing. */
  nextGap() {
    const [next] = this.gaps;
    return next ? { room: next[0], after: Math.max(next[1], this.marks.get(next[0]) ?? 0) } : null;
  }

  /** The answer to gap(): its events were heard. What is not told apart need not be read. */
  fillGap(room, events, more) {
    if (!this.gaps.has(room)) return;
    if (more && events.length && this.countIn(room) < COUNTED_LIMIT) this.gaps.set(room, events.at(-1).Seq);
    else this.gaps.delete(room);
  }

  /** Nobody will tell. */
  dropGap(room) {
    this.gaps.delete(room);
  }

  countIn(room) {
    return this.messages.get(room)?.size ?? 0;
  }

  /** How many of them mention this person. */
  mentionsIn(room) {
    return [...(this.messages.get(room)?.values() ?? [])].filter(Boolean).length;
  }

  /** The rooms with something unread. */
  unreadRooms() {
    return [...this.messages.keys()];
  }

  /** The store is another one: its Seqs say nothing about the old ones. */
  clear() {
    for (const each of [this.marks, this.messages, this.heads, this.gaps]) each.clear();
  }

  toJSON() {
    return Object.fromEntries(this.marks);
  }

  #forget(room, seq) {
    const messages = this.messages.get(room);
    if (messages?.delete(seq) && !messages.size) this.messages.delete(room);
  }
}
