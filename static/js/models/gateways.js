/**
 * The gateways: where this page may connect. First the one that served it, then the others in an order
 * of its own, so that a crowd that has lost one does not fall upon the same next one.
 */
export class Gateways {
  /** `home` and `listed` are origins; `random()` as Math.random. */
  constructor(home, listed, random = Math.random) {
    this.addresses = [home];
    const others = new Set(listed.filter((address) => address !== home));
    for (const address of others) {
      const place = 1 + Math.floor(random() * this.addresses.length);
      this.addresses.splice(place, 0, address);
    }
    this.at = 0;
  }

  get address() {
    return this.addresses[this.at];
  }

  /** That one is lost, or cannot be reached. Returns the next; after the last comes the first. */
  moveOn() {
    this.at = (this.at + 1) % this.addresses.length;
    return this.address;
  }
}
