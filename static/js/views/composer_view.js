/**
 * The form in which a message is written. Enter sends and Shift+Enter begins a line; on a touch screen
 * Enter begins a line and the button sends. Each room has its own draft.
 */
import { say, words } from "../language.js";
import { charsIn } from "../models/text.js";

const WARN_CHARS = 200;
const TYPING_MS = 3000;
/** The keyCode of a key that an input method handles; Safari gives it to the Enter that ends the composition. */
const COMPOSING = 229;

export class ComposerView {
  /** `limit`: the most code points of a message. `drafts`: by room, as the last load saved them. `touch`: the
   * only keyboard is on the screen. `on`: send(text), which returns whether it was accepted;
   * typing(whether); drafted(); pastedFiles(). */
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
      // During the composition of an input method, Enter chooses a word.
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
    this.field.placeholder = say(words.messageTo, { room: title });
    if (room === this.room) return;
    this.field.value = this.drafts.get(room) ?? "";
    this.room = room;
    this.typingSentAt = -Infinity;
    this.#fit();
  }

  /** Appends a text that was not sent to the room's draft. */
  addDraft(room, text) {
    const draft = this.drafts.get(room);
    this.drafts.set(room, draft ? `${draft}\n${text}` : text);
    if (room === this.room) this.field.value = this.drafts.get(room);
    this.on.drafted();
    this.#fit();
  }

  /** The drafts of these rooms could not be saved. */
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

  /** Makes the field as high as its text (the style sheet has the limits), and shows the length if it matters. */
  #fit() {
    const { field } = this;
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
    const left = this.#left(field.value.trimEnd());
    const over = left < 0;
    this.button.disabled = over || field.value.trim() === "";
    const nearly = left < Math.min(WARN_CHARS, this.limit / 4);
    let length = nearly ? say(words.charactersLeft, { count: left }) : "";
    if (over) length = say(words.charactersOver, { count: -left });
    const unkept = this.unkept.includes(this.room) ? words.notKept : "";
    const both = say(words.twoClauses, { first: length, second: unkept });
    this.length.textContent = length && unkept ? both : length || unkept;
    this.length.classList.toggle("error", over);
    field.setAttribute("aria-invalid", over);
  }
}
