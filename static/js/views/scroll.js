/**
 * The scrolling of the timeline: stays at the newest line, or else at the line that is being read,
 * whatever is put above or below it.
 */
const NEAR_PX = 600;
const PINNED_PX = 40;

export class Scroll {
  /** `moved({pinned, nearTop, nearEnd})` is called when one of them may have changed. */
  constructor(box, moved) {
    this.box = box;
    this.moved = moved;
    this.pinned = true;
    this.detached = false;
    this.returning = false;
    this.room = "";
    /** The line at the top, if the reader does not follow the newest ones: {row, gap, above}. It begins
     * `gap` px above the top, which is the share `above` of its height. */
    this.reading = null;
    box.addEventListener("scroll", () => this.#update(), { passive: true });
    // The reader opens a long message to read it from its top.
    box.addEventListener("unfold", () => this.#update());
    // A growing composer or a phone's keyboard must not hide the newest line, nor may another width,
    // which makes other lines of every text, take the reader elsewhere.
    new ResizeObserver(() => this.#onResize()).observe(box);
  }

  /** Draws, and keeps the place. `detached`: the last row is not the newest one of the room. */
  keepPlaceDuring(room, detached, draw) {
    if (room !== this.room) Object.assign(this, { room, pinned: true });
    this.detached = detached;
    if (!detached) this.returning = false;
    const anchor = this.pinned ? null : this.#anchor();
    const top = anchor?.offsetTop;
    draw();
    if (anchor?.isConnected) this.box.scrollTop += anchor.offsetTop - top;
    this.#stickToEnd();
    this.#update();
  }

  /** To the newest line, and stay there, even if it must be fetched first. */
  returnToLatest() {
    this.pinned = true;
    this.returning = true;
    this.#stickToEnd();
    // The button that asked for it goes: the focus would fall to the whole page.
    if (document.activeElement?.id === "latest") this.box.focus({ preventScroll: true });
  }

  #onResize() {
    const { row, above } = this.reading ?? {};
    if (!this.pinned && row?.isConnected) {
      // Of a text that has become half as high, half as much is above the top.
      this.box.scrollTop = row.offsetTop + (above > 0 ? above * row.offsetHeight : this.reading.gap);
    }
    this.#stickToEnd();
    this.#update();
  }

  #stickToEnd() {
    if (this.pinned) this.box.scrollTop = this.box.scrollHeight;
  }

  #update() {
    const { scrollTop, scrollHeight, clientHeight } = this.box;
    const below = scrollHeight - scrollTop - clientHeight;
    this.pinned = this.returning || (below < PINNED_PX && !this.detached);
    this.reading = this.pinned ? null : this.#topLine();
    this.moved({ pinned: this.pinned, nearTop: scrollTop < NEAR_PX, nearEnd: below < NEAR_PX });
  }

  #topLine() {
    const row = this.#anchor();
    if (!row) return null;
    const gap = this.box.scrollTop - row.offsetTop;
    return { row, gap, above: gap / row.offsetHeight };
  }

  /** The first line on the screen. Not the day above it, which goes when older lines of it come. */
  #anchor() {
    const { scrollTop } = this.box;
    const rows = this.box.querySelectorAll(":scope > [data-seq]");
    let low = 0;
    let high = rows.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle].offsetTop + rows[middle].offsetHeight <= scrollTop) low = middle + 1;
      else high = middle;
    }
    return rows[low];
  }
}
