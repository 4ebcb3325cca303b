/** What wakes the page without a message from the gateway: visibility, the network, time, other tabs. */
import { NAMES_LIMIT } from "./models/roster.js";

const REFRESH_MS = 60_000;
const TICK_MS = 2_000;
const SLEEP_MS = 20_000;

/** `changed()` is called after each change of the chat; `save()` saves it now; `merge()` takes over what
 * another tab has saved. */
export function watchWakeups({ chat, connection, sync, changed, save, merge }) {
  chat.visible = document.visibilityState === "visible";
  document.addEventListener("visibilitychange", () => {
    chat.visible = document.visibilityState === "visible";
    chat.markShownAsRead();
    changed();
    if (!chat.visible) save(); // a phone may end a hidden page without any event
  });
  addEventListener("pagehide", save);
  addEventListener("storage", merge);
  addEventListener("online", () => connection.reconnectNow());

  setInterval(() => {
    if (!chat.visible) return;
    chat.roomList.stale = true;
    if (chat.room.roster.count <= NAMES_LIMIT) chat.room.roster.refresh();
    sync.wake();
  }, REFRESH_MS * (1 + Math.random())); // so that pages do not all ask at once

  const sleep = new SleepWatch(Date.now(), performance.now());
  setInterval(() => {
    if (!chat.visible || !sleep.slept(Date.now(), performance.now())) return;
    connection.probe();
    chat.roomList.stale = true;
    sync.wake();
  }, TICK_MS);
}

/** Notices that the computer slept: its connections are dead then, but their timers stood still. */
export class SleepWatch {
  /** `wall` is a clock that runs during sleep, but can be set. `steady` cannot be set; on some systems it
   * stands still during sleep. Both are in milliseconds. */
  constructor(wall, steady) {
    Object.assign(this, { wall, steady });
  }

  /** Called every few seconds. Whether the time since the last call is so long that nothing ran meanwhile. */
  slept(wall, steady) {
    const passed = Math.max(wall - this.wall, steady - this.steady);
    Object.assign(this, { wall, steady });
    return passed > SLEEP_MS;
  }
}
