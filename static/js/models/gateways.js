/**
 * The addresses of the gateways: first the gateway that served this page, then the others in random
 * order, so that the pages of a lost gateway do not all move to the same one.
 */
export class Gateways {
  /** `home` and `listed` are origins; `random()` is as Math.random. */
  constructor(home, listed, random = Math.random) {
    this.addresses = [home];
    const others = new Set(listed.filter((address) => address !== home));
    for (const address of others) {
      const index = 1 + Math.floor(random() * this.addresses.length);
      this.addresses.splice(index, 0, address);
    }
    this.index = 0;
  }

  get address() {
    return this.addresses[this.index];
  }

  /** Returns the next address, to be used when the current one cannot be reached. The first follows the last. */
  moveOn() {
    this.index = (this.index + 1) % this.addresses.length;
    return this.address;
  }
}
