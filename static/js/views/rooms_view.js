/** The list of rooms and conversations, which is a drawer on a small screen. */
import { number, say, words } from "../language.js";
import { hashOf } from "../models/address.js";
import { isPrivate } from "../models/text.js";
import { html, nothing, render } from "../../vendor/lit-html.js";
import { repeat } from "../../vendor/directives/repeat.js";

export class RoomsView {
  /** `on`: enter(name as typed), whose end is entered() or refuse(); leave(room), close(room), opened(),
   * more(). */
  constructor(box, menu, on) {
    Object.assign(this, { box, menu, on, error: "" });
    menu.addEventListener("click", () => this.#drawer(!this.#isOpen));
    addEventListener("keydown", ({ key }) => key === "Escape" && this.#isOpen && this.close(true));
    document.addEventListener("click", ({ target }) => {
      if (this.#isOpen && !box.contains(target) && !menu.contains(target)) this.close();
    });
  }

  /** `rooms`, `people` and `elsewhere` are lists of {room, title, unread, count, here}; `more` says that
   * the gateway has others. */
  render(model) {
    this.rerender = () => this.render(model);
    const { rooms, people, elsewhere, more } = model;
    const unread = [...rooms, ...people].some((each) => each.unread && !each.here);
    this.menu.classList.toggle("news", unread);
    const leave = { label: words.leave, about: words.leaveRoom, act: this.on.leave };
    const close = { label: words.close, about: words.closeConversation, act: this.on.close };
    render(
      html`${section(words.rooms, rooms, (each) => this.#item(each, rooms.length > 1 && leave))}
        <form class="enter" novalidate @submit=${(event) => this.#enter(event)}>
          <label class="hidden" for="enter">${words.enterRoom}</label>
          <input id="enter" name="room" placeholder=${words.roomName} dir="auto" aria-describedby="enter-error"
            aria-invalid=${this.error !== ""} @input=${() => this.error && this.refuse("")}
            autocomplete="off" autocapitalize="none" spellcheck="false">
          <button type="submit">${words.join}</button>
          <p id="enter-error" class="error" role="alert">${this.error}</p>
        </form>
        ${people.length ? section(words.conversations, people, (each) => this.#item(each, close)) : nothing}
        ${elsewhere.length ? section(words.otherRooms, elsewhere, (each) => this.#item(each)) : nothing}
        ${more ? html`<button class="more" type="button" @click=${() => this.on.more()}>${words.moreRooms}</button>` : nothing}`,
      this.box,
    );
  }

  close(focus = false) {
    this.#drawer(false);
    if (focus) this.menu.focus();
  }

  /** `way`: how the room goes out of the list, {label, about, act(room)}. */
  #item({ room, title, unread, count, here }, way = null) {
    return html`<li class=${here ? "here" : ""}>
      <a href=${hashOf(room)} aria-current=${here ? "page" : "false"} @click=${() => this.close()}>
        <span class="label"><bdi>${isPrivate(room) ? "" : "#"}${title}</bdi></span>
        ${count ? html`<span class="people" title=${words.peopleThere}>${number(count)}</span>` : nothing}
        ${unread
          ? html`<span class="badge">${unread > 99 ? "99+" : unread}<span class="hidden"> ${words.unread}</span></span>`
          : nothing}
      </a>
      ${way
        ? html`<button class="leave" type="button" title=${way.label} aria-label=${say(way.about, { room: title })}
            @click=${() => way.act(room)}>×</button>`
        : nothing}
    </li>`;
  }

  #enter(event) {
    event.preventDefault();
    this.form = event.target;
    this.on.enter(new FormData(event.target).get("room"));
  }

  /** The requested room is shown. */
  entered() {
    this.form?.reset();
    this.error = "";
    this.close();
  }

  /** The room cannot be entered. What was typed stays, to be corrected. */
  refuse(sentence) {
    this.error = sentence;
    this.rerender();
    if (sentence) this.form?.elements.room.focus();
  }

  get #isOpen() {
    return this.box.classList.contains("open");
  }

  #drawer(open) {
    this.box.classList.toggle("open", open);
    this.menu.setAttribute("aria-expanded", open);
    if (open) this.on.opened();
  }
}

const section = (title, items, item) =>
  html`<h2>${title}</h2><ul>${repeat(items, (each) => each.room, item)}</ul>`;
