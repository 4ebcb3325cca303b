/** Draws the chat by its views, and sets the window's title, which a hidden tab shows, too. */
import { say, words } from "../language.js";
import { Frames } from "./frames.js";
import { headingOf, roomsModel, rosterModel, timelineModel, typingPieces, windowTitle } from "./view_models.js";

const element = (id) => document.getElementById(id);

export class Drawing {
  constructor(chat, views) {
    this.chat = chat;
    this.views = views;
    this.frames = new Frames(() => this.now());
  }

  /** Draws in the next frame. A hidden tab has no frames until it is shown; its title changes at once. */
  soon() {
    this.#setTitle();
    this.frames.wake();
  }

  now() {
    const { chat, views } = this;
    const { room, user, pinned, linkShown, refusal } = chat;
    const heading = headingOf(chat, room.name);
    const count = chat.unread.countIn(room.name);
    views.timeline.render(timelineModel(chat));
    views.roster.render(rosterModel(chat));
    views.rooms.render(roomsModel(chat));
    views.composer.render({ room: room.name, title: heading });
    views.status.render(linkShown, typingPieces(room.typing));
    element("title").textContent = heading;
    element("me").textContent = user;
    element("latest").hidden = pinned && !room.timeline.detached;
    element("latest").textContent = count ? say(words.newMessages, { count }) : words.newest;
    element("refusal").hidden = !refusal;
    element("refusal").querySelector("p").textContent = refusal;
    document.body.classList.toggle("refused", refusal !== "");
    this.#setTitle();
  }

  #setTitle() {
    const title = windowTitle(this.chat);
    if (document.title !== title) document.title = title;
  }
}
