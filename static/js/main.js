/** The page: joins models, views and the connection together. Nothing else knows them all. */
import { ComposerView } from "./views/composer_view.js";
import { Connection } from "./connection.js";
import { Drawing } from "./views/drawing.js";
import { Sync } from "./sync.js";
import { watchFailures } from "./views/failure.js";
import { Gateways } from "./models/gateways.js";
import { JsonStorage, newId } from "./models/identity.js";
import { SavedState } from "./storage.js";
import { NameSearch, SEARCH_FROM } from "./models/name_search.js";
import { Naming } from "./naming.js";
import { NamingView } from "./views/naming_view.js";
import { Navigation } from "./navigation.js";
import { QuestionView } from "./views/question_view.js";
import { RosterView } from "./views/roster_view.js";
import { RoomsView } from "./views/rooms_view.js";
import { Scroll } from "./views/scroll.js";
import { sentenceOf } from "./models/refusals.js";
import { StatusView } from "./views/status_view.js";
import { TimelineView } from "./views/timeline_view.js";
import { keepFresh } from "./wakeups.js";

const SAVE_MS = 500;
/** So long a lost connection is nobody's concern: moving to another gateway takes about a second. */
const AWAY_MS = 1_700;
const element = (id) => document.getElementById(id);
watchFailures(window, { strip: element("failure"), status: element("status") });
const hasMouse = matchMedia("(pointer: fine)").matches;

const saved = new SavedState(JsonStorage.of("localStorage"), JsonStorage.of("sessionStorage"));
const { identity } = saved;
const chat = saved.restoreChat(Date.now());

// --- what the gateway tells ---

const told = (act) => (payload) => {
  act(payload);
  changed();
};
const settings = document.documentElement.dataset;
const listed = settings.gateways.split(" ").filter(Boolean);
const connection = new Connection({
  gateways: new Gateways(location.origin, listed),
  auth: () => ({ token: identity.token, user: naming.nameForJoin(), join: chat.joinRequests() }),
  on: {
    connected: changed,
    disconnected: told(() => chat.onDisconnected()),
    joined: (ack) => sync.onJoinAnswer(ack.room, ack),
    chat: told((event) => chat.onEvent(event)),
    reset: told((reset) => chat.onReset(reset)),
    presence: told((presence) => chat.onPresence(presence)),
    typing: told((typing) => chat.onTyping(typing)),
    link: told((link) => chat.onLink(link)),
    refused: (error) => (error.code === "banned" ? naming.onRefused(error) : status.say(sentenceOf(error))),
  },
});
const sync = new Sync({
  chat,
  connection,
  identity,
  clock: {
    now: () => performance.now(), // nobody sets it
    after(ms, act) {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
  },
  page: {
    changed,
    joined({ user, room }) {
      naming.onNamed(user);
      navigation.onJoined(room);
    },
    roomRenamed: (asked, room) => navigation.onRoomRenamed(asked, room),
    roomRefused: (room, error) => navigation.onRefused(room, error),
    refused: (error) => naming.onRefused(error),
  },
});

// --- what the person does ---

const status = new StatusView(element("status"), element("typing"), element("toast"));
const naming = new Naming({ chat, connection, identity, dialog: new NamingView(element("naming")), status, changed });
const navigation = new Navigation({
  chat,
  connection,
  status,
  question: new QuestionView(element("question")),
  on: {
    changed,
    shown() {
      roster.open = false;
      if (hasMouse) composer.focus(); // a phone's keyboard would jump up
    },
    draft: (room, text) => composer.addDraft(room, text),
  },
});
const scroll = new Scroll(element("timeline"), ({ pinned, nearTop, nearEnd }) => {
  const before = chat.pinned;
  Object.assign(chat, { pinned });
  Object.assign(sync, { wantsOlder: nearTop, wantsNewer: nearEnd });
  chat.markShownAsRead();
  sync.wake();
  if (pinned !== before) changed();
});
const timeline = new TimelineView(element("timeline"), scroll, {
  retry: told((id) => chat.outbox.retry(id)),
  discard: told((id) => chat.outbox.discard(id)),
  direct: (uid) => navigation.openDirect({ uid }),
});
const composer = new ComposerView(element("composer"), {
  limit: Number(settings.textChars),
  drafts: saved.drafts,
  touch: !hasMouse,
}, {
  send(text) {
    if (chat.outbox.full) return void status.say("Too many messages are waiting to be sent.");
    chat.outbox.add(newId(), chat.current, text, Date.now());
    returnToLatest();
    return true;
  },
  typing(typing) {
    if (!chat.room.roster.crowd) connection.notify("typing", { room: chat.current, typing });
  },
  drafted: saveSoon,
  pastedFiles: tellFiles,
});
const roster = new RosterView(element("roster"), {
  direct: (user) => navigation.openDirect({ user }),
  opened: told(() => {
    chat.room.roster.refresh();
    chat.room.search = chat.room.roster.count > SEARCH_FROM ? new NameSearch() : null;
  }),
  search: told((prefix) => chat.room.search.begin(prefix)),
  more: told(() => chat.room.search.wantMore()),
});
const rooms = new RoomsView(element("rooms"), element("menu"), {
  enter: (name) => navigation.enter(name),
  leave: (room) => navigation.leave(room),
  close: (room) => navigation.close(room),
  opened: told(() => (chat.roomList.stale = true)),
  more: told(() => chat.roomList.wantMore()),
});
navigation.rooms = rooms;

function returnToLatest() {
  chat.room.timeline.returnToLatest();
  scroll.returnToLatest();
  sync.wantsNewer = true;
  changed();
}

function tellFiles() {
  status.say("Pictures and files cannot be sent here, only text.");
}

// --- what is kept and shown ---

const drawing = new Drawing(chat, { timeline, roster, rooms, composer, status });
let saving = 0;
let away; // the timer of a lost connection, or that it has run

/** Reading and writing storage is slow: no frame and no event waits for it. */
function save() {
  clearTimeout(saving);
  saving = 0;
  saved.save(chat);
  composer.setUnkept(saved.saveDrafts(composer.drafts));
}

function saveSoon() {
  saving ||= setTimeout(save, SAVE_MS);
}

function changed() {
  sync.wake();
  saved.saveOutbox(chat);
  saveSoon();
  if (chat.link === "offline") {
    away ??= setTimeout(told(() => chat.showDisconnected()), AWAY_MS);
  } else {
    clearTimeout(away);
    away = undefined;
  }
  drawing.soon();
}

element("latest").addEventListener("click", returnToLatest);
element("me").addEventListener("click", () => naming.change());
addEventListener("hashchange", () => navigation.show(navigation.roomInAddress()));
addEventListener("online", () => connection.reconnectNow());
document.addEventListener("visibilitychange", () => {
  chat.visible = document.visibilityState === "visible";
  chat.markShownAsRead();
  changed();
  if (!chat.visible) save(); // a phone may end a hidden page without a word
});
addEventListener("pagehide", save);
addEventListener("storage", told(() => saved.mergeOtherTabs(chat))); // another tab has read, entered or left something
for (const kind of ["dragover", "drop"]) {
  addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // or the browser leaves the page for the file
    if (kind === "drop") tellFiles();
  });
}
keepFresh({ chat, connection, sync });

chat.show(navigation.roomInAddress());
chat.visible = document.visibilityState === "visible";
drawing.now();
if (hasMouse) composer.focus();
naming.start();
