/** The participants on top: how many, and their names, each a way to a conversation. */
import { html, nothing, render } from "../../vendor/lit-html.js";
import { guard } from "../../vendor/directives/guard.js";
import { repeat } from "../../vendor/directives/repeat.js";

export class RosterView {
  /** `on`: direct(name), opened(), search(prefix), more(). */
  constructor(box, on) {
    this.box = box;
    this.on = on;
    this.open = false;
  }

  /** `names` are sorted, without those that are not known; `others` counts these. While it is open in a
   * larger room, `search` {prefix, more} tells which names they are. */
  render(shown) {
    this.rerender = () => this.render(shown);
    const { note } = shown;
    this.box.classList.toggle("open", this.open && !note);
    render(note ? html`<p class="count">${note}</p>` : this.#people(shown), this.box);
  }

  #people({ count, names, others, me, search }) {
    const seen = [this.open, me, names.join("\n")];
    return html`<button class="count" type="button" aria-expanded=${this.open} aria-controls="names"
        @click=${() => this.#toggle()}>
        <b>${count.toLocaleString()}</b> here
      </button>
      ${search
        ? html`<input class="find" type="search" placeholder="Find a name" aria-label="Find a name" dir="auto"
            autocomplete="off" spellcheck="false" .value=${search.prefix}
            @input=${({ target }) => this.on.search(target.value)}>`
        : nothing}
      <ul id="names" class="names" aria-label="Names">
        ${guard(seen, () => repeat(names, (name) => name, (name) => this.#name(name, me)))}
        ${search ? this.#rest(names, search) : others > 0 ? this.#others(others) : nothing}
      </ul>`;
  }

  #rest(names, { prefix, more, asking }) {
    if (more) {
      return html`<li><button class="more" type="button" ?disabled=${asking}
        @click=${() => this.on.more()}>Show 100 more</button></li>`;
    }
    if (names.length || asking) return nothing;
    return html`<li class="more">Nobody here has a name that begins with <bdi>${prefix}</bdi>.</li>`;
  }

  #others(others) {
    return html`<li><button class="more" type="button" @click=${() => this.#toggle()}>and ${
      others.toLocaleString()
    } more</button></li>`;
  }

  #name(name, me) {
    if (name === me) return html`<li><span class="name self"><bdi>${name}</bdi> <i>(you)</i></span></li>`;
    return html`<li><button class="name" type="button" title="Write to ${name}" tabindex=${this.open ? 0 : -1}
      @click=${() => this.on.direct(name)}><bdi>${name}</bdi></button></li>`;
  }

  #toggle() {
    this.open = !this.open;
    if (this.open) this.on.opened();
    this.rerender();
  }
}
