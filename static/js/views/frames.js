/**
 * When the page is drawn: in the next frame after a change, but not in every frame of a busy room.
 *
 * A drawing moves all rows. At 25 drawings a second a room looks the same as at 60, and the other frames
 * remain for the reader's scrolling and typing.
 */
const PAUSE_MS = 36; // between two drawings: a little less than every third frame of 60 a second

export class Frames {
  /** `next(act)` calls act(now) in the next frame, as requestAnimationFrame does. */
  constructor(draw, next = (act) => requestAnimationFrame(act)) {
    this.draw = draw;
    this.next = next;
    this.waiting = false;
    this.drawnAt = -Infinity;
  }

  /** Something has changed. */
  wake() {
    if (this.waiting) return;
    this.waiting = true;
    this.next((now) => this.#frame(now));
  }

  #frame(now) {
    if (now - this.drawnAt < PAUSE_MS) return void this.next((later) => this.#frame(later));
    this.waiting = false;
    this.drawnAt = now;
    this.draw();
  }
}
