/** Who uses this browser: a name, and a secret token that proves it to every gateway. */

/** A token of our own making: 192 random bits, URL-safe. */
export function newToken(random = (bytes) => crypto.getRandomValues(bytes)) {
  const bytes = random(new Uint8Array(24));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

/** An id for one message: unique, not secret. */
export const newId = () => newToken().slice(0, 22);

export class Identity {
  /** `storage`: the browser's, with get(name, otherwise) and set(name, value). */
  constructor(storage) {
    this.storage = storage;
    this.adopted = this.name;
    if (!this.token) storage.set("token", newToken());
  }

  get token() {
    return this.storage.get("token", "");
  }

  /** Read from the storage each time: another tab may have changed it. */
  get name() {
    return this.storage.get("name", "");
  }

  set name(name) {
    this.adopted = name;
    if (name !== this.name) this.storage.set("name", name);
  }

  /** Keeps the name that the gateway gave. It is written once: another tab may change it later. */
  adopt(name) {
    if (name !== this.adopted) this.name = name;
  }
}
