/** Who the person at this browser is, and what it remembers for them. */

/** A token of our own making: 192 random bits, URL-safe. */
export function newToken(random = (bytes) => crypto.getRandomValues(bytes)) {
  const bytes = random(new Uint8Array(24));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

/** An id for one message; unique is enough. */
export const newId = () => newToken().slice(0, 22);

/** JSON values in a Storage under "hubbub."; in memory where the browser keeps nothing. */
export class JsonStorage {
  /** `kind`: localStorage or sessionStorage. */
  static of(kind) {
    try {
      return new JsonStorage(window[kind]);
    } catch {
      return new JsonStorage(null); // the browser keeps nothing for pages
    }
  }

  constructor(storage) {
    this.storage = storage;
    this.own = new Map();
    /** What the browser did not take: what it still has under these names is older. */
    this.refused = new Set();
  }

  get(name, otherwise) {
    const own = this.own.get(name) ?? null;
    try {
      const text = this.refused.has(name) ? own : (this.storage.getItem(`hubbub.${name}`) ?? own);
      return text === null ? otherwise : JSON.parse(text);
    } catch {
      return own === null ? otherwise : JSON.parse(own);
    }
  }

  /** Returns whether the next load will find it. This load has it in any case. */
  set(name, value) {
    const text = JSON.stringify(value);
    const key = `hubbub.${name}`;
    const known = this.own.get(name) === text;
    if (known && (this.refused.has(name) || this.#stored(key) === text)) return !this.refused.has(name);
    this.own.set(name, text);
    const kept = this.#keep(key, text);
    if (kept) this.refused.delete(name);
    else this.refused.add(name);
    return kept;
  }

  #stored(key) {
    try {
      return this.storage.getItem(key);
    } catch {
      return null;
    }
  }

  #keep(key, text) {
    try {
      this.storage.setItem(key, text);
      return true;
    } catch {
      // full or forbidden
    }
    try {
      this.storage.removeItem(key); // an old value would undo the new one at the next load
      this.storage.setItem(key, text);
      return true;
    } catch {
      return false;
    }
  }
}

export class Identity {
  constructor(memory) {
    this.memory = memory;
    this.last = this.name;
    if (!memory.get("token", "")) memory.set("token", newToken());
  }

  /** Read each time: another tab may have changed the name. */
  get token() {
    return this.memory.get("token", "");
  }

  get name() {
    return this.memory.get("name", "");
  }

  set name(name) {
    this.last = name;
    if (name !== this.name) this.memory.set("name", name);
  }

  /** The name that the gateway gave; written once, since another tab may change it later. */
  adopt(name) {
    if (name !== this.last) this.name = name;
  }
}
