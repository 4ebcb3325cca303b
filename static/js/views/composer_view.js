/**
 * Where a message is written. Enter sends, Shift+Enter begins a line; where people type on glass Enter
 * begins a line, and the button sends. A draft is kept for each room.
 */
import { charsIn } from "../models/text.js";

const WARN_CHARS = 200;
const TYPING_MS = 3000;
/** The keyCode of a key that belongs to an input method: in Safari also that of the Enter which ends it. */
const COMPOSING = 229;

export class ComposerView {
  /** `limit`: characters in a message. `drafts`: those of the last load. `touch`: there is no other
   * keyboard than the screen's. `on`: say(text) → whether it was taken; typing(yes); drafted();
   * pastedFiles(). */
  constructor(form, { limit, drafts, touch }, on) {
    this.form = form;
    this.field = form.querySelector("textarea");
    this.button = form.querySelector("button");
    this.length = form.querySelector(".length");
    this.limit = limit;
    this.on = on;
    this.drafts = drafts;
    this.room = "";
    /** The rooms whose drafts a reload would lose. */
    this.unkept = [];
    this.field.enterKeyHint = touch ? "enter" : "send";
    this.typingSentAt = -Infinity;
    this.field.addEventListener("input", () => this.#changed());
    this.field.addEventListener("keydown", (event) => {
      // While an input method is composing, Enter chooses a word.
      if (event.key !== "Enter" || event.isComposing || event.keyCode === COMPOSING) return;
      const sends = event.ctrlKey || event.metaKey || !(touch || event.shiftKey);
      if (!sends) return;
      event.preventDefault();
      this.#send();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
      this.field.focus();
    });
    this.field.addEventListener("paste", (event) => {
      const { files, types } = event.clipboardData ?? { files: [], types: [] };
      if (!files.length || types.includes("text/plain")) return;
      event.preventDefault();
      this.on.pastedFiles();
    });
    this.#fit();
  }

  render({ room, title }) {
    this.field.placeholder = `Message ${title}`;
    if (room === this.room) return;
    this.field.value = this.drafts.get(room) ?? "";
    this.room = room;
    this.typingSentAt = -Infinity;
    this.#fit();
  }

  /** Puts a text that was not sent into the room's draft. */
  addDraft(room, text) {
    const draft = this.drafts.get(room);
    this.drafts.set(room, draft ? `${draft}\n${text}` : text);
    if (room === this.room) this.field.value = this.drafts.get(room);
    this.on.drafted();
    this.#fit();
  }

  /** The drafts of these rooms are not kept. */
  setUnkept(rooms) {
    if (rooms.join() === this.unkept.join()) return;
    this.unkept = rooms;
    this.#fit();
  }

  focus() {
    this.field.focus();
  }

  #send() {
    const text = this.field.value.trimEnd();
    if (!text || this.#left(text) < 0 || !this.on.send(text)) return;
    this.field.value = "";
    this.typingSentAt = -Infinity;
    this.#keep();
    this.#fit();
  }

  #changed() {
    this.#keep();
    this.#fit();
    const typing = this.field.value.trim() !== "";
    const now = performance.now();
    if (typing && now - this.typingSentAt < TYPING_MS) return;
    if (typing || this.typingSentAt > -Infinity) this.on.typing(typing);
    this.typingSentAt = typing ? now : -Infinity;
  }

  #keep() {
    if (this.field.value.trim()) this.drafts.set(this.room, this.field.value);
    else this.drafts.delete(this.room);
    this.on.drafted();
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
    const nearly = left < Math.min(WARN_CHARS, this.limit / 4);
    const length = over ? `${-left} too many characters` : nearly ? `${left} left` : "";
    const unkept = this.unkept.includes(this.room) ? "too long to be kept: a reload loses it" : "";
    this.length.textContent = [length, unkept].filter(Boolean).join(", ");
    this.length.classList.toggle("error", over);
    field.setAttribute("aria-invalid", over);
  }
}
