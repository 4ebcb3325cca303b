/** The list of rooms and conversations; on a small screen a drawer. */
import { html, nothing, render } from "../vendor/lit-html.js";
import { repeat } from "../vendor/directives/repeat.js";

export const hashOf = (room) => `#${encodeURIComponent(room).replace("%40", "@")}`;

export class RoomsView {
  /** `on`: enter(name as typed), leave(room), opened(), more(). */
  constructor(box, menu, on) {
    Object.assign(this, { box, menu, on });
    menu.addEventListener("click", () => this.#drawer(!this.#isOpen));
    addEventListener("keydown", ({ key }) => key === "Escape" && this.#isOpen && this.close(true));
    document.addEventListener("click", ({ target }) => {
      if (this.#isOpen && !box.contains(target) && !menu.contains(target)) this.close();
    });
  }

  /** `rooms`, `people`, `elsewhere`: lists of {room, title, unread, count?, here}; `more` are not listed. */
  render({ rooms, people, elsewhere, more }) {
    const unread = [...rooms, ...people].some((each) => each.unread && !each.here);
    this.menu.classList.toggle("news", unread);
    render(
      html`${section("Rooms", rooms, (each) => this.#item(each, rooms.length > 1))}
        <form class="enter" @submit=${(event) => this.#enter(event)}>
          <label class="hidden" for="enter">Join or make a room</label>
          <input id="enter" name="room" placeholder="Room name" maxlength="64" required
            autocomplete="off" autocapitalize="none" spellcheck="false">
          <button type="submit">Join</button>
        </form>
        ${people.length ? section("Conversations", people, (each) => this.#item(each)) : nothing}
        ${elsewhere.length ? section("Other rooms", elsewhere, (each) => this.#item(each)) : nothing}
        ${more ? html`<button class="more" type="button" @click=${() => this.on.more()}>More rooms</button>` : nothing}`,
      this.box,
    );
  }

  close(focus = false) {
    this.#drawer(false);
    if (focus) this.menu.focus();
  }

  #item({ room, title, unread, count, here }, leavable = false) {
    return html`<li class=${here ? "here" : ""}>
      <a href=${hashOf(room)} aria-current=${here ? "page" : "false"} @click=${() => this.close()}>
        <span class="label">${room.startsWith("@") ? "" : "#"}${title}</span>
        ${count ? html`<span class="people" title="people there">${count.toLocaleString()}</span>` : nothing}
        ${unread
          ? html`<span class="badge">${unread > 99 ? "99+" : unread}<span class="hidden"> unread</span></span>`
          : nothing}
      </a>
      ${leavable
        ? html`<button class="leave" type="button" title="Leave" aria-label="Leave ${title}"
            @click=${() => this.on.leave(room)}>×</button>`
        : nothing}
    </li>`;
  }

  #enter(event) {
    event.preventDefault();
    this.on.enter(new FormData(event.target).get("room"));
    event.target.reset();
    this.close();
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
