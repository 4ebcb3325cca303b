/**
 * The errands: all that the page asks of the gateway by itself, because of what the chat lacks.
 *
 * run() looks what is lacking and asks for it, each thing once at a time; whoever changes the chat calls
 * it. What failed rests before it is asked again.
 */
const REST_MS = 2000;
const LATER = new Set(["unavailable", "rate_limited"]);
const PAGE = 100;

export class Errands {
  /** `page` is told: changed(), refusedRoom(room, error), respelled(room, name), unwelcome(error).
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
    for (const room of this.chat.rooms.values()) this.#join(room);
    if (!this.chat.bound) return;
    this.#say();
    this.#readTimeline(this.chat.room);
    this.#readRoster(this.chat.room);
    this.#readLists();
  }

  /** The answer to a join, of the handshake or our own. `asked` is the room's name as we spelled it. */
  joinAnswered(asked, ack) {
    const room = this.chat.rooms.get(asked);
    for (const each of asked ? [room] : this.chat.rooms.values()) if (each) each.joining = false;
    if (ack.ok) {
      if (asked && asked !== ack.room) this.page.respelled(asked, ack.room);
      this.chat.joined(ack);
    } else if (ack.error.code === "bad_name" || ack.error.code === "banned") {
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
        else outbox.refused(id, ack.error, clock.now());
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

  #readLists() {
    const { chat } = this;
    if (chat.listStale) this.#readList([], {});
    if (chat.noticesStale) {
      this.#once("notices", "history", chat.noticesPage(), (ack) => chat.announced(ack), (error) => {
        if (!LATER.has(error.code)) chat.noticesStale = false; // nothing was ever announced
      });
    }
  }

  /** One more page of rooms; they replace what was listed when all that is wanted is there. */
  #readList(rows, place) {
    const { chat } = this;
    this.#once("list", "rooms", { limit: PAGE, ...place }, ({ rooms, more }) => {
      const all = [...rows, ...rooms];
      if (more && rooms.length && all.length < chat.listWanted) {
        return this.#readList(all, { after: rooms.at(-1).room });
      }
      chat.listStale = false;
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
