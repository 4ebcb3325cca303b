/** What the page says about itself: the connection, and what was refused. */
import { html, render } from "../../vendor/lit-html.js";

const STATES = {
  connecting: ["Connecting", ""],
  up: ["Online", ""],
  down: ["Waiting", "The chat is away. What you write waits here."],
  offline: ["Offline", "Not connected, trying again. What you write waits here."],
  closed: ["Closed", ""],
};
const TOAST_MS = 6000;
const ACT_MS = 15_000;

export class StatusView {
  constructor(status, line, toast) {
    this.status = status;
    this.line = line;
    this.toast = toast;
    this.timer = 0;
  }

  /** `typing`: who types, in pieces {name} and {words}, where nothing is more important. */
  render(link, typing) {
    const [word, sentence] = STATES[link];
    const pieces = sentence ? [{ words: sentence }] : typing;
    render(pieces.map(({ name, words }) => (name === undefined ? words : html`<bdi>${name}</bdi>`)), this.line);
    this.line.classList.toggle("trouble", sentence !== "");
    const { dataset } = this.status;
    if (dataset.link === link || dataset.link === "failed") return; // or it would be read out again
    dataset.link = link;
    this.status.textContent = word;
  }

  /** Says a sentence for a while; with an `action` {label, act} there is a button for it. */
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
    this.timer = setTimeout(() => this.#hide(), action ? ACT_MS : TOAST_MS);
  }

  #hide() {
    clearTimeout(this.timer);
    this.toast.classList.remove("shown");
  }
}
