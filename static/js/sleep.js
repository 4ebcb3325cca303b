/** Announcements that the computer slept: its connections are gone then, and its timers do not know. */
const SLEEP_MS = 20_000;

export class SleepWatch {
  /** `wall` can be set and goes on in sleep; `steady` cannot, and stands still on some systems. */
  constructor(wall, steady) {
    Object.assign(this, { wall, steady });
  }

  /** To be called every few seconds. Whether so long has passed since that nothing ran meanwhile. */
  slept(wall, steady) {
    const passed = Math.max(wall - this.wall, steady - this.steady);
    Object.assign(this, { wall, steady });
    return passed > SLEEP_MS;
  }
}
