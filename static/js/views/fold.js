/** Folding of long messages: their first lines are shown, and the rest when the reader asks for it. */
import { say, words } from "../language.js";

const BREAK = /\r\n?|[\n\v\f\u0085\u2028\u2029]/;
const LINE_CHARS = 80;
const LINES_LIMIT = 30; // of a higher text the style sheet shows 20 lines

/** The words of the button under a folded text; "" for a text that is shown whole. */
export function foldLabel(text) {
  if (text.length <= LINES_LIMIT) return "";
  const lines = text.split(BREAK);
  const wrapped = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / LINE_CHARS)), 0);
  if (wrapped <= LINES_LIMIT) return "";
  return lines.length > LINES_LIMIT ? say(words.showLines, { count: lines.length }) : words.showAll;
}

/** Unfolds the text before the button that was clicked. */
export function unfold({ currentTarget }) {
  const box = currentTarget.previousElementSibling;
  box.classList.remove("folded");
  box.focus({ preventScroll: true }); // the button has the focus and is about to be hidden
  currentTarget.hidden = true;
  box.dispatchEvent(new CustomEvent("unfold", { bubbles: true }));
}
