/** The room in the page's address: `#name`, or `#@name` for a conversation. */
import { isPrivate, roomKey } from "./text.js";

export const hashOf = (room) => `#${encodeURIComponent(room).replace("%40", "@")}`;

/** The room that a location's hash names; `otherwise` if it names no room. */
export function roomOf(hash, otherwise) {
  try {
    const name = decodeURIComponent(hash.slice(1));
    return (isPrivate(name) ? name : roomKey(name)) || otherwise;
  } catch {
    return otherwise;
  }
}
