import assert from "node:assert/strict";
import { test } from "node:test";
import { NameSearch } from "../../../static/js/models/name_search.js";

const names = (from, to) => Array.from({ length: to - from + 1 }, (_, at) => `p${from + at}`);

test("names come page by page as they are wanted", () => {
  const search = new NameSearch();
  const first = search.nextPage();
  assert.deepEqual(first, { limit: 100 });
  search.addPage(first, { users: names(1001, 1100), more: true });
  assert.deepEqual([search.nextPage(), search.more], [null, true]);
  search.wantMore();
  const second = search.nextPage();
  assert.deepEqual(second, { limit: 100, after: "p1100" });
  search.addPage(second, { users: names(1101, 1150), more: false });
  search.addPage(second, { users: names(1101, 1150), more: false });
  assert.deepEqual([search.names.length, search.nextPage()], [150, null]);
});

test("an answer to what was typed before is of no use", () => {
  const search = new NameSearch();
  const all = search.nextPage();
  search.begin(" ze ");
  search.addPage(all, { users: ["ann"], more: false });
  const question = search.nextPage();
  assert.deepEqual([question, search.names], [{ limit: 100, prefix: "ze" }, []]);
  search.addPage(question, { users: ["zelda"], more: false });
  assert.deepEqual([search.names, search.nextPage()], [["zelda"], null]);
  search.begin("x");
  search.stop();
  assert.equal(search.nextPage(), null);
});
