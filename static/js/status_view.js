/** What the page says about itself: the connection, and what was refused. */
const STATES = {
  connecting: ["Connecting", "Connecting…"],
  up: ["Online", "Connected."],
  down: ["Waiting", "Connected, but the server behind is away: messages are sent as soon as it is back."],
  offline: ["Offline", "Not connected: trying again. Messages wait here."],
};
const TOAST_MS = 6000;

export class StatusView {
  constructor(status, toast) {
    this.status = status;
    this.toast = toast;
    this.timer = 0;
  }

  render(link) {
    if (this.status.dataset.link === link) return;
    const [word, sentence] = STATES[link];
    this.status.dataset.link = link;
    this.status.textContent = word;
    this.status.title = sentence;
  }

  say(sentence) {
    this.toast.textContent = sentence;
    this.toast.classList.add("shown");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.toast.classList.remove("shown"), TOAST_MS);
  }
}
