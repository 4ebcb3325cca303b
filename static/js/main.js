/** The page: joins models, views and the connection together. No other file knows them all. */
import { Connection } from "./connection.js";
import { words } from "./language.js";
import { Gateways } from "./models/gateways.js";
import { newId } from "./models/identity.js";
import { NameSearch, SEARCH_FROM } from "./models/name_search.js";
import { sentenceOf } from "./models/refusals.js";
import { Naming } from "./naming.js";
import { Navigation } from "./navigation.js";
import { JsonStorage, SavedState } from "./storage.js";
import { Sync } from "./sync.js";
import { ComposerView } from "./views/composer_view.js";
import { Drawing } from "./views/drawing.js";
import { watchFailures } from "./views/failure.js";
import { NamingView } from "./views/naming_view.js";
import { fillWords } from "./views/page_words.js";
import { QuestionView } from "./views/question_view.js";
import { RoomsView } from "./views/rooms_view.js";
import { RosterView } from "./views/roster_view.js";
import { Scroll } from "./views/scroll.js";
import { StatusView } from "./views/status_view.js";
import { TimelineView } from "./views/timeline_view.js";
import { watchWakeups } from "./wakeups.js";

const SAVE_MS = 500;
/** A shorter loss of the connection is not shown: moving to another gateway takes about a second. */
const AWAY_MS = 1_700;
const element = (id) => document.getElementById(id);
watchFailures(window, { strip: element("failure"), status: element("status") });
fillWords(document);
const hasMouse = matchMedia("(pointer: fine)").matches;
const settings = document.documentElement.dataset;

const saved = new SavedState(JsonStorage.of("localStorage"), JsonStorage.of("sessionStorage"));
const { identity } = saved;
const chat = saved.restoreChat(Date.now());

/** A handler that changes the chat. */
const changing = (act) => (payload) => {
  act(payload);
  changed();
};

// --- what the gateway sends ---

const connection = new Connection({
  gateways: new Gateways(location.origin, settings.gateways.split(" ").filter(Boolean)),
  auth: () => ({ token: identity.token, user: naming.nameForJoin(), join: chat.joinRequests() }),
  on: {
    connected: changed,
    disconnected: changing(() => chat.onDisconnected()),
    joined: (ack) => sync.onJoinAnswer(ack.room, ack, chat.inHandshake.get(ack.room)),
    chat: changing((event) => chat.onEvent(event)),
    reset: changing((reset) => chat.onReset(reset)),
    presence: changing((presence) => chat.onPresence(presence)),
    typing: changing((typing) => chat.onTyping(typing)),
    link: changing((link) => chat.onLink(link)),
    refused: (error) => (error.code === "banned" ? naming.onRefused(error) : status.say(sentenceOf(error))),
  },
});
const sync = new Sync({
  chat,
  connection,
  identity,
  clock: {
    now: () => performance.now(), // a clock that nobody can set
    after(ms, act) {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
  },
  on: {
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
      if (hasMouse) composer.focus(); // on a phone the keyboard would appear
    },
    entered: () => rooms.entered(),
    enterRefused: (sentence) => rooms.refuse(sentence),
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
  retry: changing((id) => chat.outbox.retry(id)),
  discard: changing((id) => chat.outbox.discard(id)),
  direct: (uid) => navigation.openDirect({ uid }),
});
const composer = new ComposerView(element("composer"), {
  limit: Number(settings.textChars),
  drafts: saved.drafts,
  touch: !hasMouse,
}, {
  send(text) {
    if (chat.outbox.full) return void status.say(words.outboxFull);
    chat.outbox.add(newId(), chat.current, text, Date.now());
    returnToLatest();
    return true;
  },
  typing(typing) {
    if (!chat.room.roster.crowd) connection.notify("typing", { room: chat.current, typing });
  },
  drafted: saveSoon,
  pastedFiles: refuseFiles,
});
const roster = new RosterView(element("roster"), {
  direct: (user) => navigation.openDirect({ user }),
  opened: changing(() => {
    chat.room.roster.refresh();
    chat.room.search = chat.room.roster.count > SEARCH_FROM ? new NameSearch() : null;
  }),
  search: changing((prefix) => chat.room.search.begin(prefix)),
  more: changing(() => chat.room.search.wantMore()),
});
const rooms = new RoomsView(element("rooms"), element("menu"), {
  enter: (name) => navigation.enter(name),
  leave: (room) => navigation.leave(room),
  close: (room) => navigation.close(room),
  opened: changing(() => (chat.roomList.stale = true)),
  more: changing(() => chat.roomList.wantMore()),
});

function returnToLatest() {
  chat.room.timeline.returnToLatest();
  scroll.returnToLatest();
  sync.wantsNewer = true;
  changed();
}

function refuseFiles() {
  status.say(words.textOnly);
}

element("latest").addEventListener("click", returnToLatest);
element("me").addEventListener("click", () => naming.change());
addEventListener("hashchange", () => navigation.show(navigation.roomInAddress()));
for (const kind of ["dragover", "drop"]) {
  addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // or the browser would show the file instead of the page
    if (kind === "drop") refuseFiles();
  });
}

// --- what is saved and drawn ---

const drawing = new Drawing(chat, { timeline, roster, rooms, composer, status });
let saving = 0;
let awayTimer; // undefined while the connection is not lost

/** Storage is slow to read and write, so it is used every SAVE_MS, not in a frame or for an event. */
function save() {
  clearTimeout(saving);
  saving = 0;
  saved.save(chat);
  composer.setUnkept(saved.saveDrafts(composer.drafts));
}

function saveSoon() {
  saving ||= setTimeout(save, SAVE_MS);
}

/** Called after each change of the chat. */
function changed() {
  sync.wake();
  saved.saveOutbox(chat);
  saveSoon();
  if (chat.link === "offline") {
    awayTimer ??= setTimeout(changing(() => chat.showDisconnected()), AWAY_MS);
  } else {
    clearTimeout(awayTimer);
    awayTimer = undefined;
  }
  drawing.soon();
}

watchWakeups({ chat, connection, sync, changed, save, merge: changing(() => saved.mergeOtherTabs(chat)) });
chat.show(navigation.roomInAddress());
drawing.now();
if (hasMouse) composer.focus();
naming.start();
