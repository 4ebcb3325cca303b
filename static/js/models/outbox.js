/**
 * The outbox: messages that the person has written and that have not come back as events.
 *
 * A message keeps its id however often it is sent, so that it appears once. In each room one message is
 * sent at a time, so that a later one never overtakes it. `Sync` (../sync.js) sends them. Times are
 * milliseconds and come from the caller: `now` is of a monotonic clock and measures waiting, `since` is of
 * the wall clock and is shown.
 */
import { words } from "../language.js";

export const WAITING_LIMIT = 100;
const WAITING_CHARS = 200_000;
const FRESH_MS = 24 * 3600_000;
const BACKOFF_MS = [1000, 2000, 4000, 8000];

export class Outbox {
  constructor(limit = WAITING_LIMIT) {
    this.limit = limit;
    /** Oldest first: {id, room, text, since, state, notBefore, tries, seq, error}. `state` is "waiting",
     * "sent" (not answered), "accepted" (its event has not come) or "failed". */
    this.entries = [];
  }

  get full() {
    const chars = this.entries.reduce((sum, { text }) => sum + text.length, 0);
    return this.entries.length >= this.limit || chars >= WAITING_CHARS;
  }

  add(id, room, text, since) {
    this.#add({ id, room, text, since });
  }

  /** What is saved for the next load: everything but accepted messages, which the room's log has. */
  toJSON() {
    const open = this.entries.filter(({ state }) => state !== "accepted");
    return open.map(({ id, room, text, since, state, error }) => ({ id, room, text, since, state, error }));
  }

  /** Takes what toJSON() saved; anything else that stands in the storage is ignored. A message that was
   * sent may have arrived, so it is sent again with the same id. A message that is older than a day is
   * sent only if the person says so. */
  restore(saved, today) {
    for (const entry of Array.isArray(saved) ? saved : []) {
      if (!isEntry(entry) || this.full) continue;
      const { id, room, text, since, state, error } = entry;
      const stale = today - since > FRESH_MS ? words.waitedADay : "";
      const failed = state === "failed" ? `${error || words.wasRefused}` : stale;
      this.#add({ id, room, text, since, ...(failed && { state: "failed", error: failed }) });
    }
  }

  inRoom(room) {
    return this.entries.filter((entry) => entry.room === room);
  }

  /** The messages to send now: the first undecided one of each room for which `isReady(room)`. */
  due(now, isReady) {
    return this.#next().filter(({ room, notBefore }) => notBefore <= now && isReady(room));
  }

  /** When to call due() again, since a pause is over then; Infinity if no message pauses. */
  nextDueAt(now) {
    const times = this.#next().map((entry) => entry.notBefore);
    return Math.min(...times.filter((time) => time > now), Infinity);
  }

  /** The first undecided message of each room, unless it was sent. */
  #next() {
    const heads = new Map();
    for (const entry of this.entries) {
      const undecided = entry.state === "waiting" || entry.state === "sent";
      if (undecided && !heads.has(entry.room)) heads.set(entry.room, entry);
    }
    return [...heads.values()].filter((entry) => entry.state === "waiting");
  }

  markSent(id) {
    this.#change(id, { state: "sent" });
  }

  /** The broker has stored the message at this Seq; its event follows, if it has not come yet. */
  markAccepted(id, seq) {
    this.#change(id, { state: "accepted", seq });
  }

  /** The message was refused, or there was no answer in time ("unavailable"). Some codes mean that it should
   * be sent again later. An answer of an earlier connection is ignored. */
  markRefused(id, { code, message, retryAfter }, now) {
    const entry = this.entries.find((each) => each.id === id && each.state === "sent");
    if (!entry) return;
    if (code === "rate_limited" || code === "unavailable") {
      const backoff = BACKOFF_MS[Math.min(entry.tries, BACKOFF_MS.length - 1)];
      const wait = retryAfter ? retryAfter * 1000 : backoff;
      this.#change(id, { state: "waiting", notBefore: now + wait, tries: entry.tries + 1 });
    } else {
      this.#change(id, { state: "failed", error: message });
    }
  }

  /** Messages without an answer are sent again on the next connection. */
  onDisconnected() {
    for (const { id, state } of this.entries) {
      if (state === "sent") this.#change(id, { state: "waiting", notBefore: 0 });
    }
  }

  /** The person tries a failed message again: it goes to the end, with the same id. */
  retry(id) {
    const entry = this.entries.find((each) => each.id === id && each.state === "failed");
    if (!entry) return;
    this.discard(id);
    this.#add({ ...entry, state: "waiting", error: "" });
  }

  /** Removes a message whose event came, or that the person discarded. */
  discard(id) {
    this.#keep((entry) => entry.id !== id);
  }

  /** Removes messages that were accepted at or below `head`: the room's log up to there is known. */
  removeAccepted(room, head) {
    this.#keep((entry) => entry.room !== room || entry.state !== "accepted" || entry.seq > head);
  }

  /** Removes all messages of a room. */
  dropRoom(room) {
    this.#keep((entry) => entry.room !== room);
  }

  /** Moves the messages of a room to its other name. */
  renameRoom(room, name) {
    this.entries = this.entries.map((entry) => (entry.room === room ? { ...entry, room: name } : entry));
  }

  // Each change makes a new array, and a new object of a changed entry: views and storage compare by identity.

  #add(entry) {
    this.entries = [...this.entries, { state: "waiting", tries: 0, seq: 0, error: "", ...entry, notBefore: 0 }];
  }

  #keep(wanted) {
    if (!this.entries.every(wanted)) this.entries = this.entries.filter(wanted);
  }

  #change(id, fields) {
    this.entries = this.entries.map((entry) => (entry.id === id ? { ...entry, ...fields } : entry));
  }
}

function isEntry(entry) {
  const { id, room, text, since } = entry ?? {};
  return [id, room, text].every((each) => typeof each === "string" && each) && Number.isFinite(since);
}
