/** The words of index.html in the language of the page. The file itself has the English ones. */
import { words } from "../language.js";

/** Sets language and direction of the document, and the texts that its elements name in `data-words`:
 * pairs `attribute=key`, where the attribute `text` is the element's content. */
export function fillWords(document) {
  Object.assign(document.documentElement, { lang: words.lang, dir: words.dir });
  for (const element of document.querySelectorAll("[data-words]")) {
    for (const pair of element.dataset.words.split(" ")) {
      const [attribute, key] = pair.split("=");
      if (attribute === "text") element.textContent = words[key];
      else element.setAttribute(attribute, words[key]);
    }
  }
}
