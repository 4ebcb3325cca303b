/**
 * The chat: all that the page knows, fed by what the gateway tells. It knows no socket and no document.
 *
 * `link` is "connecting" (the first time), "offline", "down" (the gateway has no broker), "up" or, for
 * somebody who was refused, "closed".
 */
import { RoomList } from "./room_list.js";
import { Announcements, SYSTEM } from "./announcements.js";
import { Outbox } from "./outbox.js";
import { Room } from "./room.js";
import { isPrivate, mentions } from "./text.js";
import { Unread } from "./unread.js";

export const LOBBY = "lobby";
const PRIVATE_LIMIT = 20;

export class Chat {
  /** `open`: public rooms to be in; in the store `epoch`, `marks`: what was read, `closed`: where
   * conversations ended when they were closed. */
  constructor({ user = "", uid = "", open = [], epoch = "", marks = {}, closed = {} } = {}) {
    this.user = user;
    this.uid = uid;
    this.epoch = epoch;
    this.bound = false; // this connection knows who we are
    this.link = "connecting";
    /** The link as it was, as long as nobody need know that it is lost: moving to another gateway is quick. */
    this.linkBefore = null;
    /** Why this person may take part no more. */
    this.refusal = "";
    this.current = "";
    /** The room that was shown before. */
    this.before = "";
    this.rooms = new Map();
    /** Rooms that were left, of which the gateway does not know yet. */
    this.leaving = [];
    this.outbox = new Outbox();
    this.unread = new Unread(marks);
    this.announcements = new Announcements();
    this.roomList = new RoomList(closed);
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
    if (name !== this.current) Object.assign(this, { before: this.current, current: name });
    if (room.private) {
      this.rooms.delete(name); // the last one shown is last: the first is forgotten first
      this.rooms.set(name, room);
      const others = [...this.rooms.values()].filter((each) => each.private);
      for (const { name: old } of others.slice(0, -PRIVATE_LIMIT)) this.rooms.delete(old);
    }
    if (!this.openRooms().length) this.follow(LOBBY); // somebody must be somewhere
    this.pinned = true;
    this.markShownAsRead();
  }

  /** Follows a room no longer. Returns the room to show if it was the current one. */
  unfollow(name) {
    this.rooms.delete(name);
    this.outbox.dropRoom(name);
    if (!this.openRooms().length) this.follow(LOBBY);
    if (this.current !== name) return this.current;
    return this.rooms.has(this.before) ? this.before : this.openRooms()[0];
  }

  /** It is shown, or something waits to be sent there. */
  isInUse(name) {
    return this.current === name || this.outbox.inRoom(name).length > 0;
  }

  /** Whether a conversation belongs into the list. */
  isListed(name) {
    return this.isInUse(name) || this.roomList.isOpen(name, this.headOf(name));
  }

  /** The last Seq known of a private room; 0: nothing was said there. */
  headOf(name) {
    const inTimeline = this.rooms.get(name)?.timeline.head ?? 0;
    return Math.max(inTimeline, this.roomList.row(name)?.seq ?? 0, this.unread.heads.get(name) ?? 0);
  }

  /** The gateway spells a room's name in another way: what waits for it goes there. */
  renameRoom(asked, name) {
    this.outbox.renameRoom(asked, name);
    this.unfollow(asked);
    this.follow(name);
  }

  openRooms() {
    return [...this.rooms.keys()].filter((name) => !isPrivate(name));
  }

  get room() {
    return this.rooms.get(this.current);
  }

  /** What is on the screen is read. */
  markShownAsRead() {
    const { room } = this;
    if (room && this.visible && this.pinned) this.unread.markRead(room.name, room.timeline.head);
  }

  /** A private room's name for people: the other person; null for a room that is not listed yet. */
  titleOf(name) {
    if (!isPrivate(name)) return name;
    const row = this.roomList.row(name);
    return row ? row.title || row.user || "conversation" : null;
  }

  // --- what the gateway tells ---

  /** What to join in the handshake: public rooms first, since those say who we are. */
  joinRequests() {
    const rooms = [...this.rooms.values()].sort((a, b) => a.private - b.private);
    const joins = rooms.map((room) => room.joinRequest(this.epoch)).filter((join) => join !== null);
    for (const { room } of joins) this.rooms.get(room).joining = true;
    return joins;
  }

  onDisconnected() {
    if (this.link === "closed") return;
    if (this.link !== "offline") this.linkBefore = this.link;
    this.link = "offline";
    this.bound = false;
    this.leaving = [];
    for (const room of this.rooms.values()) room.onDisconnected();
    this.outbox.onDisconnected();
  }

  /** It has been lost for long enough to be told. */
  showDisconnected() {
    this.linkBefore = null;
  }

  /** What people are told of the link. */
  get linkShown() {
    return this.link === "offline" ? (this.linkBefore ?? "offline") : this.link;
  }

  /** The gateway wants nothing to do with this person. */
  refuse(sentence) {
    Object.assign(this, { link: "closed", bound: false, refusal: sentence });
  }

  /** A good answer to a join. */
  onJoined(ack) {
    if (this.epoch && ack.epoch !== this.epoch) this.#startOver();
    Object.assign(this, { epoch: ack.epoch, user: ack.user, uid: ack.uid });
    if (!this.bound) {
      this.bound = true;
      this.roomList.stale = this.announcements.stale = true;
      if (this.link !== "down") this.link = "up";
    }
    for (const [name, head] of Object.entries(ack.private ?? {})) this.unread.noteUnseen(name, head);
    const room = this.rooms.get(ack.room);
    if (!room) return; // left meanwhile
    room.onJoined(ack);
    // Where one was never before, nothing is unread; elsewhere the replay tells what is.
    if (!room.private && !this.unread.hasMark(ack.room)) this.unread.markRead(ack.room, ack.seq);
    this.outbox.removeAccepted(room.name, room.timeline.head);
    this.markShownAsRead();
  }

  /** A `chat` event. */
  onEvent(event) {
    if (event.Room === SYSTEM) return void this.announcements.timeline.apply(event);
    const room = this.rooms.get(event.Room);
    if (!room && !isPrivate(event.Room)) return; // left meanwhile
    const mine = event.Uid !== undefined && event.Uid === this.uid;
    if (mine && event.Id) this.outbox.discard(event.Id);
    const reading = event.Room === this.current && !this.pinned;
    if (room && !room.timeline.apply(event, reading)) return;
    if (mine && event.EvtType === "rename") this.user = event.User;
    this.unread.onEvent(event, mine, !mine && mentions(event, this));
    if (room) {
      room.typing = room.typing.filter((name) => name !== event.User);
      this.outbox.removeAccepted(room.name, room.timeline.head);
    }
    if (isPrivate(event.Room) && this.titleOf(event.Room) === null) this.roomList.stale = true;
    this.markShownAsRead();
  }

  /** The lines of a conversation that came while this page was away. */
  onMissedPage(room, { events, more }) {
    for (const event of events) this.unread.onEvent(event, event.Uid === this.uid);
    this.unread.fillGap(room, events, more);
    this.markShownAsRead();
  }

  /** Lines of a room that came by page: what waited and is among them has been said. */
  settleOutbox(room, events) {
    for (const { Id, Uid } of events) if (Id && Uid === this.uid) this.outbox.discard(Id);
    this.outbox.removeAccepted(room, this.rooms.get(room)?.timeline.head ?? Infinity);
  }

  onReset({ Room: name, Epoch, Seq }) {
    if (Epoch !== this.epoch) this.#startOver();
    this.epoch = Epoch;
    const { timeline } = name === SYSTEM ? this.announcements : this.follow(name);
    timeline.clear();
    timeline.expected = Seq;
  }

  onPresence(change) {
    this.rooms.get(change.Room)?.roster.onPresence(change);
  }

  onTyping({ Room: name, Users }) {
    const room = this.rooms.get(name);
    if (room) room.typing = Users.filter((user) => user !== this.user);
  }

  onLink({ Up }) {
    this.link = Up ? "up" : "down";
  }

  /** The first pages of `rooms`. */
  setRoomList(rows, more) {
    this.roomList.setRows(rows, more);
    for (const { room, seq } of this.roomList.rows) if (isPrivate(room)) this.unread.noteUnseen(room, seq);
    this.markShownAsRead();
  }

  /** Whether a message may be said there now. */
  canSend(name) {
    return this.bound === true && (isPrivate(name) || this.rooms.get(name)?.joined === true);
  }

  #startOver() {
    for (const { timeline } of this.rooms.values()) timeline.clear();
    this.announcements.clear();
    this.roomList.closed.clear();
    this.unread.clear();
  }
}
