/** The state of the connection, who is typing, and short messages that go by themselves. */
import { words } from "../language.js";
import { html, render } from "../../vendor/lit-html.js";

const TOAST_MS = 6000;
const ACTION_MS = 15_000;

export class StatusView {
  constructor(status, line, toast) {
    this.status = status;
    this.line = line;
    this.toast = toast;
    this.timer = 0;
  }

  /** `link` is a state of the connection. `typing`: who types, in pieces; shown if the connection is in order. */
  render(link, typing) {
    const trouble = words.troubles[link];
    const shown = trouble ? [{ words: trouble }] : typing;
    render(shown.map(({ name, words }) => (name === undefined ? words : html`<bdi>${name}</bdi>`)), this.line);
    this.line.classList.toggle("trouble", Boolean(trouble));
    const { dataset } = this.status;
    if (dataset.link === link || dataset.link === "failed") return; // or screen readers would read it again
    dataset.link = link;
    this.status.textContent = words.states[link];
  }

  /** Shows a sentence for some seconds; with an `action` {label, act} it has a button. */
  say(sentence, action = null) {
    this.toast.replaceChildren(sentence);
    if (action) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = action.label;
      button.addEventListener("click", () => {
        this.#hide();
        action.act();
      });
      this.toast.append(button);
    }
    this.toast.classList.add("shown");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#hide(), action ? ACTION_MS : TOAST_MS);
  }

  #hide() {
    clearTimeout(this.timer);
    this.toast.classList.remove("shown");
  }
}
