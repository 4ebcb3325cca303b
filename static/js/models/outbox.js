/**
 * The outbox: what the person has said and has not seen come back.
 *
 * A message keeps its id however often it is sent, so that it is said once. In each room one message is
 * on its way at a time: a later one never overtakes. Times are milliseconds and come from the caller:
 * `now` is that of a clock that is never set, which measures waiting; `since` is that of the wall, to be shown.
 */
export const WAITING_LIMIT = 100;
const WAITING_CHARS = 200_000;
const KEPT_MS = 24 * 3600_000;
const BACKOFF_MS = [1000, 2000, 4000, 8000];

export class Outbox {
  constructor(limit = WAITING_LIMIT) {
    this.limit = limit;
    /** Oldest first: {id, room, text, since, state, notBefore, tries, seq, error};
     * `state` is waiting, sent (no answer yet), accepted (not come back yet) or failed. */
    this.entries = [];
  }

  get full() {
    const chars = this.entries.reduce((sum, { text }) => sum + text.length, 0);
    return this.entries.length >= this.limit || chars >= WAITING_CHARS;
  }

  add(id, room, text, since) {
    this.#add({ id, room, text, since });
  }

  /** What is kept for the next load: all but what was accepted, which the room's lines show. */
  toJSON() {
    const open = this.entries.filter(({ state }) => state !== "accepted");
    return open.map(({ id, room, text, since, state, error }) => ({ id, room, text, since, state, error }));
  }

  /** What toJSON() gave to be kept, or whatever is found there. What was on its way may have arrived:
   * it goes again, as the same message. What is old news by now waits for the person to say so. */
  restore(kept, today) {
    for (const entry of Array.isArray(kept) ? kept : []) {
      if (!isKept(entry) || this.full) continue;
      const { id, room, text, since, state, error } = entry;
      const stale = today - since > KEPT_MS ? "It has waited for more than a day." : "";
      const failed = state === "failed" ? `${error || "It was refused."}` : stale;
      this.#add({ id, room, text, since, ...(failed && { state: "failed", error: failed }) });
    }
  }

  inRoom(room) {
    return this.entries.filter((entry) => entry.room === room);
  }

  /** What may be sent now: the first undecided message of each room that `isReady`. */
  due(now, isReady) {
    return this.#next().filter(({ room, notBefore }) => notBefore <= now && isReady(room));
  }

  /** When due() may have more because time has passed; Infinity if time does not matter. */
  nextDueAt(now) {
    const times = this.#next().map((entry) => entry.notBefore);
    return Math.min(...times.filter((time) => time > now), Infinity);
  }

  /** Of each room the first undecided message, unless it is on its way. */
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

  /** Accepted, at this Seq; its own event shows it. */
  markAccepted(id, seq) {
    this.#change(id, { state: "accepted", seq });
  }

  /** Refused. Some refusals only mean: later, with the same id. Those of a lost connection mean nothing. */
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

  /** The connection is gone: what was on its way is sent again on the next one. */
  onDisconnected() {
    for (const { id, state } of this.entries) {
      if (state === "sent") this.#change(id, { state: "waiting", notBefore: 0 });
    }
  }

  /** The person tries a failed one again: as a newer message, with the same id. */
  retry(id) {
    const entry = this.entries.find((each) => each.id === id && each.state === "failed");
    if (!entry) return;
    this.discard(id);
    this.#add({ ...entry, state: "waiting", error: "" });
  }

  /** Its own event came, or the person gave it up. */
  discard(id) {
    this.#keep((entry) => entry.id !== id);
  }

  /** The room is known up to `head`: what was accepted before that has been seen or is history. */
  removeAccepted(room, head) {
    this.#keep((entry) => entry.room !== room || entry.state !== "accepted" || entry.seq > head);
  }

  /** The room is gone from this page, and what was to be said there with it. */
  dropRoom(room) {
    this.#keep((entry) => entry.room !== room);
  }

  /** The room has another name than we thought. */
  renameRoom(room, name) {
    this.entries = this.entries.map((entry) => (entry.room === room ? { ...entry, room: name } : entry));
  }

  // Any change is a new list, and a changed entry a new object: views and storage compare by identity.

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

function isKept(entry) {
  const { id, room, text, since } = entry ?? {};
  return [id, room, text].every((each) => typeof each === "string" && each) && Number.isFinite(since);
}
