/** Where a message is written. Enter sends, Shift+Enter begins a line. A draft is kept for each room. */
import { charsIn } from "./text.js";

const WARN_CHARS = 200;
const TYPING_MS = 3000;

export class ComposerView {
  /** `limit`: characters in a message. `drafts`: those of the last load. `on`: say(text) → whether it
   * was taken; typing(yes); drafted(drafts). */
  constructor(form, { limit, drafts }, on) {
    this.form = form;
    this.field = form.querySelector("textarea");
    this.button = form.querySelector("button");
    this.length = form.querySelector(".length");
    this.limit = limit;
    this.on = on;
    this.drafts = drafts;
    this.room = "";
    this.toldAt = -Infinity;
    this.field.addEventListener("input", () => this.#changed());
    this.field.addEventListener("keydown", (event) => {
      // While an input method is composing, Enter chooses a word.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#say();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#say();
      this.field.focus();
    });
    this.#fit();
  }

  render({ room, title }) {
    this.field.placeholder = `Message ${title}`;
    if (room === this.room) return;
    this.field.value = this.drafts.get(room) ?? "";
    this.room = room;
    this.toldAt = -Infinity;
    this.#fit();
  }

  focus() {
    this.field.focus();
  }

  #say() {
    const text = this.field.value.trimEnd();
    if (!text || this.#left(text) < 0 || !this.on.say(text)) return;
    this.field.value = "";
    this.toldAt = -Infinity;
    this.#keep();
    this.#fit();
  }

  #changed() {
    this.#keep();
    this.#fit();
    const typing = this.field.value.trim() !== "";
    const now = performance.now();
    if (typing && now - this.toldAt < TYPING_MS) return;
    if (typing || this.toldAt > -Infinity) this.on.typing(typing);
    this.toldAt = typing ? now : -Infinity;
  }

  #keep() {
    if (this.field.value.trim()) this.drafts.set(this.room, this.field.value);
    else this.drafts.delete(this.room);
    this.on.drafted(this.drafts);
  }

  #left(text) {
    return this.limit - charsIn(text);
  }

  /** As high as the text; the style sheet bounds it. */
  #fit() {
    const { field } = this;
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
    const left = this.#left(field.value.trimEnd());
    const over = left < 0;
    this.button.disabled = over || field.value.trim() === "";
    this.length.textContent = over ? `${-left} too many characters` : left < Math.min(WARN_CHARS, this.limit / 4) ? `${left} left` : "";
    this.length.classList.toggle("error", over);
    field.setAttribute("aria-invalid", over);
  }
}
