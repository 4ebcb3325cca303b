/** The page: joins models, views and the connection together. Nothing else knows them all. */
import { LOBBY } from "./chat.js";
import { ComposerView } from "./composer_view.js";
import { Connection } from "./connection.js";
import { Errands } from "./errands.js";
import { Frames } from "./frames.js";
import { Gateways } from "./gateways.js";
import { Memory, newId } from "./identity.js";
import { Kept } from "./kept.js";
import { NamingView } from "./naming_view.js";
import { NAMES_LIMIT } from "./roster.js";
import { RosterView } from "./roster_view.js";
import { hashOf, RoomsView } from "./rooms_view.js";
import { Scroll } from "./scroll.js";
import { headingOf, shownRooms, shownRoster, shownTimeline, windowTitle } from "./shown.js";
import { StatusView } from "./status_view.js";
import { isPrivate, roomKey, typingLine } from "./text.js";
import { TimelineView } from "./timeline_view.js";

const REFRESH_MS = 60_000;
const TICK_MS = 2_000;
const SLEEP_MS = 20_000;
const SAVE_MS = 500;
const element = (id) => document.getElementById(id);

const kept = new Kept(Memory.of("localStorage"), Memory.of("sessionStorage"));
const { identity } = kept;
const chat = kept.chat(Date.now());

// --- what the gateway tells ---

const told = (act) => (payload) => {
  act(payload);
  changed();
};
const settings = document.documentElement.dataset;
const listed = settings.gateways.split(" ").filter(Boolean);
const connection = new Connection({
  gateways: new Gateways(location.origin, listed),
  auth: () => ({ token: identity.token, user: identity.name, join: chat.joins() }),
  on: {
    connected: changed,
    disconnected: told(() => chat.disconnected(Date.now())),
    joined: (ack) => errands.joinAnswered(ack.room, ack),
    chat: told((event) => chat.heard(event)),
    reset: told((reset) => chat.reset(reset)),
    presence: told((presence) => chat.presence(presence)),
    typing: told((typing) => chat.typing(typing)),
    link: told((link) => chat.linked(link)),
    refused: (error) => status.say(error.message),
  },
});
const errands = new Errands({
  chat,
  connection,
  identity,
  clock: {
    now: () => Date.now(),
    after(ms, act) {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
  },
  page: {
    changed,
    respelled(asked, room) {
      const here = chat.current === asked;
      chat.respelled(asked, room);
      if (here) go(room);
    },
    refusedRoom(room, error) {
      if (!chat.rooms.has(room)) return;
      status.say(`${isPrivate(room) ? "This conversation" : headingOf(chat, room)}: ${error.message}`);
      const next = chat.drop(room);
      if (placeInAddress() === room) history.replaceState(null, "", hashOf(next)); // nothing to go back to
      go(next);
    },
    unwelcome(error) {
      connection.close();
      naming.ask({ name: identity.name, error: error.message, needed: true, done: begin });
    },
  },
});

// --- what the person does ---

const status = new StatusView(element("status"), element("typing"), element("toast"));
const naming = new NamingView(element("naming"));
const scroll = new Scroll(element("timeline"), ({ pinned, nearTop, nearEnd }) => {
  const before = chat.pinned;
  Object.assign(chat, { pinned });
  Object.assign(errands, { wantsOlder: nearTop, wantsNewer: nearEnd });
  chat.look();
  errands.run();
  if (pinned !== before) changed();
});
const timeline = new TimelineView(element("timeline"), scroll, {
  retry: told((id) => chat.outbox.retry(id, Date.now())),
  discard: told((id) => chat.outbox.discard(id)),
});
const composer = new ComposerView(element("composer"), { limit: Number(settings.textChars), drafts: kept.drafts }, {
  say(text) {
    if (chat.outbox.full) return void status.say("Too many messages are waiting to be sent.");
    chat.outbox.add(newId(), chat.current, text, Date.now());
    returnToLatest();
    return true;
  },
  typing(typing) {
    if (!chat.room.roster.crowd) connection.tell("typing", { room: chat.current, typing });
  },
  drafted: (drafts) => (kept.drafts = drafts),
});
const roster = new RosterView(element("roster"), {
  direct(user) {
    connection.ask("direct", { user }, (ack) => {
      if (!ack.ok) return status.say(ack.error.message);
      chat.listStale = true;
      go(ack.room);
    });
  },
  opened: told(() => chat.room.roster.refresh()),
});
const rooms = new RoomsView(element("rooms"), element("menu"), {
  enter: (name) => go(roomKey(name)),
  leave(room) {
    connection.ask("leave", { room }, () => {});
    go(chat.drop(room));
  },
  opened: told(() => (chat.listStale = true)),
  more: told(() => chat.listMore()),
});

element("latest").addEventListener("click", returnToLatest);
element("me").addEventListener("click", () => naming.ask({ name: chat.user, needed: false, done: rename }));
addEventListener("hashchange", () => show(placeInAddress()));
addEventListener("online", () => connection.comeBackNow());
document.addEventListener("visibilitychange", () => {
  chat.visible = document.visibilityState === "visible";
  chat.look();
  changed();
  if (!chat.visible) save(); // a phone may end a hidden page without a word
});
addEventListener("pagehide", save);
addEventListener("storage", told(() => kept.recall(chat))); // another tab has read something
setInterval(() => {
  if (!chat.visible) return;
  chat.listStale = true;
  if (chat.room.roster.count <= NAMES_LIMIT) chat.room.roster.refresh();
  errands.run();
}, REFRESH_MS * (1 + Math.random())); // not all pages at once

// A computer that slept has no connection any more, and its timers do not know.
let seenAt = Date.now();
setInterval(() => {
  if (!chat.visible) return;
  const slept = Date.now() - seenAt > SLEEP_MS;
  seenAt = Date.now();
  if (!slept) return;
  connection.check();
  chat.listStale = true;
  errands.run();
}, TICK_MS);

function returnToLatest() {
  chat.room.timeline.returnToLatest();
  scroll.returnToLatest();
  errands.wantsNewer = true;
  changed();
}

function placeInAddress() {
  try {
    const name = decodeURIComponent(location.hash.slice(1));
    return (isPrivate(name) ? name : roomKey(name)) || LOBBY;
  } catch {
    return LOBBY;
  }
}

function go(room) {
  if (placeInAddress() !== room) history.pushState(null, "", hashOf(room));
  show(room);
}

function show(room) {
  chat.show(room);
  chat.listStale = true;
  roster.open = false;
  if (matchMedia("(pointer: fine)").matches) composer.focus(); // a phone's keyboard would jump up
  changed();
}

function begin(name) {
  identity.name = name;
  connection.open();
}

function rename(user) {
  connection.ask("join", { room: chat.openRooms()[0], token: identity.token, user }, (ack) => {
    if (ack.ok) chat.user = ack.user;
    else status.say(ack.error.message);
    changed();
  });
}

// --- what is shown ---

const frames = new Frames(draw);
let saving = 0;

/** Reading and writing storage is slow: no frame and no event waits for it. */
function save() {
  clearTimeout(saving);
  saving = 0;
  kept.remember(chat);
}

function changed() {
  errands.run();
  kept.rememberOutbox(chat);
  saving ||= setTimeout(save, SAVE_MS);
  frames.wake();
}

function draw() {
  const { room, link, user, pinned } = chat;
  const heading = headingOf(chat, room.name);
  const fresh = chat.unread.of(room.name);
  timeline.render(shownTimeline(chat));
  roster.render(shownRoster(chat));
  rooms.render(shownRooms(chat));
  composer.render({ room: room.name, title: heading });
  status.render(link, typingLine(room.typing));
  element("title").textContent = heading;
  element("me").textContent = user;
  element("latest").hidden = pinned && !room.timeline.detached;
  element("latest").textContent = fresh ? `↓ ${fresh} new` : "↓ Newest";
  document.title = windowTitle(chat);
}

chat.show(placeInAddress());
chat.visible = document.visibilityState === "visible";
draw();
composer.focus();
if (identity.name) connection.open();
else naming.ask({ name: "", needed: true, done: begin });
