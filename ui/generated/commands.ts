// Made from the engine's types by `cargo xtask types`. Do not edit.

export type ErrorCode = "invalid_name" | "invalid_profile" | "user_not_found" | "chapter_not_found" | "block_not_found" | "book_invalid" | "book_not_newer" | "database_newer" | "database_unusable" | "database_damaged" | "backup_not_found" | "disk_full" | "disk_failed" | "remote_not_found" | "computer_not_found" | "remote_failed" | "secret_failed" | "model_off" | "model_failed" | "updates_off" | "update_refused" | "update_failed" | "cancelled" | "busy" | "invalid_request" | "internal";

export type ApiError = { code: ErrorCode, 
/**
 * One sentence: what happened.
 */
message: string, 
/**
 * One sentence: what to do.
 */
hint: string, 
/**
 * What is wrong with which field, where a form was sent.
 */
fields: Array<FieldError>, };

export type FieldError = { 
/**
 * `software_experience`, `software_experience.python`, `robotics_experience`, `hardware_access`, `learning_goals`, `name`.
 */
field: string, message: string, };

export type Level = "none" | "beginner" | "intermediate" | "advanced";

export type Robotics = "none" | "simulation_only" | "real_hardware";

export type Background = { 
/**
 * At least one skill, unless nothing was asked yet.
 */
software_experience: { [key in string]: Level }, robotics_experience: Robotics, hardware_access: Array<string>, learning_goals: Array<string>, };

export type Draft = { software_experience: Record<string, string>, robotics_experience: string | null, hardware_access: string[], learning_goals: string[], };

export type Nothing = Record<symbol, never>;

export type OfReader = { user_id: string, };

export type OfChapter = { user_id: string, chapter_id: number, };

export type AddReader = { name: string, };

export type RenameReader = { user_id: string, name: string, };

export type WithBackground = { user_id: string, background: Draft, };

export type OpenOriginal = { chapter_id: number, };

export type ChapterVariant = { user_id: string, chapter_id: number, block_id: string, 
/**
 * Which of the block's branches, from 0.
 */
index: number, };

export type SavePosition = { user_id: string, chapter_id: number, 
/**
 * The id of an element in the chapter's HTML.
 */
position: string, 
/**
 * 0 to 1.
 */
progress: number, };

export type SetAppearance = { user_id: string | null, appearance: Appearance, };

export type SetQuota = { quota_bytes: number, };

export type Reader = { id: string, name: string, };

export type Theme = "system" | "light" | "dark";

export type Appearance = { theme: Theme, 
/**
 * 80 to 200.
 */
text_size_percent: number, };

export type BookView = { id: string, title: string, 
/**
 * BCP 47.
 */
language: string, authors: Array<string>, 
/**
 * SPDX.
 */
licence: string, chapters: number, };

export type NoticeCode = "healed" | "newer_book" | "not_kept";

export type Notice = { code: NoticeCode, message: string, hint: string, };

export type Startup = { 
/**
 * The last one who read here.
 */
reader: Reader | null, readers: Array<Reader>, book: BookView, appearance: Appearance, notices: Array<Notice>, version: string, };

export type Choice = { value: string, label: string, };

export type ProfileForm = { skills: Array<Choice>, levels: Array<Choice>, robotics: Array<Choice>, hardware: Array<Choice>, goals: Array<Choice>, };

export type OtherComputer = { 
/**
 * None where it is not known here.
 */
name: string | null, 
/**
 * “yesterday”.
 */
when: string, };

export type ProfileView = { user_id: string, 
/**
 * False for a reader who skipped the questions: the background is then that of somebody new.
 */
answered: boolean, background: Background, profile_hash: string, updated_at: string | null, 
/**
 * Where the answers were changed last, if not on this computer.
 */
changed_on: OtherComputer | null, 
/**
 * Half a sentence: “someone who knows Python and is new to robots”.
 */
summary: string, };

export type Change = "same" | "rewritten" | "ready" | "new";

export type ChapterChange = { chapter_id: number, title: string, change: Change, };

export type ProfilePreview = { errors: Array<FieldError>, 
/**
 * Empty while there are errors.
 */
changes: Array<ChapterChange>, };

export type ChapterState = "fresh" | "damaged" | "stale_profile" | "stale_source" | "newer_source" | "missing";

export type ChapterEntry = { chapter_id: number, title: string, state: ChapterState, 
/**
 * The state in a few words.
 */
label: string, 
/**
 * The state in a sentence, where there is something to say.
 */
detail: string | null, 
/**
 * What reading the whole of it takes.
 */
minutes: number, 
/**
 * The furthest the reader came, 0 to 1.
 */
progress: number, 
/**
 * The one to continue with.
 */
last_opened: boolean, 
/**
 * Where its text came from since its reader last opened it here, or where the answers were changed that it waits for.
 */
news_from: OtherComputer | null, };

export type Contents = { title: string, subtitle: string, chapters: Array<ChapterEntry>, };

export type TocEntry = { 
/**
 * 2 for a section, 3 for a part of one.
 */
level: number, 
/**
 * The id of an element in the HTML.
 */
id: string, text: string, };

export type VariantName = { index: number, label: string, };

export type ShownBlock = { 
/**
 * The id of an element in the HTML.
 */
element_id: string, block_id: string, 
/**
 * “because you said Python: beginner”.
 */
reason: string, label: string, 
/**
 * The author's others.
 */
variants: Array<VariantName>, };

export type ChapterName = { chapter_id: number, title: string, };

export type KeptSectionShown = { 
/**
 * The id of its heading in the HTML; none before the first heading.
 */
heading_id: string | null, heading: string | null, 
/**
 * A sentence.
 */
reason: string, };

export type ChapterRewriting = { 
/**
 * As its server calls it, or as another computer names it.
 */
model: string, rewritten_sections: number, 
/**
 * In the order of the text.
 */
kept: Array<KeptSectionShown>, };

export type ChapterPage = { chapter_id: number, title: string, 
/**
 * Before the visit.
 */
state: ChapterState, generated: boolean, html: string, toc: Array<TocEntry>, blocks: Array<ShownBlock>, 
/**
 * Who wrote this text, if it was sent here.
 */
written_on: OtherComputer | null, 
/**
 * None where no model rewrote it.
 */
rewriting: ChapterRewriting | null, notices: Array<Notice>, minutes: number, progress: number, 
/**
 * The id of the element to resume at.
 */
position: string | null, previous: ChapterName | null, next: ChapterName | null, };

export type OriginalPage = { chapter_id: number, title: string, html: string, toc: Array<TocEntry>, };

export type Variant = { label: string, 
/**
 * For whom: “for Python below intermediate”.
 */
reason: string, html: string, };

export type Storage = { used_bytes: number, quota_bytes: number, 
/**
 * How many texts are stored.
 */
chapters: number, folder: string, };

export type Style = "auto" | "path" | "host";

export type S3Location = { 
/**
 * `https://s3.example.org`, also with a port or a path. Without http:// or https:// it is https.
 */
endpoint: string, bucket: string, 
/**
 * Put before every key; slashes around it are of no account; may be empty.
 */
prefix: string, region: string, style: Style, access_key_id: string, 
/**
 * A PEM file of certificate authorities to trust besides the system's.
 */
ca_file: string | null, 
/**
 * `http://proxy.example.org:3128`; without it the system's settings and environment decide.
 */
proxy: string | null, };

export type Location = { "kind": "s3" } & S3Location | { "kind": "folder", 
/**
 * It must be there: a stick that is not plugged in is never taken for an empty one.
 */
path: string, 
/**
 * Below it, as for S3; may be empty.
 */
prefix: string, };

export type Progress = { done: number, total: number, done_bytes: number, total_bytes: number, };

export type Verdict = "good" | "mended" | "note" | "bad";

export type Finding = { verdict: Verdict, sentence: string, 
/**
 * What to do, where there is something to do.
 */
hint: string | null, };

export type AddRemote = { user_id: string, location: Location, 
/**
 * Of a server.
 */
secret_access_key: string | null, 
/**
 * Of temporary keys.
 */
session_token: string | null, };

export type OfRemote = { remote_id: string, };

export type PauseRemote = { remote_id: string, paused: boolean, };

export type SecretPlaceView = { "kind": "keychain" } | { "kind": "file", path: string, };

export type SyncRunView = { began_at: string, 
/**
 * “2 minutes ago”.
 */
ago: string, requests: number, sent_bytes: number, received_bytes: number, sent: number, received: number, told: number, merged: number, 
/**
 * What went wrong, with what to do.
 */
trouble: string | null, };

export type RemoteView = { remote_id: string, location: Location, 
/**
 * “course on s3.example.org”.
 */
name: string, paused: boolean, 
/**
 * Where its secret is kept on this computer; none where it has none.
 */
secret: SecretPlaceView | null, 
/**
 * The newest first.
 */
last_syncs: Array<SyncRunView>, };

export type SyncState = "alone" | "paused" | "syncing" | "offline" | "waiting" | "up_to_date" | "needs_you";

export type SyncStatus = { state: SyncState, 
/**
 * All of it in a sentence.
 */
sentence: string, 
/**
 * What there is to say about the book, where there is something.
 */
hint: string | null, 
/**
 * A newer edition of the book is here. It opens when the program is started again, and not before.
 */
newer_book: boolean, 
/**
 * Changes of this computer that no remote has yet.
 */
waiting: number, progress: Progress | null, 
/**
 * Changes whenever something came from another computer, so that whoever shows it looks again.
 */
arrived: number, };

export type ComputerView = { device_id: string, name: string, this_one: boolean, 
/**
 * “yesterday”; none for a computer that has not been in the remote yet.
 */
last_here: string | null, chapters: number, 
/**
 * Why what it wrote can't be used.
 */
trouble: string | null, };

export type ForgetComputer = { user_id: string, device_id: string, };

export type ExportComputer = { user_id: string, 
/**
 * The place through which the two computers meet; else the one that works best.
 */
remote_id?: string, };

export type Joining = { format: number, user_id: string, name: string, location: Location, secret_access_key: string | null, session_token: string | null, 
/**
 * The certificates of the authority that the location's `ca_file` names: that file is on the computer that wrote this.
 */
certificates?: string, };

export type JoinReader = { 
/**
 * The text of the joining file.
 */
file: string, 
/**
 * A reader of this computer who is the same person: what they answered here is merged.
 */
merge_user_id: string | null, };

export type SavedJoining = { 
/**
 * Where it is, as a person reads it.
 */
file: string, };

export type Joined = { user_id: string, name: string, remote_id: string, 
/**
 * The reader of this computer who was merged.
 */
merged_name: string | null, 
/**
 * Names of places through which the merged reader synced and nothing here does any more. What is in them stays there.
 */
unsynced_places: Array<string>, };

export type SyncSettings = { 
/**
 * Also fetch texts for earlier backgrounds and of earlier versions.
 */
older_too: boolean, 
/**
 * Every byte costs: sync only when asked to.
 */
metered: boolean, };

export type SetSyncSettings = { user_id: string, settings: SyncSettings, };

export type RemoveChapter = { user_id: string, chapter_id: number, 
/**
 * Also from the remotes and, with their next sync, from this reader's other computers.
 */
everywhere: boolean, };

export type StoredChapter = { chapter_id: number, title: string, 
/**
 * One for each background and version.
 */
texts: number, len_bytes: number, };

export type SetModel = { user_id: string, 
/**
 * With or without `/v1`.
 */
base_url: string, model: string, 
/**
 * How many tokens the model takes at once; the usual number where it is not said.
 */
context_tokens: number | null, 
/**
 * How many chapters may be begun in any minute while nobody waits for them; the usual number where it is not said.
 */
chapters_per_minute?: number, 
/**
 * None keeps the one that was given for the same server.
 */
key: string | null, };

export type ListModels = { user_id: string, 
/**
 * A server that is not set yet; none for the one that is.
 */
base_url: string | null, 
/**
 * For that server; none for the one that was given when it was set, if it is the same.
 */
key: string | null, };

export type ModelChoice = { base_url: string, model: string, context_tokens: number, chapters_per_minute: number, 
/**
 * Where its key is kept on this computer; none where it has none.
 */
key: SecretPlaceView | null, };

export type ModelView = { 
/**
 * None while it is off.
 */
model: ModelChoice | null, };

export type AskDisclosure = { user_id: string, 
/**
 * A server that is not set yet; none for the one that is.
 */
base_url: string | null, };

export type ModelDisclosure = { 
/**
 * A sentence; none while it is off and no other server was named.
 */
goes_to: string | null, 
/**
 * Whether nothing leaves this computer.
 */
stays_here: boolean, sent: Array<string>, not_sent: Array<string>, };

export type TokenCount = { prompt: number, completion: number, };

export type ModelTest = { 
/**
 * What the model wrote.
 */
text: string, 
/**
 * A sentence on what came.
 */
sentence: string, took_ms: number, tokens: TokenCount | null, };

export type Discarded = { 
/**
 * How many rewritten texts were given up.
 */
texts: number, };

export type OpenNewerBook = { 
/**
 * That its reader has open; none in any other room.
 */
chapter_id: number | null, };

export type Beginning = { chapter_id: number | null, };

export type WishRewrite = { user_id: string, chapter_id: number, 
/**
 * Although it is rewritten already.
 */
again: boolean, };

export type RewritingStatus = { 
/**
 * Whether a model server is set.
 */
is_on: boolean, 
/**
 * Grows whenever a rewritten text was stored or a wish ended.
 */
changes: number, 
/**
 * What is under way.
 */
now: RewritingNow | null, 
/**
 * What waits, in the order in which it will be gone about.
 */
waiting: Array<RewritingWish>, 
/**
 * Why nothing is gone about just now, whichever chapter it is.
 */
trouble: RewritingTrouble | null, 
/**
 * Until all of it is done, in seconds, as far as it can be guessed.
 */
eta_s: number | null, 
/**
 * What came of the last one since the program was started.
 */
last: RewritingDone | null, };

export type RewritingNow = { chapter_id: number, title: string, sections_done: number, 
/**
 * 0 before it is known.
 */
sections_total: number, 
/**
 * Of the section under way; none before the first heading.
 */
heading: string | null, 
/**
 * For so long the server asked to wait, in seconds.
 */
waiting_s: number | null, 
/**
 * Of all answers so far; none if the server does not tell.
 */
tokens: TokenCount | null, };

export type RewritingWish = { chapter_id: number, title: string, 
/**
 * Although it is rewritten already.
 */
again: boolean, 
/**
 * A sentence on why it waits.
 */
reason: string, 
/**
 * In vain so far.
 */
tries: number, };

export type RewritingTrouble = { message: string, hint: string, 
/**
 * When the server is asked again, in seconds; none if somebody has to mend something first, or nothing waits for it.
 */
again_s: number | null, };

export type GivenUp = { message: string, hint: string, };

export type RewritingDone = { chapter_id: number, 
/**
 * 0 if no section of the model's was used.
 */
rewritten_sections: number, 
/**
 * Those that stand as they were.
 */
kept: Array<KeptSectionView>, tokens: TokenCount | null, 
/**
 * Why it was not gone about, and will not be by itself.
 */
given_up: GivenUp | null, };

export type KeptSectionView = { 
/**
 * None before the first heading.
 */
heading: string | null, reason: string, };

export type LiveText = { done: number, total: number, 
/**
 * Safe to show; none while nothing of it is under way.
 */
html: string | null, };

export type FoundModelServer = { base_url: string, 
/**
 * What usually listens there, such as “Ollama”.
 */
name: string, models: Array<string>, };

export type RewriteEstimate = { sections: number, tokens: TokenCount, 
/**
 * By what the model took so far; none while that is not known.
 */
seconds: number | null, 
/**
 * All of it in words.
 */
sentence: string, };

export type Edition = "original" | "assembled" | "earlier" | "rewritten";

export type CompareRewrite = { user_id: string, chapter_id: number, 
/**
 * None, or one that is not there, for the two that tell most.
 */
before: Edition | null, after: Edition | null, };

export type EditionView = { edition: Edition, name: string, 
/**
 * Half a sentence: “as its author wrote it for somebody new”.
 */
made: string, };

export type ComparedRow = { "kind": "heading", 
/**
 * Of the element in the chapter, with its `b-`.
 */
id: string | null, html: string, } | { "kind": "same", parts: number, html: string, } | { "kind": "changed", before: string | null, after: string | null, };

export type Comparison = { chapter_id: number, title: string, 
/**
 * Those that there are.
 */
editions: Array<EditionView>, before: Edition, after: Edition, rows: Array<ComparedRow>, 
/**
 * How many rows differ.
 */
changed: number, 
/**
 * Of the rewritten one that is shown, if one is.
 */
rewriting: ChapterRewriting | null, };

export type BackupOffer = { 
/**
 * YYYY-MM-DD, in UTC.
 */
day: string, made_at: string, 
/**
 * What would be lost, in a sentence.
 */
lost: string, 
/**
 * What stays, and what comes back, in sentences.
 */
stays: string, };

export type RestoreBackup = { day: string, };

export type Restoring = { day: string, 
/**
 * The database is open and can't be exchanged before Primer is closed. Otherwise the next command opens the backup.
 */
after_closing: boolean, };

export type ScriptError = { 
/**
 * The address of the script.
 */
script: string, line: number, column: number, };

export type CrashReport = { 
/**
 * What happened, in a sentence.
 */
sentence: string, text: string, };

export type Diagnostics = { 
/**
 * As it may be shown and copied: it names nobody.
 */
text: string, };

export type UpdateView = { 
/**
 * Of the program that runs.
 */
version: string, 
/**
 * How it stands, and who updates this Primer where it is not itself.
 */
sentence: string, 
/**
 * Whether this Primer can look for newer ones and install them. Where it can't, there is nothing to turn on.
 */
can_update: boolean, 
/**
 * Whether it looks once a day without being asked.
 */
by_itself: boolean, 
/**
 * A newer one that waits to be installed.
 */
offer: UpdateOffer | null, 
/**
 * While one is fetched.
 */
progress: UpdateProgress | null, 
/**
 * What went wrong at a look that nobody waited for.
 */
trouble: ApiError | null, };

export type UpdateOffer = { version: string, 
/**
 * What is new, in plain text. May be empty.
 */
notes: string, 
/**
 * `2026-11-25`.
 */
published_on: string, 
/**
 * “80 kB”; none where the system brings it.
 */
len: string | null, };

export type UpdateProgress = { done_bytes: number, len_bytes: number, };

export type SetUpdates = { by_itself: boolean, };

export type Commands = {
  startup: { request: Nothing; response: Startup };
  add_reader: { request: AddReader; response: Reader };
  choose_reader: { request: OfReader; response: Startup };
  rename_reader: { request: RenameReader; response: Reader };
  set_appearance: { request: SetAppearance; response: Nothing };
  profile_form: { request: Nothing; response: ProfileForm };
  get_profile: { request: OfReader; response: ProfileView };
  preview_profile: { request: WithBackground; response: ProfilePreview };
  save_profile: { request: WithBackground; response: ProfileView };
  list_chapters: { request: OfReader; response: Contents };
  open_chapter: { request: OfChapter; response: ChapterPage };
  open_original: { request: OpenOriginal; response: OriginalPage };
  chapter_variant: { request: ChapterVariant; response: Variant };
  save_position: { request: SavePosition; response: Nothing };
  get_storage: { request: Nothing; response: Storage };
  set_quota: { request: SetQuota; response: Storage };
  stored_chapters: { request: OfReader; response: Array<StoredChapter> };
  remove_chapter: { request: RemoveChapter; response: Nothing };
  remove_reader: { request: OfReader; response: Startup };
  list_remotes: { request: OfReader; response: Array<RemoteView> };
  add_remote: { request: AddRemote; response: RemoteView };
  remove_remote: { request: OfRemote; response: Nothing };
  check_remote: { request: OfRemote; response: Array<Finding> };
  pause_remote: { request: PauseRemote; response: Nothing };
  list_computers: { request: OfReader; response: Array<ComputerView> };
  export_computer: { request: ExportComputer; response: Joining };
  save_joining: { request: ExportComputer; response: SavedJoining };
  join_reader: { request: JoinReader; response: Joined };
  forget_computer: { request: ForgetComputer; response: Nothing };
  sync_status: { request: OfReader; response: SyncStatus };
  sync_now: { request: OfReader; response: Nothing };
  network_is_back: { request: Nothing; response: Nothing };
  get_sync_settings: { request: OfReader; response: SyncSettings };
  set_sync_settings: { request: SetSyncSettings; response: Nothing };
  model_settings: { request: OfReader; response: ModelView };
  set_model: { request: SetModel; response: ModelView };
  model_off: { request: OfReader; response: ModelView };
  list_models: { request: ListModels; response: Array<string> };
  test_model: { request: OfReader; response: ModelTest };
  model_disclosure: { request: AskDisclosure; response: ModelDisclosure };
  discard_rewrite: { request: OfChapter; response: Discarded };
  find_model_servers: { request: Nothing; response: Array<FoundModelServer> };
  estimate_rewrite: { request: OfChapter; response: RewriteEstimate };
  wish_rewrite: { request: WishRewrite; response: RewritingStatus };
  cancel_rewrite: { request: OfChapter; response: RewritingStatus };
  undo_rewrite: { request: OfChapter; response: RewritingStatus };
  rewriting_status: { request: OfReader; response: RewritingStatus };
  rewriting_text: { request: OfChapter; response: LiveText };
  compare_rewrite: { request: CompareRewrite; response: Comparison };
  update_status: { request: Nothing; response: UpdateView };
  set_updates: { request: SetUpdates; response: UpdateView };
  look_for_update: { request: Nothing; response: UpdateView };
  install_update: { request: Nothing; response: UpdateView };
  cancel_update: { request: Nothing; response: UpdateView };
  open_newer_book: { request: OpenNewerBook; response: Beginning };
  backup_offer: { request: Nothing; response: BackupOffer | null };
  restore_backup: { request: RestoreBackup; response: Restoring };
  diagnostics: { request: Nothing; response: Diagnostics };
  crash_report: { request: Nothing; response: CrashReport | null };
  note_script_error: { request: ScriptError; response: Nothing };
};
