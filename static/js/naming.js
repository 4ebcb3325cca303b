/** The person's name: asked for at the first visit, changed on request, or given by the gateway. */
import { words } from "./language.js";
import { nameNotice, sentenceOf } from "./models/refusals.js";

export class Naming {
  /** `changed()` is called after each change of the chat. */
  constructor({ chat, connection, identity, dialog, status, changed }) {
    Object.assign(this, { chat, connection, identity, dialog, status, changed });
    /** The name that this connection requested, until the gateway has answered. */
    this.asked = "";
  }

  /** Connects, if need be after the person has chosen a name. */
  start() {
    if (this.identity.name) this.connection.open();
    else this.#askForName("");
  }

  /** The name to request with a new connection. */
  nameForJoin() {
    this.asked = this.identity.name;
    return this.asked;
  }

  /** The gateway gave this name: tells the person if another one was requested. */
  onNamed(user) {
    const notice = nameNotice(this.asked, user);
    this.asked = "";
    if (notice) this.status.say(notice, { label: words.change, act: () => this.change() });
  }

  /** The person wants another name. */
  change() {
    this.dialog.ask({ name: this.chat.user, needed: false, done: (name) => this.#rename(name) });
  }

  /** The gateway refuses this name, or this person. */
  onRefused(error) {
    this.connection.close();
    if (error.code === "banned") this.chat.refuse(words.bannedForGood);
    else this.#askForName(sentenceOf(error, "name"));
    this.changed();
  }

  #askForName(error) {
    const done = (name) => {
      this.dialog.close();
      this.identity.name = name;
      this.connection.open();
    };
    this.dialog.ask({ name: this.identity.name, error, needed: true, done });
  }

  #rename(user) {
    const { chat, identity, dialog } = this;
    this.connection.request("join", { room: chat.openRooms()[0], token: identity.token, user }, (ack) => {
      if (!ack.ok) return dialog.refuse(sentenceOf(ack.error, "name"));
      dialog.close();
      this.asked = user;
      chat.user = ack.user;
      this.onNamed(ack.user);
      this.changed();
    });
  }
}
