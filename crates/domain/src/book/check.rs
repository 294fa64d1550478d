//! What can be proved of a book: which blocks can never show, which chains can show nothing, which answers change no text.
//!
//! For each outermost chain all combinations of the answers that its conditions mention are tried, so what is said here
//! is not an estimate. A chain that mentions too many different answers for that is itself reported.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use ts_rs::TS;

use super::source::{derived_id, visit_chains};
use super::{Book, Branch, Chain, Condition, Node};
use crate::ids::ChapterId;
use crate::personalise::{Choice, bare};
use crate::profile::{Background, FORM, Level, Robotics};

/// Beyond this a chain is not tried out: it would take seconds, and no author could follow it either.
const COMBINATIONS_MAX: usize = 1 << 16;

/// Bytes of text that are put together for all the trials of a book. Whoever is sent a book checks it too, and a few
/// seconds must be enough for any.
const WORK_MAX_BYTES: usize = 2_000_000_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Report {
    pub never_shown: Vec<BlockFinding>,
    pub may_show_nothing: Vec<BlockFinding>,
    pub too_many_combinations: Vec<BlockFinding>,
    /// Blocks without an id of their own and with the same conditions as others of their chapter. Their names count
    /// on, so that one more before them takes their readers' notes away from them.
    pub repeated_without_id: Vec<BlockFinding>,
    /// For each answer of the form, the chapters whose text it changes.
    pub coverage: Vec<Coverage>,
    /// The answers that change no text in any chapter. One that a chain of too many combinations mentions is not
    /// among them: nobody knows.
    pub unused_answers: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
pub struct BlockFinding {
    pub file: String,
    pub line: usize,
    pub block_id: String,
    /// The condition of the branch; `otherwise` for the plain one; empty where the whole chain is meant.
    pub when: String,
    /// Answers that show it, where there are such.
    pub example: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Coverage {
    /// Such as `python: none → beginner`, `robotics: none → simulation_only`, `hardware: lidar`, `goal: hobby`.
    pub answer: String,
    pub chapters: Vec<u32>,
}

/// One thing that a reader answers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Question {
    Skill(String),
    Robotics,
    Hardware(String),
    Goal(String),
}

impl Question {
    fn of(atom: &Condition) -> Option<Question> {
        match atom {
            Condition::Skill { skill, .. } => Some(Question::Skill(skill.clone())),
            Condition::Robotics { .. } => Some(Question::Robotics),
            Condition::Hardware(item) => Some(Question::Hardware(item.clone())),
            Condition::Goal(goal) => Some(Question::Goal(goal.clone())),
            Condition::Not(_) | Condition::And(_) | Condition::Or(_) => None,
        }
    }

    fn answers(&self) -> usize {
        match self {
            Question::Skill(_) => Level::ALL.len(),
            Question::Robotics => Robotics::ALL.len(),
            Question::Hardware(_) | Question::Goal(_) => 2,
        }
    }

    fn set(&self, answer: usize, background: &mut Background) {
        match self {
            Question::Skill(skill) => {
                background.software_experience.insert(skill.clone(), Level::ALL[answer]);
            }
            Question::Robotics => background.robotics_experience = Robotics::ALL[answer],
            Question::Hardware(item) if answer == 1 => {
                background.hardware_access.insert(item.clone());
            }
            Question::Goal(goal) if answer == 1 => {
                background.learning_goals.insert(goal.clone());
            }
            Question::Hardware(_) | Question::Goal(_) => {}
        }
    }

    fn words(&self, answer: usize) -> String {
        let not = if answer == 0 { "no " } else { "" };
        match self {
            Question::Skill(skill) => format!("{skill} = {}", Level::ALL[answer].word()),
            Question::Robotics => format!("robotics = {}", Robotics::ALL[answer].word()),
            Question::Hardware(item) => format!("{not}{item}"),
            Question::Goal(goal) => format!("{not}goal {goal}"),
        }
    }
}

/// Two answers to one question that ought to make a difference somewhere.
struct Step {
    name: String,
    question: Question,
    from: usize,
    to: usize,
}

fn steps_of_the_form() -> Vec<Step> {
    let mut steps = Vec::new();
    for skill in FORM.skills {
        let question = Question::Skill(skill.value.to_owned());
        for (from, to) in [(0, 1), (1, 2), (2, 3), (0, 3)] {
            let name = format!("{}: {} → {}", skill.value, Level::ALL[from].word(), Level::ALL[to].word());
            steps.push(Step { name, question: question.clone(), from, to });
        }
    }
    for (from, to) in [(0, 1), (1, 2)] {
        let name = format!("robotics: {} → {}", Robotics::ALL[from].word(), Robotics::ALL[to].word());
        steps.push(Step { name, question: Question::Robotics, from, to });
    }
    for item in FORM.hardware {
        let question = Question::Hardware(item.value.to_owned());
        steps.push(Step { name: format!("hardware: {}", item.value), question, from: 0, to: 1 });
    }
    for goal in FORM.goals {
        let question = Question::Goal(goal.value.to_owned());
        steps.push(Step { name: format!("goal: {}", goal.value), question, from: 0, to: 1 });
    }
    steps
}

pub fn check(book: &Book) -> Report {
    let steps = steps_of_the_form();
    let mut covered: Vec<BTreeSet<ChapterId>> = vec![BTreeSet::new(); steps.len()];
    let (mut never_shown, mut may_show_nothing) = (Vec::new(), Vec::new());
    let (mut too_many_combinations, mut repeated_without_id) = (Vec::new(), Vec::new());
    let mut not_tried = BTreeSet::new();
    let mut work_left_bytes = WORK_MAX_BYTES;
    for chapter in &book.chapters {
        let finding = |chain: &Chain, line: usize, when: String, example: Option<String>| BlockFinding {
            file: chapter.file.clone(),
            line,
            block_id: chain.id.clone(),
            when,
            example,
        };
        let repeated = repeated_without_id_in(&chapter.source.nodes);
        repeated_without_id
            .extend(repeated.into_iter().map(|chain| finding(chain, chain.line, String::new(), None)));
        for chain in outermost_chains(&chapter.source.nodes) {
            let Some(trial) = Trial::of(chain, &mut work_left_bytes) else {
                too_many_combinations.push(finding(chain, chain.line, String::new(), None));
                visit_with_inner(chain, &mut |chain| not_tried.extend(questions_of(chain)));
                continue;
            };
            for (place, shown) in &trial.branches {
                if !shown {
                    never_shown.push(finding(place.chain, place.line, place.when.clone(), None));
                }
            }
            for (place, example) in &trial.empty {
                may_show_nothing.push(finding(place.chain, place.line, String::new(), Some(example.clone())));
            }
            for (step, chapters) in steps.iter().zip(&mut covered) {
                if !chapters.contains(&chapter.id) && trial.changes(step) {
                    chapters.insert(chapter.id);
                }
            }
        }
    }
    let coverage: Vec<Coverage> = steps
        .iter()
        .zip(&covered)
        .map(|(step, chapters)| Coverage {
            answer: step.name.clone(),
            chapters: chapters.iter().map(|chapter| chapter.0).collect(),
        })
        .collect();
    let unused_answers = steps
        .iter()
        .zip(&covered)
        .filter(|(step, chapters)| chapters.is_empty() && !not_tried.contains(&step.question))
        .map(|(step, _)| step.name.clone())
        .collect();
    never_shown.sort();
    may_show_nothing.sort();
    Report {
        never_shown,
        may_show_nothing,
        too_many_combinations,
        repeated_without_id,
        coverage,
        unused_answers,
    }
}

fn repeated_without_id_in(nodes: &[Node]) -> Vec<&Chain> {
    let mut by_id: BTreeMap<String, Vec<&Chain>> = BTreeMap::new();
    visit_chains(nodes, &mut |chain| {
        if chain.id_is_derived {
            by_id.entry(derived_id(&chain.branches)).or_default().push(chain);
        }
    });
    let mut repeated: Vec<&Chain> = by_id.into_values().filter(|chains| chains.len() > 1).flatten().collect();
    repeated.sort_by_key(|chain| chain.line);
    repeated
}

fn visit_with_inner<'a>(chain: &'a Chain, visit: &mut impl FnMut(&'a Chain)) {
    visit(chain);
    chain.branches.iter().for_each(|branch| visit_chains(&branch.body, visit));
}

/// What the chain's own conditions ask.
fn questions_of(chain: &Chain) -> BTreeSet<Question> {
    let mut questions = BTreeSet::new();
    for condition in chain.branches.iter().filter_map(|branch| branch.condition.as_ref()) {
        condition.visit_atoms(&mut |atom| questions.extend(Question::of(atom)));
    }
    questions
}

/// Whether a reader sees none of the text: an author's remarks show nothing.
fn is_blank(text: &str) -> bool {
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix("<!--") {
        match comment.split_once("-->") {
            Some((_, after)) => rest = after.trim_start(),
            None => return true,
        }
    }
    rest.is_empty()
}

fn outermost_chains(nodes: &[Node]) -> Vec<&Chain> {
    let mut chains = Vec::new();
    for node in nodes {
        match node {
            Node::Text(_) => {}
            Node::Admonition { body, .. } => chains.extend(outermost_chains(body)),
            Node::Chain(chain) => chains.push(chain),
        }
    }
    chains
}

/// Of all the text in them; a branch is some work even without any.
fn len_bytes(branches: &[Branch]) -> usize {
    fn of_nodes(nodes: &[Node]) -> usize {
        let of_node = |node: &Node| match node {
            Node::Text(text) => text.len(),
            Node::Admonition { body, .. } => of_nodes(body),
            Node::Chain(chain) => len_bytes(&chain.branches),
        };
        nodes.iter().map(of_node).sum()
    }
    branches.iter().map(|branch| 64 + of_nodes(&branch.body)).sum()
}

/// All combinations of one outermost chain, tried out.
struct Trial<'a> {
    questions: Vec<Question>,
    /// What each combination shows: a number for each different text. Indexed as [`Trial::index`] counts.
    shown: Vec<usize>,
    /// Whether some combination shows the branch.
    branches: BTreeMap<BranchPlace<'a>, bool>,
    /// Chains that show nothing for some combination, with one that does so.
    empty: BTreeMap<BranchPlace<'a>, String>,
}

#[derive(Debug, Clone)]
struct BranchPlace<'a> {
    chain: &'a Chain,
    line: usize,
    when: String,
}

// A place is its line: no two branches of a file share one.
impl PartialEq for BranchPlace<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.line == other.line
    }
}
impl Eq for BranchPlace<'_> {}
impl PartialOrd for BranchPlace<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for BranchPlace<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.line.cmp(&other.line)
    }
}

impl<'a> Trial<'a> {
    fn of(chain: &'a Chain, work_left_bytes: &mut usize) -> Option<Trial<'a>> {
        let mut questions = BTreeSet::new();
        let mut branches = BTreeMap::new();
        visit_with_inner(chain, &mut |chain: &'a Chain| {
            questions.extend(questions_of(chain));
            for branch in &chain.branches {
                let when =
                    branch.condition.as_ref().map_or_else(|| "otherwise".to_owned(), ToString::to_string);
                branches.insert(BranchPlace { chain, line: branch.line, when }, false);
            }
        });
        let questions: Vec<Question> = questions.into_iter().collect();
        let combinations = questions
            .iter()
            .try_fold(1usize, |product, question| product.checked_mul(question.answers()))
            .filter(|combinations| *combinations <= COMBINATIONS_MAX)?;
        let work_bytes = combinations.checked_mul(len_bytes(&chain.branches))?;
        *work_left_bytes = work_left_bytes.checked_sub(work_bytes)?;
        let mut trial =
            Trial { questions, shown: Vec::with_capacity(combinations), branches, empty: BTreeMap::new() };
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let whole = [Node::Chain(chain.clone())];
        for combination in 0..combinations {
            let answers = trial.answers(combination);
            let mut background = Background::of_somebody_new();
            for (question, answer) in trial.questions.iter().zip(&answers) {
                question.set(*answer, &mut background);
            }
            let next = numbers.len();
            let number = *numbers.entry(bare(&whole, &background)).or_insert(next);
            trial.shown.push(number);
            trial.follow(chain, &background, &answers);
        }
        Some(trial)
    }

    /// Notes which branches this background reaches, and which chains leave it with nothing.
    fn follow(&mut self, chain: &'a Chain, background: &Background, answers: &[usize]) {
        let place = |line| BranchPlace { chain, line, when: String::new() };
        let choice = Choice::of(chain, background);
        let shows_nothing = || choice.is_none_or(|choice| is_blank(&bare(&choice.branch().body, background)));
        if !self.empty.contains_key(&place(chain.line)) && shows_nothing() {
            let words = self.questions.iter().zip(answers).map(|(question, answer)| question.words(*answer));
            let example = words.collect::<Vec<_>>().join(", ");
            self.empty.insert(place(chain.line), example);
        }
        let Some(choice) = choice else { return };
        if let Some(branch) = self.branches.get_mut(&place(choice.branch().line)) {
            *branch = true;
        }
        for inner in outermost_chains(&choice.branch().body) {
            self.follow(inner, background, answers);
        }
    }

    fn answers(&self, mut combination: usize) -> Vec<usize> {
        let mut answers = Vec::with_capacity(self.questions.len());
        for question in &self.questions {
            answers.push(combination % question.answers());
            combination /= question.answers();
        }
        answers
    }

    /// Whether the step changes what this chain shows, whatever the other answers are.
    fn changes(&self, step: &Step) -> bool {
        let Some(position) = self.questions.iter().position(|question| *question == step.question) else {
            return false;
        };
        let stride: usize = self.questions[..position].iter().map(Question::answers).product();
        let answers = step.question.answers();
        (0..self.shown.len()).filter(|combination| combination / stride % answers == step.from).any(
            |combination| self.shown[combination] != self.shown[combination + (step.to - step.from) * stride],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, check};
    use crate::book::read_book;

    fn report(chapter: &str) -> Report {
        let manifest = "id = \"b\"\ntitle = \"B\"\nlanguage = \"en\"\nauthors = []\nlicence = \"CC0-1.0\"\n[[chapter]]\nid = 1\ntitle = \"T\"\nslug = \"t\"\nversion = 1\nfile = \"c.md\"\n";
        let book = read_book(|file| Ok(if file == "c.md" { chapter } else { manifest }.to_owned())).unwrap();
        check(&book)
    }

    #[test]
    fn a_block_behind_a_wider_one_is_proved_never_to_show() {
        let report = report(
            "::: when python <= beginner {#a}\nA\n::: otherwise when python = none\nB\n::: otherwise when python > beginner\nC\n::: otherwise\nD\n:::\n",
        );
        let never: Vec<_> =
            report.never_shown.iter().map(|found| (found.line, found.when.as_str())).collect();
        assert_eq!(never, [(3, "python = none"), (7, "otherwise")]);
        assert!(report.may_show_nothing.is_empty());
    }

    #[test]
    fn a_block_inside_one_that_excludes_it_is_proved_never_to_show() {
        let report = report(
            ":::: when hardware has lidar {#a}\n::: when not hardware has lidar {#b}\nA\n:::\nX\n::::\n",
        );
        assert_eq!(report.never_shown.len(), 1);
        assert_eq!(report.never_shown[0].block_id, "b");
        // The outer shows nothing without a lidar; the inner whenever it is reached.
        let empty: Vec<_> = report.may_show_nothing.iter().map(|found| found.block_id.as_str()).collect();
        assert_eq!(empty, ["a", "b"]);
    }

    #[test]
    fn an_answer_counts_as_used_only_where_the_text_differs() {
        let report = report(
            "::: when python = none\nSame\n::: otherwise when python = beginner\nSame\n::: otherwise\nOther\n:::\n::: when goals has hobby\nH\n:::\n",
        );
        let chapters = |answer: &str| {
            report
                .coverage
                .iter()
                .find(|entry| entry.answer == answer)
                .map(|entry| entry.chapters.clone())
                .unwrap()
        };
        assert!(chapters("python: none → beginner").is_empty());
        assert_eq!(chapters("python: beginner → intermediate"), [1]);
        assert!(chapters("python: intermediate → advanced").is_empty());
        assert_eq!(chapters("python: none → advanced"), [1]);
        assert_eq!(chapters("goal: hobby"), [1]);
        assert!(report.unused_answers.contains(&"goal: academic_research".to_owned()));
        assert!(!report.unused_answers.contains(&"goal: hobby".to_owned()));
    }

    #[test]
    fn a_chain_of_too_many_words_is_reported_and_not_guessed_at() {
        let conditions: Vec<String> = (0..17).map(|n| format!("hardware has item{n}")).collect();
        let report = report(&format!("::: when {} {{#big}}\nX\n:::\n", conditions.join(" or ")));
        assert_eq!(report.too_many_combinations[0].block_id, "big");
    }

    #[test]
    fn an_answer_that_only_a_chain_of_too_many_words_mentions_is_not_called_unused() {
        let conditions: Vec<String> = (0..16).map(|n| format!("hardware has item{n}")).collect();
        let report = report(&format!(
            ":::: when {} {{#big}}\n::: when hardware has lidar\nX\n:::\n::::\n",
            conditions.join(" or ")
        ));
        assert_eq!(report.too_many_combinations.len(), 1);
        assert!(!report.unused_answers.contains(&"hardware: lidar".to_owned()));
        assert!(report.unused_answers.contains(&"hardware: robot_kit".to_owned()));
    }

    #[test]
    fn a_chosen_branch_without_visible_text_shows_nothing() {
        let report = report(
            "::: when python = none {#a}\n\n<!-- to be\nwritten -->\n::: otherwise\nX\n:::\n::: when python = none {#b}\n<!-- x --> Y\n::: otherwise\nX\n:::\n",
        );
        let empty: Vec<_> = report
            .may_show_nothing
            .iter()
            .map(|found| (found.block_id.as_str(), found.example.as_deref()))
            .collect();
        assert_eq!(empty, [("a", Some("python = none"))]);
        assert!(report.never_shown.is_empty());
    }

    #[test]
    fn blocks_that_only_their_order_tells_apart_are_reported_until_they_have_ids() {
        let block = "::: when python = none\nA\n:::\n";
        let named = "::: when python = none {#x}\nA\n:::\n";
        let lines = |text: &str| -> Vec<usize> {
            report(text).repeated_without_id.iter().map(|found| found.line).collect()
        };
        assert_eq!(lines(&format!("{block}:::: tip\n{block}::::\n{named}")), [1, 5]);
        assert!(lines(&format!("{block}{named}")).is_empty());
    }
}
