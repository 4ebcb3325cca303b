/** What the page says about itself: the connection, and what was refused. */
const STATES = {
  connecting: ["Connecting", ""],
  up: ["Online", ""],
  down: ["Waiting", "The chat is away. What you write waits here."],
  offline: ["Offline", "Not connected, trying again. What you write waits here."],
};
const TOAST_MS = 6000;

export class StatusView {
  constructor(status, line, toast) {
    this.status = status;
    this.line = line;
    this.toast = toast;
    this.timer = 0;
  }

  /** `typing`: who types, as a sentence, where nothing is more important. */
  render(link, typing) {
    const [word, sentence] = STATES[link];
    this.line.textContent = sentence || typing;
    this.line.classList.toggle("trouble", sentence !== "");
    if (this.status.dataset.link === link) return; // or it would be read out again
    this.status.dataset.link = link;
    this.status.textContent = word;
  }

  say(sentence) {
    this.toast.textContent = sentence;
    this.toast.classList.add("shown");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.toast.classList.remove("shown"), TOAST_MS);
  }
}
