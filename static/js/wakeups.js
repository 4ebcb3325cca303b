/** What a page does now and then, so that it does not grow old while it is looked at. */
import { NAMES_LIMIT } from "./models/roster.js";
import { SleepWatch } from "./sleep.js";

const REFRESH_MS = 60_000;
const TICK_MS = 2_000;

export function keepFresh({ chat, connection, sync }) {
  setInterval(() => {
    if (!chat.visible) return;
    chat.roomList.stale = true;
    if (chat.room.roster.count <= NAMES_LIMIT) chat.room.roster.refresh();
    sync.wake();
  }, REFRESH_MS * (1 + Math.random())); // not all pages at once

  const sleep = new SleepWatch(Date.now(), performance.now());
  setInterval(() => {
    if (!chat.visible || !sleep.slept(Date.now(), performance.now())) return;
    connection.probe();
    chat.roomList.stale = true;
    sync.wake();
  }, TICK_MS);
}
