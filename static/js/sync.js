/**
 * How a message leaves the page, and how it comes in:
 *
 *   main.js               chat.outbox.add(…); changed() calls Sync.wake()
 *   Sync.#sendMessages    takes what outbox.due() returns: one message per room
 *   Connection.request    sends it; without an ack after ANSWER_MS it is refused as `unavailable`
 *     :  the ack          outbox.markAccepted, or markRefused: due again after a pause, same id
 *     :  a loss           outbox.onDisconnected: due again on the next connection, same id
 *     :  the event        on.chat, in main.js, calls
 *   Chat.onEvent          takes an own event out of the outbox; calls              models/chat.js
 *   Timeline.apply        adds it to the room's timeline                       models/timeline.js
 *
 * The synchronisation: all that the page requests by itself, because the chat lacks it.
 *
 * wake() looks for what is missing and requests it, each thing once at a time; it is called after each
 * change of the chat. A request that failed is repeated after a pause.
 */
import { sentenceOf } from "./models/refusals.js";

const PAUSE_MS = 2000;
/** With these codes the same request can succeed later. */
const LATER = new Set(["unavailable", "rate_limited"]);
const PAGE = 100;

export class Sync {
  /** `on`: changed(), joined(ack), roomRefused(room, error), roomRenamed(asked, room), refused(error).
   * `clock`: now(), in milliseconds, and after(ms, act), which returns a function that cancels it. */
  constructor({ chat, connection, identity, on, clock }) {
    Object.assign(this, { chat, connection, identity, on, clock });
    /** Keys of requests that have no answer yet, or that may be repeated only after a pause. */
    this.inFlight = new Set();
    /** Whether the timeline is scrolled near its first event, or near its last one. Set by the view. */
    this.wantsOlder = false;
    this.wantsNewer = false;
    this.cancelTimer = () => {};
  }

  wake() {
    if (!this.connection.connected) return;
    for (const room of this.chat.leaving.splice(0)) this.connection.request("leave", { room }, () => {});
    for (const room of this.chat.rooms.values()) this.#join(room);
    if (!this.chat.bound) return;
    this.#sendMessages();
    this.#readTimeline(this.chat.room);
    this.#readRoster(this.chat.room);
    this.#searchNames(this.chat.room);
    this.#fillGap();
    if (this.chat.roomList.stale) this.#readRoomList([], {});
    this.#readAnnouncements();
  }

  /** The answer to a join of the handshake or of #join(). `asked`: the room's name in our spelling.
   * `asker`: the room that the join was sent for. If the person has left that room since then, the answer
   * tells only who they are, even if they have come back: the next join of the room has its own answer. */
  onJoinAnswer(asked, ack, asker = this.chat.rooms.get(asked)) {
    const left = this.chat.rooms.get(asked) !== asker;
    const room = left ? undefined : asker;
    for (const each of asked ? [room] : this.chat.rooms.values()) if (each) each.joining = false;
    if (ack.ok) {
      if (asked && !left && asked !== ack.room) this.on.roomRenamed(asked, ack.room);
      this.chat.onJoined(ack, left);
      this.on.joined(ack);
    } else if (ack.error.code === "bad_name" || (ack.error.code === "banned" && !(room && this.chat.bound))) {
      this.on.refused(ack.error);
    } else if (LATER.has(ack.error.code)) {
      if (!left) this.#pause(`join ${asked}`, ack.error);
    } else if (room) {
      this.on.roomRefused(asked, ack.error);
    }
    this.on.changed();
  }

  #join(room) {
    const join = room.joinRequest(this.chat.epoch);
    if (!join || room.joined || room.joining || this.inFlight.has(`join ${room.name}`)) return;
    room.joining = true;
    const { token, name } = this.identity;
    const person = this.chat.bound ? { token } : { token, user: name };
    this.connection.request("join", { ...join, ...person }, (ack) => this.onJoinAnswer(room.name, ack, room));
  }

  #sendMessages() {
    const { clock } = this;
    const { outbox } = this.chat;
    for (const { id, room, text } of outbox.due(clock.now(), (name) => this.chat.canSend(name))) {
      outbox.markSent(id);
      this.connection.request("chat", { room, message: text, id }, (ack) => {
        if (ack.ok) outbox.markAccepted(id, ack.seq);
        else outbox.markRefused(id, { ...ack.error, message: sentenceOf(ack.error, "message") }, clock.now());
        this.chat.settleOutbox(room, []);
        this.on.changed();
      });
    }
    this.cancelTimer();
    const next = outbox.nextDueAt(clock.now());
    if (next < Infinity) this.cancelTimer = clock.after(next - clock.now(), () => this.wake());
  }

  #readTimeline({ name, joined, timeline }) {
    if (!joined) return;
    const read = (way, page, add) => {
      this.#request(`${way} ${name}`, "history", { room: name, limit: PAGE, ...page }, (ack) => {
        add(page, ack);
        this.chat.settleOutbox(name, ack.events);
      });
    };
    const older = this.wantsOlder ? timeline.olderPage() : null;
    const newer = this.wantsNewer ? timeline.newerPage() : null;
    if (older) read("older", older, (...answer) => timeline.addOlder(...answer));
    if (newer) read("newer", newer, (...answer) => timeline.addNewer(...answer));
  }

  #readRoster({ name, joined, roster, private: isPrivate }) {
    if (!joined || isPrivate || roster.stage !== "unknown" || this.inFlight.has(`roster ${name}`)) return;
    const read = (page) => {
      const request = { room: name, limit: PAGE, ...page };
      this.#request(`roster ${name}`, "participants", request, (ack) => {
        const next = roster.addPage(ack);
        if (next) read(next);
        else this.#pause(`roster ${name}`, {}); // or changes could cause requests without end
      }, () => roster.forget());
    };
    read(roster.startReading());
  }

  #searchNames({ name, joined, search }) {
    const page = joined && search ? search.nextPage() : null;
    if (!page) return;
    this.#request(`search ${name}`, "participants", { room: name, ...page }, (ack) => {
      search.addPage(page, ack);
    }, () => search.stop());
  }

  #fillGap() {
    const { chat } = this;
    const gap = chat.unread.nextGap();
    if (!gap) return;
    const { room } = gap;
    this.#request("gap", "history", { ...gap, limit: PAGE }, (ack) => chat.onMissedPage(room, ack), ({ code }) => {
      if (!LATER.has(code)) chat.unread.dropGap(room);
    });
  }

  #readAnnouncements() {
    const { announcements } = this.chat;
    if (!announcements.stale) return;
    const page = announcements.nextPage();
    this.#request("announcements", "history", page, (ack) => announcements.addPage(ack), ({ code }) => {
      if (!LATER.has(code)) announcements.stale = false; // nothing was ever announced
    });
  }

  /** Requests one more page of rooms. The list is replaced when all wanted pages are here. */
  #readRoomList(rows, page) {
    const { chat } = this;
    this.#request("list", "rooms", { limit: PAGE, ...page }, ({ rooms, more }) => {
      const all = [...rows, ...rooms];
      if (more && rooms.length && all.length < chat.roomList.wanted) {
        return this.#readRoomList(all, { after: rooms.at(-1).room });
      }
      chat.roomList.stale = false;
      chat.setRoomList(all, more);
      this.#pause("list", {});
    });
  }

  /** Sends a request unless one with the same key is in flight. */
  #request(key, event, payload, onSuccess, onError = () => {}) {
    if (this.inFlight.has(key)) return;
    this.inFlight.add(key);
    this.connection.request(event, payload, (ack) => {
      this.inFlight.delete(key);
      if (ack.ok) onSuccess(ack);
      else {
        onError(ack.error);
        this.#pause(key, ack.error);
        if (ack.error.code === "no_such_room") this.on.roomRefused(payload.room, ack.error);
      }
      this.on.changed();
    });
  }

  #pause(key, { retryAfter }) {
    this.inFlight.add(key);
    this.clock.after(retryAfter ? retryAfter * 1000 : PAUSE_MS, () => {
      this.inFlight.delete(key);
      this.wake();
    });
  }
}
