/** The participants above the timeline: how many there are, and their names, each a way to a conversation. */
import { pieces, say, words } from "../language.js";
import { STEP } from "../models/name_search.js";
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

  /** `names` are the known ones, sorted, and `unnamedCount` counts the others. While the list of a larger
   * room is open, `search` {prefix, more, asking} says which names these are. A `note` replaces the list. */
  render(model) {
    this.rerender = () => this.render(model);
    const { note } = model;
    this.box.classList.toggle("open", this.open && !note);
    render(note ? html`<p class="count">${note}</p>` : this.#people(model), this.box);
  }

  #people({ count, names, unnamedCount, me, search }) {
    const seen = [this.open, me, names.join("\n")];
    return html`<button class="count" type="button" aria-expanded=${this.open} aria-controls="names"
        @click=${() => this.#toggle()}>${pieces(words.here, { count }).map(strongNumber)}</button>
      ${search
        ? html`<input class="find" type="search" placeholder=${words.findName} aria-label=${words.findName} dir="auto"
            autocomplete="off" spellcheck="false" .value=${search.prefix}
            @input=${({ target }) => this.on.search(target.value)}>`
        : nothing}
      <ul id="names" class="names" aria-label=${words.names}>
        ${guard(seen, () => repeat(names, (name) => name, (name) => this.#name(name, me)))}
        ${search ? this.#rest(names, search) : unnamedCount > 0 ? this.#unnamed(unnamedCount) : nothing}
      </ul>`;
  }

  #rest(names, { prefix, more, asking }) {
    if (more) {
      return html`<li><button class="more" type="button" ?disabled=${asking}
        @click=${() => this.on.more()}>${say(words.showMore, { count: STEP })}</button></li>`;
    }
    if (names.length || asking) return nothing;
    return html`<li class="more">${pieces(words.nobodyNamed, { name: prefix }).map(isolatedName)}</li>`;
  }

  #unnamed(count) {
    return html`<li><button class="more" type="button"
      @click=${() => this.#toggle()}>${say(words.andMore, { count })}</button></li>`;
  }

  #name(name, me) {
    if (name === me) return html`<li><span class="name self"><bdi>${name}</bdi> <i>${words.you}</i></span></li>`;
    return html`<li><button class="name" type="button" title=${say(words.writeTo, { name })}
      tabindex=${this.open ? 0 : -1} @click=${() => this.on.direct(name)}><bdi>${name}</bdi></button></li>`;
  }

  #toggle() {
    this.open = !this.open;
    if (this.open) this.on.opened();
    this.rerender();
  }
}

const strongNumber = ({ words, number }) => (number === undefined ? words : html`<b>${number}</b>`);
const isolatedName = ({ words, name }) => (name === undefined ? words : html`<bdi>${name}</bdi>`);
