/** A failure of the page itself: it is said, since what is on the screen may be old from then on. */
const OTHERS = /-extension:\/\/|ResizeObserver loop/; // the browser's extensions; a warning

/** From the first failure on `strip` is shown, and `status` says no longer that all is well. */
export function watchFailures(target, { strip, status }) {
  const fail = (...signs) => {
    if (OTHERS.test(signs.join(" ")) || !strip.hidden) return;
    strip.hidden = false;
    status.dataset.link = "failed";
    status.textContent = "Failed";
  };
  target.addEventListener("error", ({ message, filename, error }) => fail(message, filename, error?.stack));
  target.addEventListener("unhandledrejection", ({ reason }) => fail(reason?.message, reason?.stack));
  strip.querySelector("button").addEventListener("click", () => target.location.reload());
}
