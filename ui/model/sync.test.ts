import { describe, expect, it } from "vitest";
import type { ComputerView, Finding, RemoteView, SyncRunView, SyncStatus } from "../generated/commands";
import { checkSummary, computerWords, placeTitle, pollAfterMs, removalWords, runSentence, syncShort, syncWord, verdictWord } from "./sync";

const status = (over: Partial<SyncStatus>): SyncStatus => ({ state: "up_to_date", sentence: "Up to date, just now.", hint: null, newer_book: false, waiting: 0, progress: null, arrived: 0, ...over });
const run = (over: Partial<SyncRunView>): SyncRunView => ({ began_at: "2027-01-15T08:00:00.000Z", ago: "just now", requests: 1, sent_bytes: 0, received_bytes: 0, sent: 0, received: 0, told: 0, merged: 0, trouble: null, ...over });
const remote = (over: Partial<RemoteView>): RemoteView => ({ remote_id: "r", location: { kind: "folder", path: "/stick", prefix: "" }, name: "the folder /stick", paused: false, secret: null, last_syncs: [], ...over });
const computer = (over: Partial<ComputerView>): ComputerView => ({ device_id: "d", name: "study", this_one: false, last_here: "yesterday", chapters: 6, trouble: null, ...over });

describe("looking at how sync stands", () => {
  it("wakes a computer at rest no more than once a minute, whatever waits, and not at all where nothing is synced", () => {
    for (const state of ["syncing", "offline", "waiting", "up_to_date", "paused", "needs_you"] as const) {
      expect(pollAfterMs(status({ state, waiting: 3 }), false)).toBeGreaterThan(60_000);
    }
    expect(pollAfterMs(null, false)).toBeGreaterThan(60_000);
    expect(pollAfterMs(status({ state: "alone" }), false)).toBeNull();
  });

  it("is closest after something was asked for", () => {
    expect(pollAfterMs(status({ state: "alone" }), true)).toBeLessThan(2_000);
  });
});

describe("in the header", () => {
  it("a sentence loses its stop and what belongs into the list of computers", () => {
    expect(syncShort(status({ sentence: "Up to date, 2 minutes ago; study was here yesterday." }))).toBe("Up to date, 2 minutes ago");
    expect(syncShort(status({ state: "waiting", sentence: "3 changes wait; synced 2 minutes ago." }))).toBe("3 changes wait");
    expect(syncShort(status({ state: "offline", sentence: "Offline: everything you need is here, 3 changes wait." }))).toBe("Offline: everything you need is here, 3 changes wait");
    expect(syncShort(status({ state: "paused", sentence: "Paused; 2 changes wait." }))).toBe("Paused; 2 changes wait");
  });

  it("what a person must mend is told in full elsewhere", () => {
    expect(syncShort(status({ state: "needs_you", sentence: "Needs you: s3.example.org does not know this access key. Copy it again." }))).toBe("Sync needs you");
  });

  it("each state but alone has words of its own", () => {
    const words = (["paused", "syncing", "offline", "waiting", "up_to_date", "needs_you"] as const).map(syncWord);
    expect(new Set(words).size).toBe(words.length);
    expect(words.every((word) => word !== "")).toBe(true);
    expect(syncWord("alone")).toBe("");
  });
});

describe("what a sync did", () => {
  it("tells what was sent and received, in texts, requests and bytes", () => {
    expect(runSentence(run({ sent: 3, received: 1, merged: 2, requests: 9, sent_bytes: 12_000, received_bytes: 900 }))).toBe("3 texts sent, 1 received and 2 changes from other computers; 9 requests, 12 kB sent, 900 bytes received.");
    expect(runSentence(run({ told: 1, requests: 2, sent_bytes: 900 }))).toBe("1 change told; 2 requests, 900 bytes sent, 0 bytes received.");
    expect(runSentence(run({ received: 1, requests: 2 }))).toBe("1 text received; 2 requests, 0 bytes sent, 0 bytes received.");
  });

  it("says when there was nothing to do, and when nothing could be done", () => {
    expect(runSentence(run({}))).toMatch(/^nothing new; 1 request,/);
    expect(runSentence(run({ trouble: "It could not be reached.", requests: 0 }))).toMatch(/^nothing done; 0 requests,/);
  });
});

it("a place begins its line as a sentence, but a bucket keeps its name", () => {
  expect(placeTitle(remote({}))).toBe("The folder /stick");
  const location = { kind: "s3", endpoint: "https://s3.example.org", bucket: "course", prefix: "", region: "", style: "auto", access_key_id: "", ca_file: null, proxy: null } as const;
  expect(placeTitle(remote({ location, name: "course on s3.example.org" }))).toBe("course on s3.example.org");
});

it("a computer says when it was here, or that it can't be read", () => {
  expect(computerWords(computer({}))).toBe("was here yesterday, 6 texts");
  expect(computerWords(computer({ this_one: true, last_here: "just now", chapters: 1 }))).toBe("last synced just now");
  expect(computerWords(computer({ chapters: 0 }))).toBe("was here yesterday");
  expect(computerWords(computer({ chapters: 1 }))).toBe("was here yesterday, 1 text");
  expect(computerWords(computer({ last_here: null }))).toBe("not synced yet");
  expect(computerWords(computer({ trouble: "the file is cut short" }))).toBe("What it wrote can't be read here.");
});

describe("a check of a place", () => {
  const finding = (verdict: Finding["verdict"]): Finding => ({ verdict, sentence: "It answers.", hint: null });

  it("says of each finding how it is in a word", () => {
    expect((["good", "mended", "note", "bad"] as const).map(verdictWord)).toEqual(["Works", "Set right", "Note", "Fault"]);
  });

  it("ends with whether syncing works", () => {
    expect(checkSummary([finding("good"), finding("note"), finding("mended")])).toBe("The check is done: syncing works here.");
    expect(checkSummary([finding("bad")])).toBe("The check is done: 1 fault keeps it from syncing.");
    expect(checkSummary([finding("bad"), finding("good"), finding("bad")])).toBe("The check is done: 2 faults keep it from syncing.");
  });
});

describe("removing a reader", () => {
  it("without a place loses everything, and says so", () => {
    const removal = removalWords("Ada", status({ state: "alone" }), []);
    expect(removal.loses).toBe(true);
    expect(removal.sentence).toMatch(/nothing can bring it back/);
  });

  it("with a place that nothing has reached loses what is only here", () => {
    const failed = remote({ last_syncs: [run({ trouble: "It is not there." })] });
    expect(removalWords("Ada", status({ state: "offline" }), [failed])).toMatchObject({ loses: true });
    expect(removalWords("Ada", status({ state: "offline" }), [remote({})]).sentence).toMatch(/sync first/);
  });

  it("counts what has not been synced yet", () => {
    const synced = remote({ last_syncs: [run({})] });
    expect(removalWords("Ada", status({ waiting: 1 }), [synced]).sentence).toMatch(/^1 change of theirs has not reached the folder \/stick yet/);
    expect(removalWords("Ada", status({ waiting: 2 }), [synced]).sentence).toMatch(/^2 changes of theirs have not/);
  });

  it("with everything in a place loses nothing", () => {
    const removal = removalWords("Ada", status({}), [remote({ last_syncs: [run({ trouble: "Offline." }), run({})] })]);
    expect(removal.loses).toBe(false);
    expect(removal.sentence).toMatch(/^The answers and chapters of Ada stay in the folder \/stick/);
  });
});
