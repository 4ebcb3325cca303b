/** Where the person is: goes to rooms and conversations, leaves them, and keeps the page's address true. */
import { hashOf, roomOf } from "./models/address.js";
import { LOBBY } from "./models/chat.js";
import { roomFault, sentenceOf } from "./models/refusals.js";
import { headingOf } from "./views/view_models.js";
import { isPrivate, roomKey } from "./models/text.js";

export class Navigation {
  /** `on`: shown(), changed(), draft(room, text). */
  constructor({ chat, connection, status, question, on }) {
    Object.assign(this, { chat, connection, status, question, on });
    /** The room that was asked for by name, until it is known whether one may enter it. */
    this.entering = "";
  }

  roomInAddress() {
    return roomOf(location.hash, LOBBY);
  }

  go(room) {
    if (this.entering === room) this.rooms.entered();
    if (this.roomInAddress() !== room) history.pushState(null, "", hashOf(room));
    this.show(room);
  }

  show(room) {
    this.entering = "";
    this.chat.show(room);
    this.chat.roomList.stale = true;
    this.chat.room.search = null;
    this.on.shown();
    this.on.changed();
  }

  /** A room by the name that somebody typed: shown once the gateway lets one in. */
  enter(name) {
    const room = roomKey(name);
    const fault = roomFault(room);
    if (fault) return this.rooms.refuse(fault);
    this.entering = room;
    if (this.chat.rooms.has(room) || !this.chat.bound) return this.go(room);
    this.chat.follow(room);
    this.on.changed();
  }

  onJoined(room) {
    if (this.entering === room) this.go(room);
  }

  onRoomRenamed(asked, room) {
    const here = this.chat.current === asked;
    const typed = this.entering === asked;
    this.chat.renameRoom(asked, room);
    if (typed) this.entering = room;
    else if (here) this.go(room);
  }

  /** One may not be there: one stays, or goes back to, where one was. */
  onRefused(room, error) {
    const { chat } = this;
    if (!chat.rooms.has(room)) return;
    const sentence = sentenceOf(error, isPrivate(room) ? "" : "room");
    const typed = this.entering === room;
    this.entering = "";
    if (typed) this.rooms.refuse(sentence);
    else this.status.say(`${isPrivate(room) ? "This conversation" : headingOf(chat, room)}: ${sentence}`);
    const next = this.#drop(room);
    if (this.roomInAddress() === room) history.replaceState(null, "", hashOf(next)); // nothing to go back to
    if (next === chat.current) this.on.changed();
    else this.go(next);
  }

  /** Opens a conversation with {user} or {uid}. */
  openDirect(whom) {
    this.connection.request("direct", whom, (ack) => {
      if (!ack.ok) return this.status.say(sentenceOf(ack.error));
      this.chat.roomList.stale = true;
      this.go(ack.room);
    });
  }

  leave(room) {
    this.#leave(room, () => this.chat.leaving.push(room));
  }

  /** A conversation leaves the list, until somebody says something there. */
  close(room) {
    const { unread, roomList } = this.chat;
    this.#leave(room, () => {
      const head = this.chat.headOf(room);
      unread.markRead(room, head);
      roomList.close(room, head);
      if (roomList.row(room)?.kind === "direct") this.connection.request("quit", { room }, () => {});
    });
  }

  /** If something waits to be sent there, only when that is meant. */
  #leave(room, act) {
    const { chat } = this;
    const waiting = chat.outbox.inRoom(room).length;
    const done = () => {
      act();
      this.go(this.#drop(room));
    };
    if (!waiting) return done();
    const what = waiting === 1 ? "1 message is not sent yet." : `${waiting} messages are not sent yet.`;
    const text = `${headingOf(chat, room)}: ${what} If you leave now, the text stays there as your draft.`;
    this.question.ask(text, "Stay", "Leave", done);
  }

  /** Follows a room no more; what waits to be sent there becomes its draft. */
  #drop(room) {
    const waiting = this.chat.outbox.inRoom(room).filter(({ state }) => state !== "accepted");
    if (waiting.length) this.on.draft(room, waiting.map(({ text }) => text).join("\n"));
    return this.chat.unfollow(room);
  }
}
