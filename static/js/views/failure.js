/** Failures of the page itself: the person is told, since what the page shows may be old from then on. */
import { words } from "../language.js";

/** Errors of the browser's extensions, and a warning of the browser that is no failure. */
const IGNORED = /-extension:\/\/|ResizeObserver loop/;

/** From the first failure on, `strip` is shown and `status` says "failed". */
export function watchFailures(target, { strip, status }) {
  const fail = (...signs) => {
    if (IGNORED.test(signs.join(" ")) || !strip.hidden) return;
    strip.hidden = false;
    status.dataset.link = "failed";
    status.textContent = words.states.failed;
  };
  target.addEventListener("error", ({ message, filename, error }) => fail(message, filename, error?.stack));
  target.addEventListener("unhandledrejection", ({ reason }) => fail(reason?.message, reason?.stack));
  strip.querySelector("button").addEventListener("click", () => target.location.reload());
}
