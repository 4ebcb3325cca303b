/**
 * The errands: all that the page asks of the gateway by itself, because of what the chat lacks.
 *
 * run() looks what is lacking and asks for it, each thing once at a time; whoever changes the chat calls
 * it. What failed rests before it is asked again.
 */
import { sentenceOf } from "./models/refusals.js";

const REST_MS = 2000;
const LATER = new Set(["unavailable", "rate_limited"]);
const PAGE = 100;

export class Errands {
  /** `page` is told: changed(), joined(ack), refusedRoom(room, error),
   * respelled(room, name), unwelcome(error).
   * `clock` has now() in milliseconds, and after(ms, act), which returns what takes the order back. */
  constructor({ chat, connection, identity, page, clock }) {
    Object.assign(this, { chat, connection, identity, page, clock });
    this.running = new Set();
    /** The top of the timeline is near; its end is. Set by the view. */
    this.wantsOlder = false;
    this.wantsNewer = false;
    this.forgetNext = () => {};
  }

  run() {
    if (!this.connection.connected) return;
    for (const room of this.chat.leaving.splice(0)) this.connection.ask("leave", { room }, () => {});
    for (const room of this.chat.rooms.values()) this.#join(room);
    if (!this.chat.bound) return;
    this.#say();
    this.#readTimeline(this.chat.room);
    this.#readRoster(this.chat.room);
    this.#search(this.chat.room);
    this.#readLists();
  }

  /** The answer to a join, of the handshake or our own. `asked` is the room's name as we spelled it. */
  joinAnswered(asked, ack) {
    const room = this.chat.rooms.get(asked);
    for (const each of asked ? [room] : this.chat.rooms.values()) if (each) each.joining = false;
    if (ack.ok) {
      if (asked && asked !== ack.room) this.page.respelled(asked, ack.room);
      this.chat.joined(ack);
      this.page.joined(ack);
    } else if (ack.error.code === "bad_name" || (ack.error.code === "banned" && !(room && this.chat.bound))) {
      this.page.unwelcome(ack.error);
    } else if (LATER.has(ack.error.code)) {
      this.#rest(`join ${asked}`, ack.error);
    } else if (room) {
      this.page.refusedRoom(asked, ack.error);
    }
    this.page.changed();
  }

  #join(room) {
    const join = room.join(this.chat.epoch);
    if (!join || room.joined || room.joining || this.running.has(`join ${room.name}`)) return;
    room.joining = true;
    const { token, name } = this.identity;
    const who = this.chat.bound ? { token } : { token, user: name };
    this.connection.ask("join", { ...join, ...who }, (ack) => this.joinAnswered(room.name, ack));
  }

  #say() {
    const { clock } = this;
    const { outbox } = this.chat;
    for (const { id, room, text } of outbox.due(clock.now(), (name) => this.chat.canSend(name))) {
      outbox.sent(id);
      this.connection.ask("chat", { room, message: text, id }, (ack) => {
        if (ack.ok) outbox.acked(id, ack.seq);
        else outbox.refused(id, { ...ack.error, message: sentenceOf(ack.error, "message") }, clock.now());
        this.chat.read(room, []);
        this.page.changed();
      });
    }
    this.forgetNext();
    const next = outbox.nextAt(clock.now());
    if (next < Infinity) this.forgetNext = clock.after(next - clock.now(), () => this.run());
  }

  #readTimeline({ name, joined, timeline }) {
    if (!joined) return;
    const read = (way, page, done) => {
      this.#once(`${way} ${name}`, "history", { room: name, limit: PAGE, ...page }, (ack) => {
        done(page, ack);
        this.chat.read(name, ack.events);
      });
    };
    const older = this.wantsOlder ? timeline.olderPage() : null;
    const newer = this.wantsNewer ? timeline.newerPage() : null;
    if (older) read("older", older, (...answer) => timeline.older(...answer));
    if (newer) read("newer", newer, (...answer) => timeline.newer(...answer));
  }

  #readRoster({ name, joined, roster, private: isPrivate }) {
    if (!joined || isPrivate || roster.stage !== "unknown" || this.running.has(`roster ${name}`)) return;
    const ask = (page) => {
      const question = { room: name, limit: PAGE, ...page };
      this.#once(`roster ${name}`, "participants", question, (ack) => {
        const next = roster.page(ack);
        if (next) ask(next);
        else this.#rest(`roster ${name}`, {}); // changes may come faster than pages
      }, () => roster.forget());
    };
    ask(roster.ask());
  }

  #search({ name, joined, search }) {
    const question = joined && search ? search.question() : null;
    if (!question) return;
    this.#once(`search ${name}`, "participants", { room: name, ...question }, (ack) => {
      search.answered(question, ack);
    }, () => search.refused());
  }

  #readLists() {
    const { chat } = this;
    const gap = chat.unread.gap();
    if (gap) {
      this.#once("missed", "history", { ...gap, limit: PAGE }, (ack) => chat.missed(gap.room, ack), (error) => {
        if (!LATER.has(error.code)) chat.unread.giveUp(gap.room);
      });
    }
    if (chat.listing.stale) this.#readList([], {});
    if (chat.notices.stale) {
      this.#once("notices", "history", chat.notices.page(), (ack) => chat.notices.answered(ack), (error) => {
        if (!LATER.has(error.code)) chat.notices.stale = false; // nothing was ever announced
      });
    }
  }

  /** One more page of rooms; they replace what was listed when all that is wanted is there. */
  #readList(rows, place) {
    const { chat } = this;
    this.#once("list", "rooms", { limit: PAGE, ...place }, ({ rooms, more }) => {
      const all = [...rows, ...rooms];
      if (more && rooms.length && all.length < chat.listing.wanted) {
        return this.#readList(all, { after: rooms.at(-1).room });
      }
      chat.listing.stale = false;
      chat.list(all, more);
      this.#rest("list", {});
    });
  }

  #once(key, event, payload, done, failed = () => {}) {
    if (this.running.has(key)) return;
    this.running.add(key);
    this.connection.ask(event, payload, (ack) => {
      this.running.delete(key);
      if (ack.ok) done(ack);
      else {
        failed(ack.error);
        this.#rest(key, ack.error);
        if (ack.error.code === "no_such_room") this.page.refusedRoom(payload.room, ack.error);
      }
      this.page.changed();
    });
  }

  #rest(key, { retryAfter }) {
    this.running.add(key);
    this.clock.after(retryAfter ? retryAfter * 1000 : REST_MS, () => {
      this.running.delete(key);
      this.run();
    });
  }
}
