/** Draws the chat by its views; and the window's title, which a hidden tab shows too. */
import { Frames } from "./frames.js";
import { headingOf, roomsModel, rosterModel, timelineModel, windowTitle } from "./view_models.js";
import { typingPieces } from "../models/text.js";

const element = (id) => document.getElementById(id);

export class Drawing {
  constructor(chat, views) {
    this.chat = chat;
    this.views = views;
    this.frames = new Frames(() => this.now());
  }

  /** With the next frame. A hidden tab has none until it is seen again; its title changes at once. */
  soon() {
    this.#title();
    this.frames.wake();
  }

  now() {
    const { chat, views } = this;
    const { room, user, pinned, linkShown, refusal } = chat;
    const heading = headingOf(chat, room.name);
    const fresh = chat.unread.countIn(room.name);
    views.timeline.render(timelineModel(chat));
    views.roster.render(rosterModel(chat));
    views.rooms.render(roomsModel(chat));
    views.composer.render({ room: room.name, title: heading });
    views.status.render(linkShown, typingPieces(room.typing));
    element("title").textContent = heading;
    element("me").textContent = user;
    element("latest").hidden = pinned && !room.timeline.detached;
    element("latest").textContent = fresh ? `↓ ${fresh} new` : "↓ Newest";
    element("refusal").hidden = !refusal;
    element("refusal").querySelector("p").textContent = refusal;
    document.body.classList.toggle("refused", refusal !== "");
    this.#title();
  }

  #title() {
    const title = windowTitle(this.chat);
    if (document.title !== title) document.title = title;
  }
}
