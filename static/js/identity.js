/** Who the person at this browser is, and what it remembers for them. */

/** A token of our own making: 192 random bits, URL-safe. */
export function newToken(random = (bytes) => crypto.getRandomValues(bytes)) {
  const bytes = random(new Uint8Array(24));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

/** An id for one message; unique is enough. */
export const newId = () => newToken().slice(0, 22);

/** JSON values in a Storage under "hubbub."; in memory where the browser keeps nothing. */
export class Memory {
  /** `kind`: localStorage or sessionStorage. */
  static of(kind) {
    try {
      return new Memory(window[kind]);
    } catch {
      return new Memory(null); // the browser keeps nothing for pages
    }
  }

  constructor(storage) {
    this.storage = storage;
    this.own = new Map();
  }

  get(name, otherwise) {
    try {
      const text = this.storage.getItem(`hubbub.${name}`) ?? this.own.get(name) ?? null;
      return text === null ? otherwise : JSON.parse(text);
    } catch {
      return this.own.has(name) ? JSON.parse(this.own.get(name)) : otherwise;
    }
  }

  set(name, value) {
    const text = JSON.stringify(value);
    if (this.own.get(name) === text) return;
    this.own.set(name, text);
    try {
      this.storage.setItem(`hubbub.${name}`, text);
    } catch {
      // full or forbidden: this load still has it
    }
  }
}

export class Identity {
  constructor(memory) {
    this.memory = memory;
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
    if (name !== this.name) this.memory.set("name", name);
  }
}
