/** Long messages: their first lines are shown, and all of them when the reader asks. */
const BREAK = /\r\n?|[\n\v\f\u0085\u2028\u2029]/;
const LINE_CHARS = 80;
const MOST_LINES = 30; // of a longer text the style sheet shows 20

/** What the button under a long text says; empty for a text that is shown whole. */
export function foldLabel(text) {
  if (text.length <= MOST_LINES) return "";
  const lines = text.split(BREAK);
  const wrapped = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / LINE_CHARS)), 0);
  if (wrapped <= MOST_LINES) return "";
  return lines.length > MOST_LINES ? `Show all ${lines.length.toLocaleString()} lines` : "Show all";
}

/** The reader asks for all: a click on the button behind the text. */
export function unfold({ currentTarget }) {
  const box = currentTarget.previousElementSibling;
  box.classList.remove("folded");
  box.focus({ preventScroll: true }); // the button, which has the focus, goes
  currentTarget.hidden = true;
  box.dispatchEvent(new CustomEvent("unfold", { bubbles: true }));
}
