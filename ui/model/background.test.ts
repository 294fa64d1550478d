import { describe, expect, it } from "vitest";
import type { Background, ProfileForm, ProfileView } from "../generated/commands";
import { backgroundOf, draftOf, errorsFor, goalsSentence, ownName, rebase, robotsSentence, sameAnswers, skillsSentence, unfinished } from "./background";
import { dropDraft, keepDraft, keptDraft } from "./drafts";

const choices = (...values: string[]) => values.map((value) => ({ value, label: value.toUpperCase() }));
const form: ProfileForm = {
  skills: choices("python", "cpp", "ros2", "typescript"),
  levels: choices("none", "beginner", "intermediate", "advanced"),
  robotics: choices("none", "simulation_only", "real_hardware"),
  hardware: choices("lidar", "jetson_orin"),
  goals: choices("hobby"),
};
const view = (over: Partial<ProfileView> = {}): ProfileView => ({
  user_id: "u",
  answered: true,
  background: { software_experience: { python: "advanced", Rust: "beginner" }, robotics_experience: "none", hardware_access: ["lidar", "crane"], learning_goals: [] },
  profile_hash: "h",
  updated_at: null,
  changed_on: null,
  summary: "",
  ...over,
});

describe("a draft of the background", () => {
  it("begins with nothing chosen", () => {
    const draft = draftOf(form, null);
    expect(draft.skills.every((skill) => skill.level === null)).toBe(true);
    expect(draft.robotics).toBeNull();
    expect(backgroundOf(draft)).toBeNull();
  });

  it("begins with nothing chosen for a reader who skipped, whatever is stored", () => {
    expect(draftOf(form, view({ answered: false }))).toEqual(draftOf(form, null));
  });

  it("gives back what was saved, with the reader's own entries", () => {
    expect(backgroundOf(draftOf(form, view()))).toEqual(view().background);
    expect(draftOf(form, view()).skills.find((skill) => skill.name === "Rust")).toEqual({ name: "Rust", label: "Rust", level: "beginner", own: true });
  });

  it("leaves unanswered skills out", () => {
    const draft = draftOf(form, null);
    draft.skills[1]!.level = "none";
    draft.robotics = "none";
    expect(backgroundOf(draft)?.software_experience).toEqual({ cpp: "none" });
  });

  it("needs one skill and the robotics answer", () => {
    const draft = draftOf(form, null);
    expect(unfinished(draft).map((one) => one.field)).toEqual(["software_experience", "robotics_experience"]);
    draft.skills[0]!.level = "none";
    draft.robotics = "none";
    expect(unfinished(draft)).toEqual([]);
  });

  it("counts what is answered as it goes", () => {
    const draft = draftOf(form, null);
    expect(skillsSentence(draft)).toBe("0 of 4 skills answered");
    draft.skills[0]!.level = "none";
    draft.skills[1]!.level = "beginner";
    expect(skillsSentence(draft)).toBe("2 of 4 skills answered");
    expect(robotsSentence(draft)).toBe("Experience not answered yet · no pieces of hardware chosen");
    draft.robotics = "none";
    draft.hardware[0]!.chosen = true;
    expect(robotsSentence(draft)).toBe("Experience answered · 1 piece of hardware chosen");
    expect(goalsSentence(draft)).toBe("no goals chosen");
  });

  it("is not changed by an answer that was changed and changed back, nor by the order of clicks", () => {
    const draft = draftOf(form, view());
    draft.hardware.reverse();
    draft.skills.reverse();
    expect(sameAnswers(draft, draftOf(form, view()))).toBe(true);
    draft.robotics = "real_hardware";
    expect(sameAnswers(draft, draftOf(form, view()))).toBe(false);
  });
});

describe("a name of the reader's own", () => {
  it("is tidied", () => {
    expect(ownName("  Rust ", [])).toEqual({ name: "Rust", error: null });
    expect(ownName("Cafe\u0301", []).name).toBe("Café");
  });

  it("is refused when empty, too long, with control characters or already there", () => {
    expect(ownName("  ", []).error).toBe("Type a name first.");
    expect(ownName("x".repeat(65), []).name).toBeNull();
    expect(ownName("🤖".repeat(64), []).name).not.toBeNull();
    expect(ownName("a\u0007b", []).name).toBeNull();
    expect(ownName("PYTHON", ["python", "Python"]).error).toBe("PYTHON is already in the list.");
  });
});

it("an error of one skill is found under its own field and under the whole question", () => {
  const errors = [{ field: "software_experience.python", message: "No." }];
  expect(errorsFor(errors, "software_experience.python")).toEqual(["No."]);
  expect(errorsFor(errors, "software_experience")).toEqual(["No."]);
  expect(errorsFor(errors, "software_experience.py")).toEqual([]);
});

describe("a draft that was not saved", () => {
  const storage = () => {
    const held = new Map<string, string>();
    return { getItem: (key: string) => held.get(key) ?? null, setItem: (key: string, value: string) => void held.set(key, value), removeItem: (key: string) => void held.delete(key) } as unknown as Storage;
  };

  it("comes back after the window was closed, until it is dropped", () => {
    const kept = storage();
    const draft = draftOf(form, view());
    keepDraft(kept, "u", draft, "h", draft);
    expect(keptDraft(kept, "u", "h", draft)).toEqual(draft);
    expect(keptDraft(kept, "other", "h", draft)).toBeNull();
    dropDraft(kept, "u");
    expect(keptDraft(kept, "u", "h", draft)).toBeNull();
  });

  it("comes back over a profile that has changed since with what was typed, and with what changed", () => {
    const kept = storage();
    const before = draftOf(form, view());
    keepDraft(kept, "u", { ...before, robotics: "real_hardware" }, "h", before);
    const after = draftOf(form, view({ background: { ...view().background, hardware_access: ["jetson_orin"] } }));
    expect(keptDraft(kept, "u", "h2", after)).toEqual({ ...after, robotics: "real_hardware" });
  });

  it("stays away where it is not known what it was begun from", () => {
    const kept = storage();
    kept.setItem("primer.draft.u", JSON.stringify({ draft: draftOf(form, view()), from: "h" }));
    expect(keptDraft(kept, "u", "h2", draftOf(form, view()))).toBeNull();
  });
});

describe("answers that came from another computer while the form is open", () => {
  const choices = { skills: [{ value: "python", label: "Python" }, { value: "cpp", label: "C++" }], levels: [], robotics: [], hardware: [{ value: "lidar", label: "Lidar" }], goals: [] };
  const view = (background: Partial<Background>): ProfileView => ({ user_id: "u", answered: true, background: { software_experience: { python: "none" }, robotics_experience: "none", hardware_access: [], learning_goals: [], ...background }, profile_hash: "", updated_at: null, changed_on: null, summary: "" });
  const before = draftOf(choices, view({}));

  it("show where nothing was touched, beside what was", () => {
    const draft = draftOf(choices, view({ software_experience: { python: "advanced" } }));
    const after = draftOf(choices, view({ software_experience: { python: "none", cpp: "beginner" }, hardware_access: ["lidar"], robotics_experience: "real_hardware" }));
    const background = backgroundOf(rebase(draft, before, after));
    expect(background).toEqual({ software_experience: { python: "advanced", cpp: "beginner" }, robotics_experience: "real_hardware", hardware_access: ["lidar"], learning_goals: [] });
  });

  it("take nothing back that was typed here", () => {
    const draft = draftOf(choices, view({ software_experience: { python: "none", rust: "beginner" }, hardware_access: ["arm"], robotics_experience: "simulation_only" }));
    const after = draftOf(choices, view({ software_experience: { python: "none", go: "none" }, robotics_experience: "real_hardware" }));
    const rebased = rebase(draft, before, after);
    expect(backgroundOf(rebased)).toEqual({ software_experience: { python: "none", go: "none", rust: "beginner" }, robotics_experience: "simulation_only", hardware_access: ["arm"], learning_goals: [] });
    expect(new Set(rebased.skills.map((skill) => skill.name)).size).toBe(rebased.skills.length);
  });

  it("go where the other computer removed them, unless they were changed here", () => {
    const old = draftOf(choices, view({ software_experience: { python: "none", rust: "beginner" }, learning_goals: ["hobby"] }));
    const after = draftOf(choices, view({}));
    expect(backgroundOf(rebase(old, old, after))).toEqual(backgroundOf(after));
    const changed = { ...old, skills: old.skills.map((skill) => (skill.name === "rust" ? { ...skill, level: "advanced" as const } : skill)) };
    expect(backgroundOf(rebase(changed, old, after))?.software_experience).toEqual({ python: "none", rust: "advanced" });
  });

  it("keep what was removed here removed", () => {
    const old = draftOf(choices, view({ software_experience: { python: "none", rust: "beginner" }, hardware_access: ["arm"] }));
    const draft = { ...old, skills: old.skills.filter((skill) => skill.name !== "rust"), hardware: old.hardware.filter((pick) => pick.value !== "arm") };
    const after = draftOf(choices, view({ software_experience: { python: "beginner", rust: "beginner" }, hardware_access: ["arm", "lidar"] }));
    expect(backgroundOf(rebase(draft, old, after))).toMatchObject({ software_experience: { python: "beginner" }, hardware_access: ["lidar"] });
  });
});
