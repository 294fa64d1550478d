//! How sync stands and what it did, as the window says it. Pure, so that each sentence has a test.
import type { ComputerView, Finding, RemoteView, SyncRunView, SyncState, SyncStatus, Verdict } from "../generated/commands";
import { bytes, list } from "./sentences";

/** For words like “2 minutes ago”, and for what another program did: the engine tells of its own. A computer at rest is woken
 * no more than once a minute. */
export const CALM_MS = 65_000;
/** After somebody asked for a sync, which may begin and end between two ordinary looks. */
const EAGER_MS = 700;

/** How long until the next look at how sync stands; none where nothing is synced. */
export function pollAfterMs(status: SyncStatus | null, eager: boolean): number | null {
  if (eager) return EAGER_MS;
  return status?.state === "alone" ? null : CALM_MS;
}

/** Where there is room for a word only. */
export function syncWord(state: SyncState): string {
  switch (state) {
    case "alone":
      return "";
    case "paused":
      return "Paused";
    case "syncing":
      return "Syncing";
    case "offline":
      return "Offline";
    case "waiting":
      return "Changes wait";
    case "up_to_date":
      return "Up to date";
    case "needs_you":
      return "Sync needs you";
  }
}

/** Where there is room for a few words. What a person must mend takes more of them than a header has. */
export function syncShort(status: SyncStatus): string {
  if (status.state === "needs_you" || status.state === "alone") return syncWord(status.state);
  const sentence = status.sentence.replace(/\.$/, "");
  // Which other computer was here when is told where the computers are listed, and when this one was beside the places.
  const isBrief = status.state === "up_to_date" || status.state === "waiting";
  return isBrief ? (sentence.split("; ")[0] ?? sentence) : sentence;
}

/** What one sync did: “3 texts sent, 1 received; 9 requests, 12 kB sent, 3 kB received”. */
export function runSentence(run: SyncRunView): string {
  const did: string[] = [];
  if (run.sent > 0) did.push(`${counted(run.sent, "text")} sent`);
  if (run.received > 0) did.push(did.length > 0 ? `${run.received} received` : `${counted(run.received, "text")} received`);
  if (run.told > 0) did.push(`${counted(run.told, "change")} told`);
  if (run.merged > 0) did.push(`${counted(run.merged, "change")} from other computers`);
  const work = did.length > 0 ? list(did) : run.trouble === null ? "nothing new" : "nothing done";
  return `${work}; ${counted(run.requests, "request")}, ${bytes(run.sent_bytes)} sent, ${bytes(run.received_bytes)} received.`;
}

/** What a finding is, in a word that needs no colour. */
export function verdictWord(verdict: Verdict): string {
  switch (verdict) {
    case "good":
      return "Works";
    case "mended":
      return "Set right";
    case "note":
      return "Note";
    case "bad":
      return "Fault";
  }
}

/** The end of a check, for whoever hears it. */
export function checkSummary(findings: readonly Finding[]): string {
  const faults = findings.filter((finding) => finding.verdict === "bad").length;
  if (faults === 0) return "The check is done: syncing works here.";
  return `The check is done: ${counted(faults, "fault keeps", "faults keep")} it from syncing.`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** How a place is called at the beginning of a line: “Course on s3.example.org” would be another bucket, so only “the folder …” is capitalised. */
export function placeTitle(remote: Pick<RemoteView, "name" | "location">): string {
  if (remote.location.kind === "s3") return remote.name;
  return `${remote.name.charAt(0).toUpperCase()}${remote.name.slice(1)}`;
}

/** “was here yesterday, 6 texts”. */
export function computerWords(computer: ComputerView): string {
  if (computer.trouble !== null) return "What it wrote can't be read here.";
  if (computer.last_here === null) return "not synced yet";
  // What is stored here is listed under Storage, and is newer than what the others know of it.
  if (computer.this_one) return `last synced ${computer.last_here}`;
  const here = `was here ${computer.last_here}`;
  return computer.chapters === 0 ? here : `${here}, ${counted(computer.chapters, "text")}`;
}

export type Removal = { sentence: string; loses: boolean };

/** What taking a reader off this computer means for what is theirs, said before it is done. */
export function removalWords(name: string, status: SyncStatus, remotes: readonly RemoteView[]): Removal {
  if (remotes.length === 0) {
    return {
      loses: true,
      sentence: `Everything of ${name}'s is on this computer only: the answers, the chapters written for them, and the places in the book. All of it will be gone, and nothing can bring it back.`,
    };
  }
  const places = list(remotes.map((remote) => remote.name));
  const reached = remotes.some((remote) => remote.last_syncs.some((run) => run.trouble === null));
  if (!reached) {
    return { loses: true, sentence: `As far as this computer remembers, nothing of ${name}'s has reached ${places} yet. What is only here will be gone; sync first to keep it.` };
  }
  if (status.waiting > 0) {
    const wait = status.waiting === 1 ? "1 change of theirs has" : `${status.waiting} changes of theirs have`;
    return { loses: true, sentence: `${wait} not reached ${places} yet and will be gone; sync first to keep them. Everything else stays there.` };
  }
  return { loses: false, sentence: `The answers and chapters of ${name} stay in ${places} and on their other computers; the joining text of one of those brings them back here. Only where they were in each chapter is forgotten.` };
}
