/** The participants on top: how many, and their names, each a way to a conversation. */
import { html, nothing, render } from "../vendor/lit-html.js";
import { guard } from "../vendor/directives/guard.js";
import { repeat } from "../vendor/directives/repeat.js";

export class RosterView {
  /** `on`: direct(name), opened(). */
  constructor(box, on) {
    this.box = box;
    this.on = on;
    this.open = false;
  }

  /** `names` are sorted, without those that are not known; `others` counts these. */
  render({ count, names, others, me, note }) {
    this.again = () => this.render({ count, names, others, me, note });
    this.box.classList.toggle("open", this.open && !note);
    render(note ? html`<p class="count">${note}</p>` : this.#people({ count, names, others, me }), this.box);
  }

  #people({ count, names, others, me }) {
    const seen = [this.open, me, others, names.join("\n")];
    return html`<button class="count" type="button" aria-expanded=${this.open} aria-controls="names"
        @click=${() => this.#toggle()}>
        <b>${count.toLocaleString()}</b> here
      </button>
      <ul id="names" class="names" aria-label="Names">
        ${guard(seen, () => repeat(names, (name) => name, (name) => this.#name(name, me)))}
        ${others > 0 ? html`<li class="more">and ${others.toLocaleString()} more</li>` : nothing}
      </ul>`;
  }

  #name(name, me) {
    if (name === me) return html`<li><span class="name self">${name} <i>(you)</i></span></li>`;
    return html`<li><button class="name" type="button" title="Write to ${name}" tabindex=${this.open ? 0 : -1}
      @click=${() => this.on.direct(name)}>${name}</button></li>`;
  }

  #toggle() {
    this.open = !this.open;
    if (this.open) this.on.opened();
    this.again();
  }
}
