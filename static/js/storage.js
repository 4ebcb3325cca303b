/**
 * What is saved for the next load. The browser has who the person is, the rooms, what was read and which
 * conversations were closed. Each tab has its own drafts and unsent messages, so that no tab sends those
 * of another one. The room that a tab shows is in its address.
 */
import { Chat } from "./models/chat.js";
import { Identity } from "./models/identity.js";
import { isPrivate } from "./models/text.js";

/** Longer drafts are lost by a reload: the storage is needed for unsent messages. */
const DRAFTS_CHARS = 1_000_000;
/** The default of HUBBUB_SOCKET_ROOMS: a gateway lets a socket join no more rooms. */
const ROOMS_LIMIT = 100;

export class SavedState {
  /** `browser` and `tab` are JsonStorages: one for all tabs, one of this tab. */
  constructor(browser, tab) {
    this.browser = browser;
    this.tab = tab;
    this.identity = new Identity(browser);
    this.savedOutbox = [];
    /** The browser's rooms when this tab read them last: another tab has caused any difference since. */
    this.knownRooms = [];
    /** Rooms that another tab has left and that are still in use here. */
    this.leftElsewhere = new Set();
  }

  /** The chat as the last load left it. `today` is the time of the wall clock in milliseconds. */
  restoreChat(today) {
    this.knownRooms = this.#rooms;
    const { uid, epoch, marks } = this.#seen;
    const open = this.knownRooms;
    const chat = new Chat({ user: this.identity.name, uid, epoch, marks: objectOf(marks), open, closed: this.#closed });
    const { token, entries } = this.tab.get("outbox", null) ?? {};
    if (token === this.identity.token) chat.outbox.restore(entries, today);
    this.savedOutbox = chat.outbox.entries;
    for (const { room } of this.savedOutbox) if (!isPrivate(room)) chat.follow(room);
    return chat;
  }

  /** Saves the unsent messages. This is called after each change, since the page can end before a frame. */
  saveOutbox({ outbox }) {
    if (outbox.entries === this.savedOutbox) return;
    this.savedOutbox = outbox.entries;
    this.tab.set("outbox", { token: this.identity.token, entries: outbox });
  }

  /** The drafts, by room. */
  get drafts() {
    const drafts = Object.entries(objectOf(this.tab.get("drafts", null)));
    return new Map(drafts.filter(([, text]) => typeof text === "string"));
  }

  /** Saves the drafts, the shortest ones first. Returns the rooms whose drafts could not be saved. */
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
    this.#saveRooms(chat);
    this.browser.set("closed", Object.fromEntries(chat.roomList.closed));
    if (chat.uid) this.browser.set("seen", { uid: chat.uid, epoch: chat.epoch, marks: chat.unread });
  }

  /** Takes over what other tabs have done: rooms joined and left, conversations closed, events read. */
  mergeOtherTabs(chat) {
    const rooms = this.#rooms;
    for (const room of rooms) if (!this.knownRooms.includes(room)) chat.follow(room);
    for (const room of this.knownRooms) if (!rooms.includes(room)) this.leftElsewhere.add(room);
    for (const room of this.leftElsewhere) {
      if (!rooms.includes(room) && chat.isInUse(room)) continue;
      this.leftElsewhere.delete(room);
      if (rooms.includes(room)) continue;
      chat.unfollow(room);
      chat.leaving.push(room);
      chat.roomList.stale = true; // nobody may be there now
    }
    this.knownRooms = rooms;
    const { epoch, marks } = this.#seen;
    if (epoch !== chat.epoch) return;
    chat.unread.mergeMarks(objectOf(marks));
    for (const [room, seq] of Object.entries(this.#closed)) chat.roomList.close(room, seq);
  }

  /** Saves the browser's rooms, with those that this tab has joined and without those that it has left. */
  #saveRooms(chat) {
    const open = chat.openRooms().filter((room) => !this.leftElsewhere.has(room));
    const others = this.#rooms.filter((room) => !open.includes(room) && !this.knownRooms.includes(room));
    this.knownRooms = [...open, ...others].slice(0, ROOMS_LIMIT);
    this.browser.set("rooms", this.knownRooms);
  }

  get #rooms() {
    const rooms = this.browser.get("rooms", null) ?? this.tab.get("rooms", []); // older versions saved them by tab
    return Array.isArray(rooms) ? rooms.filter((room) => typeof room === "string" && room && !isPrivate(room)) : [];
  }

  get #seen() {
    return objectOf(this.browser.get("seen", null));
  }

  get #closed() {
    return objectOf(this.browser.get("closed", null));
  }
}

/** A value from the storage if it is an object, else an empty one: another program may have written it. */
function objectOf(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
}

/** JSON values in a Storage, under names with "hubbub."; in memory where the browser stores nothing. */
export class JsonStorage {
  /** `kind`: "localStorage" or "sessionStorage". */
  static of(kind) {
    try {
      return new JsonStorage(window[kind]);
    } catch {
      return new JsonStorage(null); // the browser allows no storage
    }
  }

  constructor(storage) {
    this.storage = storage;
    /** What this load has set, as JSON. */
    this.written = new Map();
    /** Names whose last value the browser did not store: it may still have an older one. */
    this.refused = new Set();
  }

  get(name, otherwise) {
    const written = this.written.get(name) ?? null;
    try {
      const text = this.refused.has(name) ? written : (this.storage.getItem(`hubbub.${name}`) ?? written);
      return text === null ? otherwise : JSON.parse(text);
    } catch {
      return written === null ? otherwise : JSON.parse(written);
    }
  }

  /** Returns whether the next load will find the value. This load has it in any case. */
  set(name, value) {
    const text = JSON.stringify(value);
    const key = `hubbub.${name}`;
    const same = this.written.get(name) === text;
    if (same && (this.refused.has(name) || this.#stored(key) === text)) return !this.refused.has(name);
    this.written.set(name, text);
    const stored = this.#store(key, text);
    if (stored) this.refused.delete(name);
    else this.refused.add(name);
    return stored;
  }

  #stored(key) {
    try {
      return this.storage.getItem(key);
    } catch {
      return null;
    }
  }

  #store(key, text) {
    try {
      this.storage.setItem(key, text);
      return true;
    } catch {
      // the storage is full or forbidden
    }
    try {
      this.storage.removeItem(key); // or the next load would take the old value
      this.storage.setItem(key, text);
      return true;
    } catch {
      return false;
    }
  }
}
