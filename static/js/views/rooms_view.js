/** The list of rooms and conversations; on a small screen a drawer. */
import { html, nothing, render } from "../../vendor/lit-html.js";
import { repeat } from "../../vendor/directives/repeat.js";
import { hashOf } from "../models/address.js";

export class RoomsView {
  /** `on`: enter(name as typed), which ends in entered() or refuse(); leave(room), close(room), opened(),
   * more(). */
  constructor(box, menu, on) {
    Object.assign(this, { box, menu, on, error: "" });
    menu.addEventListener("click", () => this.#drawer(!this.#isOpen));
    addEventListener("keydown", ({ key }) => key === "Escape" && this.#isOpen && this.close(true));
    document.addEventListener("click", ({ target }) => {
      if (this.#isOpen && !box.contains(target) && !menu.contains(target)) this.close();
    });
  }

  /** `rooms`, `people`, `elsewhere`: lists of {room, title, unread, count?, here}; `more` are not listed. */
  render({ rooms, people, elsewhere, more }) {
    this.rerender = () => this.render({ rooms, people, elsewhere, more });
    const unread = [...rooms, ...people].some((each) => each.unread && !each.here);
    this.menu.classList.toggle("news", unread);
    render(
      html`${section("Rooms", rooms, (each) => this.#item(each, rooms.length > 1 && "Leave"))}
        <form class="enter" novalidate @submit=${(event) => this.#enter(event)}>
          <label class="hidden" for="enter">Join or make a room</label>
          <input id="enter" name="room" placeholder="Room name" dir="auto" aria-describedby="enter-error"
            aria-invalid=${this.error !== ""} @input=${() => this.error && this.refuse("")}
            autocomplete="off" autocapitalize="none" spellcheck="false">
          <button type="submit">Join</button>
          <p id="enter-error" class="error" role="alert">${this.error}</p>
        </form>
        ${people.length ? section("Conversations", people, (each) => this.#item(each, "Close")) : nothing}
        ${elsewhere.length ? section("Other rooms", elsewhere, (each) => this.#item(each)) : nothing}
        ${more ? html`<button class="more" type="button" @click=${() => this.on.more()}>More rooms</button>` : nothing}`,
      this.box,
    );
  }

  close(focus = false) {
    this.#drawer(false);
    if (focus) this.menu.focus();
  }

  #item({ room, title, unread, count, here }, way = "") {
    return html`<li class=${here ? "here" : ""}>
      <a href=${hashOf(room)} aria-current=${here ? "page" : "false"} @click=${() => this.close()}>
        <span class="label"><bdi>${room.startsWith("@") ? "" : "#"}${title}</bdi></span>
        ${count ? html`<span class="people" title="people there">${count.toLocaleString()}</span>` : nothing}
        ${unread
          ? html`<span class="badge">${unread > 99 ? "99+" : unread}<span class="hidden"> unread</span></span>`
          : nothing}
      </a>
      ${way
        ? html`<button class="leave" type="button" title=${way} aria-label="${way} ${title}"
            @click=${() => (way === "Close" ? this.on.close(room) : this.on.leave(room))}>×</button>`
        : nothing}
    </li>`;
  }

  #enter(event) {
    event.preventDefault();
    this.form = event.target;
    this.on.enter(new FormData(event.target).get("room"));
  }

  /** The room that was asked for is shown. */
  entered() {
    this.form?.reset();
    this.error = "";
    this.close();
  }

  /** It cannot be entered; what was typed stays there to be mended. */
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
