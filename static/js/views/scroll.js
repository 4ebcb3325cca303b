/**
 * The scrolling of the timeline: it stays at the newest row (`pinned`), or at the row that is being read,
 * whatever rows come above or below.
 */
const NEAR_PX = 600;
const PINNED_PX = 40;

export class Scroll {
  /** `onMove({pinned, nearTop, nearEnd})` is called when one of the three may have changed. */
  constructor(box, onMove) {
    this.box = box;
    this.onMove = onMove;
    this.pinned = true;
    this.detached = false;
    this.returning = false;
    this.room = "";
    /** The row at the top while the timeline is not pinned, {row, gap, above}: the row begins `gap` px above
     * the top of the box, and `above` is that divided by the row's height. */
    this.reading = null;
    /** The size of the box for which `reading` holds. */
    this.width = this.height = 0;
    box.addEventListener("scroll", () => this.#update(), { passive: true });
    // A message that was unfolded is read from its top: the timeline is not pinned any more.
    box.addEventListener("unfold", () => this.#update());
    // A growing composer or a phone's keyboard must not hide the newest row, and another width, which
    // breaks every text into other lines, must not move the reader elsewhere.
    new ResizeObserver(() => this.#update()).observe(box);
  }

  /** Calls `draw()` and keeps the place. `detached`: the last row is not the newest one of the room. */
  keepPlaceDuring(room, detached, draw) {
    if (room !== this.room) Object.assign(this, { room, pinned: true });
    this.#restoreAfterResize();
    this.detached = detached;
    if (!detached) this.returning = false;
    const anchor = this.pinned ? null : this.#anchor();
    const top = anchor?.offsetTop;
    draw();
    if (anchor?.isConnected) this.box.scrollTop += anchor.offsetTop - top;
    this.#stickToEnd();
    this.#update();
  }

  /** Goes to the newest row and stays there, even if it must be requested first. */
  returnToLatest() {
    this.pinned = true;
    this.returning = true;
    this.#stickToEnd();
    // The button that was clicked is about to be hidden: the focus would go to the body.
    if (document.activeElement?.id === "latest") this.box.focus({ preventScroll: true });
  }

  /** Goes back to the row that is being read, or to the newest one, if the box has another size now. A
   * drawing or a scroll event can come before the ResizeObserver, and would take another row for it. */
  #restoreAfterResize() {
    const { clientWidth: width, clientHeight: height } = this.box;
    if (width === this.width && height === this.height) return;
    Object.assign(this, { width, height });
    const { row, above } = this.reading ?? {};
    if (!this.pinned && row?.isConnected) {
      // If the text is half as high now, half as much of it is above the top.
      this.box.scrollTop = row.offsetTop + (above > 0 ? above * row.offsetHeight : this.reading.gap);
    }
    this.#stickToEnd();
  }

  #stickToEnd() {
    if (this.pinned) this.box.scrollTop = this.box.scrollHeight;
  }

  #update() {
    this.#restoreAfterResize();
    const { scrollTop, scrollHeight, clientHeight } = this.box;
    const below = scrollHeight - scrollTop - clientHeight;
    this.pinned = this.returning || (below < PINNED_PX && !this.detached);
    this.reading = this.pinned ? null : this.#topLine();
    this.onMove({ pinned: this.pinned, nearTop: scrollTop < NEAR_PX, nearEnd: below < NEAR_PX });
  }

  #topLine() {
    const row = this.#anchor();
    if (!row) return null;
    const gap = this.box.scrollTop - row.offsetTop;
    return { row, gap, above: gap / row.offsetHeight };
  }

  /** The first row on the screen that is an event. (A day's row goes when older events of the day come.) */
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
