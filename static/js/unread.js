/** What is unread: messages of others, in each room, above the Seq that the person has seen. */
const MARKS_LIMIT = 500;

export class Unread {
  /** `marks`: the last Seq seen, by room, as toJSON() gave it. */
  constructor(marks = {}) {
    this.marks = new Map(Object.entries(marks));
    this.counts = new Map();
    this.heads = new Map();
  }

  /** Everything up to `seq` is seen. */
  seen(room, seq) {
    this.counts.delete(room);
    if (seq <= (this.marks.get(room) ?? 0)) return;
    this.marks.delete(room); // the newest mark last: the oldest is forgotten first
    this.marks.set(room, seq);
    if (this.marks.size > MARKS_LIMIT) this.marks.delete(this.marks.keys().next().value);
  }

  /** Marks that another tab of this browser has set. */
  seenElsewhere(marks) {
    for (const [room, seq] of Object.entries(marks)) {
      if (seq > (this.marks.get(room) ?? 0) && seq >= (this.heads.get(room) ?? 0)) this.seen(room, seq);
    }
  }

  /** A live event. One's own message shows that one is there, unless others' wait before it. */
  heard({ Room, Seq, EvtType }, mine) {
    if (Seq <= Math.max(this.marks.get(Room) ?? 0, this.heads.get(Room) ?? 0)) return;
    this.heads.set(Room, Seq);
    if (mine && !this.of(Room)) this.seen(Room, Seq);
    else if (!mine && EvtType === "message") this.counts.set(Room, this.of(Room) + 1);
  }

  /** A private room is at `head`: what it holds above the mark came while this page was away. */
  missed(room, head) {
    const above = head - Math.max(this.marks.get(room) ?? 0, this.heads.get(room) ?? 0);
    if (above <= 0) return;
    this.counts.set(room, this.of(room) + above);
    this.heads.set(room, head);
  }

  of(room) {
    return this.counts.get(room) ?? 0;
  }

  /** The store is another one: its Seqs say nothing about the old ones. */
  clear() {
    this.marks.clear();
    this.counts.clear();
    this.heads.clear();
  }

  /** Public rooms are replayed at each load; only private ones need their marks kept. */
  toJSON() {
    return Object.fromEntries([...this.marks].filter(([room]) => room.startsWith("@")));
  }
}
