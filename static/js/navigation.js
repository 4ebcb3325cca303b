/** Navigation: goes to rooms and conversations, leaves them, and keeps the page's address in step. */
import { say, words } from "./language.js";
import { hashOf, roomOf } from "./models/address.js";
import { LOBBY } from "./models/chat.js";
import { roomFault, sentenceOf } from "./models/refusals.js";
import { isPrivate, roomKey } from "./models/text.js";
import { headingOf } from "./views/view_models.js";

export class Navigation {
  /** `on`: shown(), changed(), entered(), enterRefused(sentence), draft(room, text). */
  constructor({ chat, connection, status, question, on }) {
    Object.assign(this, { chat, connection, status, question, on });
    /** The room whose name the person typed, until the gateway has answered its join; else "". */
    this.entering = "";
  }

  roomInAddress() {
    return roomOf(location.hash, LOBBY);
  }

  go(room) {
    if (this.entering === room) this.on.entered();
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

  /** Joins the room whose name the person typed; it is shown when the gateway has accepted the join. */
  enter(name) {
    const room = roomKey(name);
    const fault = roomFault(room);
    if (fault) return this.on.enterRefused(fault);
    this.entering = room;
    if (this.chat.rooms.has(room) || !this.chat.bound) return this.go(room);
    this.chat.follow(room);
    this.on.changed();
  }

  onJoined(room) {
    if (this.entering === room) this.go(room);
  }

  onRoomRenamed(asked, room) {
    const shown = this.chat.current === asked;
    const typed = this.entering === asked;
    this.chat.renameRoom(asked, room);
    if (typed) this.entering = room;
    else if (shown) this.go(room);
  }

  /** The gateway refused the room: the person stays in the room before, or goes back there. */
  onRefused(room, error) {
    const { chat } = this;
    if (!chat.rooms.has(room)) return;
    const sentence = sentenceOf(error, isPrivate(room) ? "" : "room");
    const typed = this.entering === room;
    this.entering = "";
    if (typed) this.on.enterRefused(sentence);
    else {
      const title = isPrivate(room) ? words.thisConversation : headingOf(chat, room);
      this.status.say(say(words.inRoom, { room: title, sentence }));
    }
    const next = this.#unfollow(room);
    if (this.roomInAddress() === room) history.replaceState(null, "", hashOf(next)); // "back" must not lead here
    if (next === chat.current) this.on.changed();
    else this.go(next);
  }

  /** Opens a conversation with `person`, {user} or {uid}. */
  openDirect(person) {
    this.connection.request("direct", person, (ack) => {
      if (!ack.ok) return this.status.say(sentenceOf(ack.error));
      this.chat.roomList.stale = true;
      this.go(ack.room);
    });
  }

  leave(room) {
    this.#confirm(room, () => this.chat.leaving.push(room));
  }

  /** Takes a conversation out of the list until somebody writes there again. */
  close(room) {
    const { unread, roomList } = this.chat;
    this.#confirm(room, () => {
      const head = this.chat.headOf(room);
      unread.markRead(room, head);
      roomList.close(room, head);
      if (roomList.row(room)?.kind === "direct") this.connection.request("quit", { room }, () => {});
    });
  }

  /** Calls `act()` and leaves the room. If messages wait to be sent there, the person is asked before. */
  #confirm(room, act) {
    const { chat } = this;
    const count = chat.outbox.inRoom(room).length;
    const leave = () => {
      act();
      this.go(this.#unfollow(room));
    };
    if (!count) return leave();
    const unsent = say(words.unsent, { count });
    const text = say(words.leaveUnsent, { room: headingOf(chat, room), unsent });
    this.question.ask(text, words.stay, words.leave, leave);
  }

  /** The page follows the room no longer. Messages that wait to be sent there become its draft. Returns the
   * room to show. */
  #unfollow(room) {
    const waiting = this.chat.outbox.inRoom(room).filter(({ state }) => state !== "accepted");
    if (waiting.length) this.on.draft(room, waiting.map(({ text }) => text).join("\n"));
    return this.chat.unfollow(room);
  }
}
