/**
 * What is kept for the next load. This browser keeps who the person is and what they have read; each
 * tab for itself keeps its rooms, drafts and what waits to be sent, so that no tab sends another's.
 */
import { Chat } from "./chat.js";
import { Identity } from "./identity.js";
import { isPrivate } from "./text.js";

/** A draft that is longer is lost by a reload: what waits to be sent needs the room. */
const DRAFT_CHARS = 20_000;

export class Kept {
  /** A Memory of the browser, and one of the tab. */
  constructor(browser, tab) {
    this.browser = browser;
    this.tab = tab;
    this.identity = new Identity(browser);
    this.waiting = [];
  }

  /** The chat as it was left. */
  chat(now) {
    const rooms = this.tab.get("rooms", []);
    const open = Array.isArray(rooms) ? rooms.filter((name) => typeof name === "string") : [];
    const { uid, epoch, marks } = this.#seen;
    const chat = new Chat({ user: this.identity.name, uid, epoch, marks, open });
    const { token, entries } = this.tab.get("outbox", null) ?? {};
    if (token === this.identity.token) chat.outbox.restore(entries, now);
    this.waiting = chat.outbox.entries;
    for (const { room } of this.waiting) if (!isPrivate(room)) chat.follow(room);
    return chat;
  }

  /** Keeps what waits; to be called after each change, since the page may be gone before it is drawn. */
  rememberOutbox({ outbox }) {
    if (outbox.entries === this.waiting) return;
    this.waiting = outbox.entries;
    this.tab.set("outbox", { token: this.identity.token, entries: outbox });
  }

  /** What is being written, by room. */
  get drafts() {
    const drafts = Object.entries(this.tab.get("drafts", null) ?? {});
    return new Map(drafts.filter(([, text]) => typeof text === "string"));
  }

  set drafts(drafts) {
    const short = [...drafts].filter(([, text]) => text.length <= DRAFT_CHARS);
    this.tab.set("drafts", Object.fromEntries(short));
  }

  remember(chat) {
    if (chat.bound) this.identity.name = chat.user;
    this.tab.set("rooms", chat.openRooms());
    this.recall(chat);
    if (chat.uid) this.browser.set("seen", { uid: chat.uid, epoch: chat.epoch, marks: chat.unread });
  }

  /** What another tab has read is read. */
  recall(chat) {
    const { epoch, marks } = this.#seen;
    if (epoch === chat.epoch) chat.unread.seenElsewhere(marks ?? {});
  }

  get #seen() {
    return this.browser.get("seen", null) ?? {};
  }
}
