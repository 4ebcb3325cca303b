/**
 * The chat: all that the page knows, updated by what the gateway sends. It uses no socket and no document.
 *
 * `link` is the state of the connection: "connecting" (for the first time), "offline", "down" (the
 * gateway has lost its broker), "up" or "closed" (the gateway refused this person for good).
 */
import { Announcements, SYSTEM } from "./announcements.js";
import { Outbox } from "./outbox.js";
import { Room } from "./room.js";
import { RoomList } from "./room_list.js";
import { isPrivate, mentions } from "./text.js";
import { Unread } from "./unread.js";

export const LOBBY = "lobby";
const PRIVATE_LIMIT = 20;

export class Chat {
  /** `open`: the public rooms to join. `marks`: the last Seq read, by room, and `closed`: the last Seq of
   * each conversation when it was closed; both count in the store that `epoch` names. */
  constructor({ user = "", uid = "", open = [], epoch = "", marks = {}, closed = {} } = {}) {
    this.user = user;
    this.uid = uid;
    this.epoch = epoch;
    /** Whether the gateway knows who uses this connection: a join was answered. */
    this.bound = false;
    this.link = "connecting";
    /** The link before the connection was lost, shown for a while: moving to another gateway is quick. */
    this.linkBefore = null;
    /** Why the gateway refuses this person; "" if it does not. */
    this.refusal = "";
    this.current = "";
    /** The room that was shown before the current one. */
    this.before = "";
    this.rooms = new Map();
    /** The rooms that the last handshake asked to join, by name. */
    this.inHandshake = new Map();
    /** Rooms that the person left and the gateway has not been told of. */
    this.leaving = [];
    this.outbox = new Outbox();
    this.unread = new Unread(marks);
    this.announcements = new Announcements();
    this.roomList = new RoomList(closed);
    /** Whether the page is visible, and whether the timeline is scrolled to its newest message. */
    this.visible = true;
    this.pinned = true;
    for (const name of open) this.follow(name);
  }

  // --- where the person is ---

  /** Returns the room of this name; the page follows it from now on. */
  follow(name) {
    let room = this.rooms.get(name);
    if (!room) this.rooms.set(name, (room = new Room(name)));
    return room;
  }

  show(name) {
    const room = this.follow(name);
    if (name !== this.current) Object.assign(this, { before: this.current, current: name });
    if (room.private) {
      this.rooms.delete(name); // moved to the end: the conversation that was not shown for longest goes first
      this.rooms.set(name, room);
      const others = [...this.rooms.values()].filter((each) => each.private);
      for (const { name: old } of others.slice(0, -PRIVATE_LIMIT)) this.rooms.delete(old);
    }
    this.#followOnePublicRoom();
    this.pinned = true;
    this.markShownAsRead();
  }

  /** The page follows the room no longer. Returns the room to show now. */
  unfollow(name) {
    this.rooms.delete(name);
    this.outbox.dropRoom(name);
    this.#followOnePublicRoom();
    if (this.current !== name) return this.current;
    return this.rooms.has(this.before) ? this.before : this.openRooms()[0];
  }

  /** The join of a public room tells the gateway who the person is. */
  #followOnePublicRoom() {
    if (!this.openRooms().length) this.follow(LOBBY);
  }

  /** Whether the room is shown, or a message waits to be sent there. */
  isInUse(name) {
    return this.current === name || this.outbox.inRoom(name).length > 0;
  }

  /** Whether a conversation belongs into the list. */
  isListed(name) {
    return this.isInUse(name) || this.roomList.isOpen(name, this.headOf(name));
  }

  /** The last known Seq of a private room; 0 if nobody has written there. */
  headOf(name) {
    const inTimeline = this.rooms.get(name)?.timeline.head ?? 0;
    return Math.max(inTimeline, this.roomList.row(name)?.seq ?? 0, this.unread.heads.get(name) ?? 0);
  }

  /** The gateway spells the name of the room `asked` as `name`: messages that wait go to the new name. */
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

  /** Marks what is on the screen as read. */
  markShownAsRead() {
    const { room } = this;
    if (room && this.visible && this.pinned) this.unread.markRead(room.name, room.timeline.head);
  }

  // --- what the gateway sends ---

  /** The rooms to join in the handshake. Public rooms come first, since their joins tell who we are. */
  joinRequests() {
    const rooms = [...this.rooms.values()].sort((a, b) => a.private - b.private);
    const joins = rooms.map((room) => room.joinRequest(this.epoch)).filter((join) => join !== null);
    this.inHandshake = new Map(joins.map(({ room }) => [room, this.rooms.get(room)]));
    for (const room of this.inHandshake.values()) room.joining = true;
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

  /** The connection has been lost for so long that the person is told. */
  showDisconnected() {
    this.linkBefore = null;
  }

  /** The state of the connection as people see it. */
  get linkShown() {
    return this.link === "offline" ? (this.linkBefore ?? "offline") : this.link;
  }

  /** The gateway refuses this person for good. */
  refuse(sentence) {
    Object.assign(this, { link: "closed", bound: false, refusal: sentence });
  }

  /** The answer to a join that succeeded. `left`: the person has left the room since the join was sent. */
  onJoined(ack, left = false) {
    if (this.epoch && ack.epoch !== this.epoch) this.#startOver();
    Object.assign(this, { epoch: ack.epoch, user: ack.user, uid: ack.uid });
    if (!this.bound) {
      this.bound = true;
      this.roomList.stale = this.announcements.stale = true;
      if (this.link !== "down") this.link = "up";
    }
    for (const [name, head] of Object.entries(ack.private ?? {})) this.unread.noteUnseen(name, head);
    const room = this.rooms.get(ack.room);
    if (!room || left) return;
    room.onJoined(ack);
    // In a room that is new to the person nothing is unread; elsewhere the replayed events tell.
    if (!room.private && !this.unread.hasMark(ack.room)) this.unread.markRead(ack.room, ack.seq);
    this.outbox.removeAccepted(room.name, room.timeline.head);
    this.markShownAsRead();
  }

  /** A `chat` event. */
  onEvent(event) {
    if (event.Room === SYSTEM) return void this.announcements.timeline.apply(event);
    const room = this.rooms.get(event.Room);
    if (!room && !isPrivate(event.Room)) return; // the person left it meanwhile
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
    if (isPrivate(event.Room) && !this.roomList.row(event.Room)) this.roomList.stale = true;
    this.markShownAsRead();
  }

  /** A page of events of a private room that came while this page was away. */
  onMissedPage(room, { events, more }) {
    for (const event of events) this.unread.onEvent(event, event.Uid === this.uid);
    this.unread.fillGap(room, events, more);
    this.markShownAsRead();
  }

  /** Removes messages from the outbox that are among `events`, a page of the room's log. */
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

  /** The first pages of the answer to `rooms`. */
  setRoomList(rows, more) {
    this.roomList.setRows(rows, more);
    for (const { room, seq } of this.roomList.rows) if (isPrivate(room)) this.unread.noteUnseen(room, seq);
    this.markShownAsRead();
  }

  /** Whether the gateway takes a message for this room now. */
  canSend(name) {
    return this.bound === true && (isPrivate(name) || this.rooms.get(name)?.joined === true);
  }

  /** The broker has another store: Seqs of the old one mean nothing. */
  #startOver() {
    for (const { timeline } of this.rooms.values()) timeline.clear();
    this.announcements.clear();
    this.roomList.closed.clear();
    this.unread.clear();
  }
}
