/**
 * The sync: all that the page asks of the gateway by itself, because of what the chat lacks.
 *
 * run() looks what is lacking and asks for it, each thing once at a time; whoever changes the chat calls
 * it. What failed rests before it is asked again.
 */
import { sentenceOf } from "./models/refusals.js";

const PAUSE_MS = 2000;
const LATER = new Set(["unavailable", "rate_limited"]);
const PAGE = 100;

export class Sync {
  /** `page` is told: changed(), joined(ack), roomRefused(room, error),
   * roomRenamed(room, name), refused(error).
   * `clock` has now() in milliseconds, and after(ms, act), which returns what takes the order back. */
  constructor({ chat, connection, identity, page, clock }) {
    Object.assign(this, { chat, connection, identity, page, clock });
    this.inFlight = new Set();
    /** The top of the timeline is near; its end is. Set by the view. */
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
    this.#search(this.chat.room);
    this.#readLists();
  }

  /** The answer to a join, of the handshake or our own. `asked` is the room's name as we spelled it. */
  onJoinAnswer(asked, ack) {
    const room = this.chat.rooms.get(asked);
    for (const each of asked ? [room] : this.chat.rooms.values()) if (each) each.joining = false;
    if (ack.ok) {
      if (asked && asked !== ack.room) this.page.roomRenamed(asked, ack.room);
      this.chat.onJoined(ack);
      this.page.joined(ack);
    } else if (ack.error.code === "bad_name" || (ack.error.code === "banned" && !(room && this.chat.bound))) {
      this.page.refused(ack.error);
    } else if (LATER.has(ack.error.code)) {
      this.#pause(`join ${asked}`, ack.error);
    } else if (room) {
      this.page.roomRefused(asked, ack.error);
    }
    this.page.changed();
  }

  #join(room) {
    const join = room.joinRequest(this.chat.epoch);
    if (!join || room.joined || room.joining || this.inFlight.has(`join ${room.name}`)) return;
    room.joining = true;
    const { token, name } = this.identity;
    const who = this.chat.bound ? { token } : { token, user: name };
    this.connection.request("join", { ...join, ...who }, (ack) => this.onJoinAnswer(room.name, ack));
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
        this.page.changed();
      });
    }
    this.cancelTimer();
    const next = outbox.nextDueAt(clock.now());
    if (next < Infinity) this.cancelTimer = clock.after(next - clock.now(), () => this.wake());
  }

  #readTimeline({ name, joined, timeline }) {
    if (!joined) return;
    const read = (way, page, done) => {
      this.#request(`${way} ${name}`, "history", { room: name, limit: PAGE, ...page }, (ack) => {
        done(page, ack);
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
    const ask = (page) => {
      const question = { room: name, limit: PAGE, ...page };
      this.#request(`roster ${name}`, "participants", question, (ack) => {
        const next = roster.addPage(ack);
        if (next) ask(next);
        else this.#pause(`roster ${name}`, {}); // changes may come faster than pages
      }, () => roster.forget());
    };
    ask(roster.startReading());
  }

  #search({ name, joined, search }) {
    const question = joined && search ? search.nextPage() : null;
    if (!question) return;
    this.#request(`search ${name}`, "participants", { room: name, ...question }, (ack) => {
      search.addPage(question, ack);
    }, () => search.stop());
  }

  #readLists() {
    const { chat } = this;
    const gap = chat.unread.nextGap();
    if (gap) {
      this.#request("missed", "history", { ...gap, limit: PAGE }, (ack) => chat.onMissedPage(gap.room, ack), (error) => {
        if (!LATER.has(error.code)) chat.unread.dropGap(gap.room);
      });
    }
    if (chat.roomList.stale) this.#readList([], {});
    if (chat.announcements.stale) {
      this.#request("announcements", "history", chat.announcements.nextPage(), (ack) => chat.announcements.addPage(ack), (error) => {
        if (!LATER.has(error.code)) chat.announcements.stale = false; // nothing was ever announced
      });
    }
  }

  /** One more page of rooms; they replace what was listed when all that is wanted is there. */
  #readList(rows, place) {
    const { chat } = this;
    this.#request("list", "rooms", { limit: PAGE, ...place }, ({ rooms, more }) => {
      const all = [...rows, ...rooms];
      if (more && rooms.length && all.length < chat.roomList.wanted) {
        return this.#readList(all, { after: rooms.at(-1).room });
      }
      chat.roomList.stale = false;
      chat.setRoomList(all, more);
      this.#pause("list", {});
    });
  }

  #request(key, event, payload, done, failed = () => {}) {
    if (this.inFlight.has(key)) return;
    this.inFlight.add(key);
    this.connection.request(event, payload, (ack) => {
      this.inFlight.delete(key);
      if (ack.ok) done(ack);
      else {
        failed(ack.error);
        this.#pause(key, ack.error);
        if (ack.error.code === "no_such_room") this.page.roomRefused(payload.room, ack.error);
      }
      this.page.changed();
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
