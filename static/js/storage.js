/**
 * What is kept for the next load. This browser keeps who the person is, their rooms, what they have read
 * and which conversations they closed; each tab for itself keeps drafts and what waits to be sent, so
 * that no tab sends another's. The room that a tab shows is in its address.
 */
import { Chat } from "./models/chat.js";
import { Identity } from "./models/identity.js";
import { isPrivate } from "./models/text.js";

/** Drafts beyond this are lost by a reload: what waits to be sent needs the room. */
const DRAFTS_CHARS = 1_000_000;
/** A gateway takes a socket into so many rooms. */
const ROOMS_LIMIT = 100;

export class SavedState {
  /** A JsonStorage of the browser, and one of the tab. */
  constructor(browser, tab) {
    this.browser = browser;
    this.tab = tab;
    this.identity = new Identity(browser);
    this.savedOutbox = [];
    /** The browser's rooms as this tab knows them: what differs was entered or left since. */
    this.rooms = [];
    /** Another tab has left them; here they are still shown. */
    this.leftElsewhere = new Set();
  }

  /** The chat as it was left. `today` is the wall clock's time. */
  restoreChat(today) {
    this.rooms = this.#rooms;
    const { uid, epoch, marks } = this.#seen;
    const closed = objectOf(this.browser.get("closed", null));
    const chat = new Chat({ user: this.identity.name, uid, epoch, marks: objectOf(marks), open: this.rooms, closed });
    const { token, entries } = this.tab.get("outbox", null) ?? {};
    if (token === this.identity.token) chat.outbox.restore(entries, today);
    this.savedOutbox = chat.outbox.entries;
    for (const { room } of this.savedOutbox) if (!isPrivate(room)) chat.follow(room);
    return chat;
  }

  /** Keeps what waits; to be called after each change, since the page may be gone before it is drawn. */
  saveOutbox({ outbox }) {
    if (outbox.entries === this.savedOutbox) return;
    this.savedOutbox = outbox.entries;
    this.tab.set("outbox", { token: this.identity.token, entries: outbox });
  }

  /** What is being written, by room. */
  get drafts() {
    const drafts = Object.entries(objectOf(this.tab.get("drafts", null)));
    return new Map(drafts.filter(([, text]) => typeof text === "string"));
  }

  /** Keeps the drafts, the shortest first. Returns the rooms whose drafts a reload would lose. */
  saveDrafts(drafts) {
    let chars = 0;
    const sorted = [...drafts].sort(([, a], [, b]) => a.length - b.length);
    const fitting = sorted.filter(([, text]) => (chars += text.length) <= DRAFTS_CHARS);
    while (!this.tab.set("drafts", Object.fromEntries(fitting)) && fitting.length) fitting.pop();
    return sorted.slice(fitting.length).map(([room]) => room);
  }

  save(chat) {
    if (chat.bound) this.identity.adopt(chat.user);
    this.mergeOtherTabs(chat);
    this.#keepRooms(chat);
    this.browser.set("closed", Object.fromEntries(chat.roomList.closed));
    if (chat.uid) this.browser.set("seen", { uid: chat.uid, epoch: chat.epoch, marks: chat.unread });
  }

  /** What another tab has done: rooms entered and left, conversations closed, lines read. */
  mergeOtherTabs(chat) {
    const rooms = this.#rooms;
    for (const room of rooms) if (!this.rooms.includes(room)) chat.follow(room);
    for (const room of this.rooms) if (!rooms.includes(room)) this.leftElsewhere.add(room);
    for (const room of this.leftElsewhere) {
      if (!rooms.includes(room) && chat.isInUse(room)) continue;
      this.leftElsewhere.delete(room);
      if (rooms.includes(room)) continue;
      chat.unfollow(room);
      chat.leaving.push(room);
    }
    this.rooms = rooms;
    const { epoch, marks } = this.#seen;
    if (epoch !== chat.epoch) return;
    chat.unread.mergeMarks(objectOf(marks));
    for (const [room, seq] of Object.entries(objectOf(this.browser.get("closed", null)))) chat.roomList.close(room, seq);
  }

  /** The browser's rooms, with what this tab has entered and without what it has left. */
  #keepRooms(chat) {
    const open = chat.openRooms().filter((room) => !this.leftElsewhere.has(room));
    const others = this.#rooms.filter((room) => !open.includes(room) && !this.rooms.includes(room));
    this.rooms = [...open, ...others].slice(0, ROOMS_LIMIT);
    this.browser.set("rooms", this.rooms);
  }

  get #rooms() {
    const rooms = this.browser.get("rooms", null) ?? this.tab.get("rooms", []); // before, they were a tab's
    return Array.isArray(rooms) ? rooms.filter((room) => typeof room === "string" && room && !isPrivate(room)) : [];
  }

  get #seen() {
    return objectOf(this.browser.get("seen", null));
  }
}

/** What is found in storage may be anything. */
function objectOf(found) {
  return found !== null && typeof found === "object" && !Array.isArray(found) ? found : {};
}
