/**
 * The chat: all that the page knows, fed by what the gateway tells. It knows no socket and no document.
 *
 * `link` is "connecting" (the first time), "offline", "down" (the gateway has no broker) or "up".
 */
import { Outbox } from "./outbox.js";
import { Room } from "./room.js";
import { isPrivate } from "./text.js";
import { Timeline } from "./timeline.js";
import { Unread } from "./unread.js";

export const LOBBY = "lobby";
export const SYSTEM = "system";
const NOTICES_LIMIT = 100;
const PRIVATE_LIMIT = 20;
const LIST_STEP = 100;
const LIST_LIMIT = 2000;

export class Chat {
  /** `open`: public rooms to be in; `marks`: what was read of private ones, in the store `epoch`. */
  constructor({ user = "", uid = "", open = [], epoch = "", marks = {} } = {}) {
    this.user = user;
    this.uid = uid;
    this.epoch = epoch;
    this.bound = false; // this connection knows who we are
    this.link = "connecting";
    this.current = "";
    this.rooms = new Map();
    this.outbox = new Outbox();
    this.unread = new Unread(marks);
    this.notices = new Timeline(NOTICES_LIMIT);
    /** Rows of `rooms`: private conversations and public rooms that others are in. */
    this.listed = [];
    this.listStale = true;
    /** So many of them are wanted; there are others. */
    this.listWanted = LIST_STEP;
    this.listHasMore = false;
    this.noticesStale = true;
    /** Announcements up to this Seq were there before this page: old news. */
    this.oldNotices = 0;
    /** The page can be seen; the timeline is scrolled to its newest lines. */
    this.visible = true;
    this.pinned = true;
    for (const name of open) this.follow(name);
  }

  // --- where the person is ---

  /** The room by this name, followed from now on. */
  follow(name) {
    let room = this.rooms.get(name);
    if (!room) this.rooms.set(name, (room = new Room(name)));
    return room;
  }

  show(name) {
    const room = this.follow(name);
    this.current = name;
    if (room.private) {
      this.rooms.delete(name); // the last one shown is last: the first is forgotten first
      this.rooms.set(name, room);
      const others = [...this.rooms.values()].filter((each) => each.private);
      for (const { name: old } of others.slice(0, -PRIVATE_LIMIT)) this.rooms.delete(old);
    }
    if (!this.openRooms().length) this.follow(LOBBY); // somebody must be somewhere
    this.pinned = true;
    this.look();
  }

  /** Follows a room no longer. Returns the room to show if it was the current one. */
  drop(name) {
    this.rooms.delete(name);
    this.outbox.drop(name);
    if (!this.openRooms().length) this.follow(LOBBY);
    return this.current === name ? this.openRooms()[0] : this.current;
  }

  /** The gateway spells a room's name in another way: what waits for it goes there. */
  respelled(asked, name) {
    this.outbox.rename(asked, name);
    this.drop(asked);
    this.follow(name);
  }

  openRooms() {
    return [...this.rooms.keys()].filter((name) => !isPrivate(name));
  }

  get room() {
    return this.rooms.get(this.current);
  }

  /** What is on the screen is read. */
  look() {
    const { room } = this;
    if (room && this.visible && this.pinned) this.unread.seen(room.name, room.timeline.head);
  }

  /** A private room's name for people: the other person; null for a room that is not listed yet. */
  titleOf(name) {
    if (!isPrivate(name)) return name;
    const row = this.listed.find((each) => each.room === name);
    return row ? row.title || row.user || "conversation" : null;
  }

  // --- what the gateway tells ---

  /** What to join in the handshake: public rooms first, since those say who we are. */
  joins() {
    const rooms = [...this.rooms.values()].sort((a, b) => a.private - b.private);
    const joins = rooms.map((room) => room.join(this.epoch)).filter((join) => join !== null);
    for (const { room } of joins) this.rooms.get(room).joining = true;
    return joins;
  }

  disconnected(now) {
    this.link = "offline";
    this.bound = false;
    for (const room of this.rooms.values()) room.disconnected();
    this.outbox.disconnected(now);
  }

  /** A good answer to a join. */
  joined(ack) {
    if (this.epoch && ack.epoch !== this.epoch) this.#startOver();
    Object.assign(this, { epoch: ack.epoch, user: ack.user, uid: ack.uid });
    if (!this.bound) {
      Object.assign(this, { bound: true, listStale: true, noticesStale: true });
      if (this.link !== "down") this.link = "up";
    }
    for (const [name, head] of Object.entries(ack.private ?? {})) this.unread.missed(name, head);
    const room = this.rooms.get(ack.room);
    if (!room) return; // left meanwhile
    room.answered(ack);
    if (!ack.recovered) this.unread.seen(ack.room, isPrivate(ack.room) ? 0 : ack.seq);
    this.outbox.settle(room.name, room.timeline.head);
    this.look();
  }

  /** A `chat` event. */
  heard(event) {
    if (event.Room === SYSTEM) return void this.notices.hear(event);
    const room = this.rooms.get(event.Room);
    if (!room && !isPrivate(event.Room)) return; // left meanwhile
    const mine = event.Uid !== undefined && event.Uid === this.uid;
    if (mine && event.Id) this.outbox.discard(event.Id);
    const reading = event.Room === this.current && !this.pinned;
    if (room && !room.timeline.hear(event, reading)) return;
    if (mine && event.EvtType === "rename") this.user = event.User;
    this.unread.heard(event, mine);
    if (room) {
      room.typing = room.typing.filter((name) => name !== event.User);
      this.outbox.settle(room.name, room.timeline.head);
    }
    if (isPrivate(event.Room) && this.titleOf(event.Room) === null) this.listStale = true;
    this.look();
  }

  /** Lines of a room that came by page: what waited and is among them has been said. */
  read(room, events) {
    for (const { Id, Uid } of events) if (Id && Uid === this.uid) this.outbox.discard(Id);
    this.outbox.settle(room, this.rooms.get(room)?.timeline.head ?? Infinity);
  }

  reset({ Room: name, Epoch, Seq }) {
    if (Epoch !== this.epoch) this.#startOver();
    this.epoch = Epoch;
    const { timeline } = name === SYSTEM ? { timeline: this.notices } : this.follow(name);
    timeline.clear();
    timeline.expected = Seq;
  }

  presence(change) {
    this.rooms.get(change.Room)?.roster.change(change);
  }

  typing({ Room: name, Users }) {
    const room = this.rooms.get(name);
    if (room) room.typing = Users.filter((user) => user !== this.user);
  }

  linked({ Up }) {
    this.link = Up ? "up" : "down";
  }

  /** What to ask `history` for to know the announcements. */
  noticesPage() {
    const { head } = this.notices;
    return head ? { room: SYSTEM, after: head } : { room: SYSTEM, limit: 20 };
  }

  /** The answer to noticesPage(). */
  announced({ events, more }) {
    const first = this.notices.head === 0;
    this.notices.newer({}, { events });
    if (first) this.oldNotices = this.notices.head;
    this.noticesStale = !first && more;
  }

  /** The announcements that belong among the current room's lines. */
  noticesHere() {
    const { lines, detached } = this.room.timeline;
    const from = lines[0]?.Timestamp ?? Infinity;
    const to = (detached && lines.at(-1)?.Timestamp) || Infinity;
    return this.notices.lines.filter(
      ({ Timestamp, Seq }) => (Timestamp >= from || Seq > this.oldNotices) && Timestamp <= to,
    );
  }

  /** The first pages of `rooms`. Who comes or goes meanwhile may put a room into two of them. */
  list(rows, more) {
    this.listed = [...new Map(rows.map((row) => [row.room, row])).values()];
    this.listHasMore = more && this.listWanted < LIST_LIMIT;
    for (const { room, seq } of this.listed) if (isPrivate(room)) this.unread.missed(room, seq);
    this.look();
  }

  /** The person wants to see more of the list. */
  listMore() {
    this.listWanted += LIST_STEP;
    this.listStale = true;
  }

  /** Whether a message may be said there now. */
  canSend(name) {
    return this.bound === true && (isPrivate(name) || this.rooms.get(name)?.joined === true);
  }

  #startOver() {
    for (const { timeline } of this.rooms.values()) timeline.clear();
    this.notices.clear();
    this.oldNotices = 0;
    this.unread.clear();
  }
}
