/** How the person comes by a name: asked for at first, changed, taken by somebody else, refused. */
import { BANNED, nameNotice, sentenceOf } from "./models/refusals.js";

export class Naming {
  /** `changed()` is to be called after each change of the chat. */
  constructor({ chat, connection, identity, dialog, status, changed }) {
    Object.assign(this, { chat, connection, identity, dialog, status, changed });
    /** The name that this connection asked for, until it is known which one it got. */
    this.asked = "";
  }

  /** Connects, after it has asked for a name if there is none. */
  start() {
    if (this.identity.name) this.connection.open();
    else this.#askForName("");
  }

  /** The name for a new connection. */
  nameForJoin() {
    this.asked = this.identity.name;
    return this.asked;
  }

  /** The gateway gave this name: says so if another one was asked for. */
  onNamed(user) {
    const notice = nameNotice(this.asked, user);
    this.asked = "";
    if (notice) this.status.say(notice, { label: "Change", act: () => this.change() });
  }

  /** The person wants another one. */
  change() {
    this.dialog.ask({ name: this.chat.user, needed: false, done: (name) => this.#rename(name) });
  }

  /** The gateway lets nobody in under this name, or not this person. */
  onRefused(error) {
    this.connection.close();
    if (error.code === "banned") this.chat.refuse(BANNED);
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
