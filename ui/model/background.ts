//! The answers while they are being given. A draft may be incomplete; a background never is.
import type { Background, Choice, FieldError, Level, ProfileForm, ProfileView, Robotics } from "../generated/commands";

export type SkillAnswer = { name: string; label: string; level: Level | null; own: boolean };
export type Pick = { value: string; label: string; chosen: boolean; own: boolean };
export type Draft = { skills: SkillAnswer[]; robotics: Robotics | null; hardware: Pick[]; goals: Pick[] };

export const NAME_MAX_CHARACTERS = 64;

/** Nothing is chosen beforehand: a reader who skipped has answered nothing, whatever the stored defaults are. */
export function draftOf(form: ProfileForm, view: ProfileView | null): Draft {
  const given = view !== null && view.answered ? view.background : null;
  const levels = given?.software_experience ?? {};
  const offered = form.skills.map(({ value, label }) => ({ name: value, label, level: levels[value] ?? null, own: false }));
  const known = new Set(form.skills.map((skill) => skill.value));
  const own = Object.keys(levels)
    .filter((name) => !known.has(name))
    .sort()
    .map((name) => ({ name, label: name, level: levels[name] ?? null, own: true }));
  return {
    skills: [...offered, ...own],
    robotics: given?.robotics_experience ?? null,
    hardware: picks(form.hardware, given?.hardware_access ?? []),
    goals: picks(form.goals, given?.learning_goals ?? []),
  };
}

function picks(offered: readonly Choice[], chosen: readonly string[]): Pick[] {
  const known = new Set(offered.map((choice) => choice.value));
  return [
    ...offered.map(({ value, label }) => ({ value, label, chosen: chosen.includes(value), own: false })),
    ...chosen.filter((value) => !known.has(value)).sort().map((value) => ({ value, label: value, chosen: true, own: true })),
  ];
}

/** The background a draft stands for, or null while robotics is unanswered. Unanswered skills are left out: they count as none. */
export function backgroundOf(draft: Draft): Background | null {
  if (draft.robotics === null) return null;
  const answered: Record<string, Level> = {};
  for (const skill of draft.skills) if (skill.level !== null) answered[skill.name] = skill.level;
  return {
    software_experience: answered,
    robotics_experience: draft.robotics,
    hardware_access: draft.hardware.filter((pick) => pick.chosen).map((pick) => pick.value),
    learning_goals: draft.goals.filter((pick) => pick.chosen).map((pick) => pick.value),
  };
}

/** What must still be answered before the draft can be saved. The engine decides in the end; this only saves a round trip. */
export function unfinished(draft: Draft): FieldError[] {
  const missing: FieldError[] = [];
  if (draft.skills.every((skill) => skill.level === null)) {
    missing.push({ field: "software_experience", message: "Answer at least one skill; none is an answer too." });
  }
  if (draft.robotics === null) {
    missing.push({ field: "robotics_experience", message: "Say what you have done with robots; none is an answer too." });
  }
  return missing;
}

export function skillsSentence(draft: Draft): string {
  const answered = draft.skills.filter((skill) => skill.level !== null).length;
  return `${answered} of ${draft.skills.length} skills answered`;
}

export function robotsSentence(draft: Draft): string {
  const first = draft.robotics === null ? "Experience not answered yet" : "Experience answered";
  return `${first} · ${chosen(draft.hardware, "piece of hardware", "pieces of hardware")}`;
}

export function goalsSentence(draft: Draft): string {
  return chosen(draft.goals, "goal", "goals");
}

function chosen(from: readonly Pick[], one: string, many: string): string {
  const count = from.filter((pick) => pick.chosen).length;
  if (count === 0) return `no ${many} chosen`;
  return `${count} ${count === 1 ? one : many} chosen`;
}

/** Equal in what would be saved; the order of clicks does not count as a change. */
export function sameAnswers(a: Draft, b: Draft): boolean {
  return fingerprint(a) === fingerprint(b);
}

/**
 * A draft that was begun from one set of saved answers, carried over to another: what was changed since stays, the rest
 * follows. So a form that is open takes nothing back that came from another computer, and loses nothing that is in it.
 */
export function rebase(draft: Draft, before: Draft, after: Draft): Draft {
  const levelIn = (of: Draft, name: string) => of.skills.find((skill) => skill.name === name)?.level ?? null;
  const isTouched = (name: string) => levelIn(draft, name) !== levelIn(before, name);
  const skills = [
    ...after.skills.map((skill) => (isTouched(skill.name) ? { ...skill, level: levelIn(draft, skill.name) } : skill)),
    ...draft.skills.filter((skill) => !after.skills.some((other) => other.name === skill.name) && (isTouched(skill.name) || !before.skills.some((other) => other.name === skill.name))),
  ];
  return {
    skills,
    robotics: draft.robotics !== before.robotics ? draft.robotics : after.robotics,
    hardware: rebasedPicks(draft.hardware, before.hardware, after.hardware),
    goals: rebasedPicks(draft.goals, before.goals, after.goals),
  };
}

function rebasedPicks(draft: readonly Pick[], before: readonly Pick[], after: readonly Pick[]): Pick[] {
  const chosenIn = (of: readonly Pick[], value: string) => of.find((pick) => pick.value === value)?.chosen ?? false;
  const isTouched = (value: string) => chosenIn(draft, value) !== chosenIn(before, value);
  return [
    ...after.map((pick) => (isTouched(pick.value) ? { ...pick, chosen: chosenIn(draft, pick.value) } : pick)),
    ...draft.filter((pick) => isTouched(pick.value) && !after.some((other) => other.value === pick.value)),
  ];
}

function fingerprint(draft: Draft): string {
  const skills = draft.skills.filter((s) => s.level !== null).map((s) => [s.name, s.level]).sort();
  const values = (of: Pick[]) => of.filter((pick) => pick.chosen).map((pick) => pick.value).sort();
  return JSON.stringify([skills, draft.robotics, values(draft.hardware), values(draft.goals)]);
}

export type Named = { name: string; error: null } | { name: null; error: string };

/** A name of the reader's own, tidied, or the sentence that says why not. `taken` holds names and labels. */
export function ownName(typed: string, taken: readonly string[]): Named {
  const name = typed.normalize("NFC").trim();
  if (name === "") return { name: null, error: "Type a name first." };
  if ([...name].length > NAME_MAX_CHARACTERS) return { name: null, error: `Use at most ${NAME_MAX_CHARACTERS} characters.` };
  if (/\p{Cc}/u.test(name)) return { name: null, error: "Use letters, digits and ordinary signs." };
  const lower = name.toLowerCase();
  if (taken.some((other) => other.toLowerCase() === lower)) return { name: null, error: `${name} is already in the list.` };
  return { name, error: null };
}

/** The sentences for one field and what lies under it: `software_experience` also takes `software_experience.python`. */
export function errorsFor(errors: readonly FieldError[], field: string): string[] {
  return errors.filter((error) => error.field === field || error.field.startsWith(`${field}.`)).map((error) => error.message);
}
