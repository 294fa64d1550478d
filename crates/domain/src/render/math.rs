//! LaTeX formulas to MathML.
//!
//! A formula that cannot be read is shown as its source. The reader of formulas calls itself for each nested part,
//! so nesting is measured before it sees one; the measure may say too much, never too little.

use std::sync::OnceLock;

use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};

use super::allowed::has;
use super::escape;

/// In a debug build one level takes up to 50 kB of stack, and a thread has 2 MB.
const DEEPEST: usize = 32;
const LONGEST_BYTES: usize = 20_000;

pub fn html(latex: &str, display: MathDisplay) -> String {
    mathml(latex, display).unwrap_or_else(|| {
        let mut html = String::from("<code class=\"math-error\">");
        escape::text(&mut html, latex.trim());
        html.push_str("</code>");
        html
    })
}

fn mathml(latex: &str, display: MathDisplay) -> Option<String> {
    static READER: OnceLock<Option<LatexToMathML>> = OnceLock::new();
    let reader = READER.get_or_init(|| LatexToMathML::new(MathCoreConfig::default()).ok()).as_ref()?;
    if latex.len() > LONGEST_BYTES || nesting(latex) > DEEPEST {
        return None;
    }
    let mathml = reader.convert_with_local_state(latex, display).ok()?.mathml;
    let mathml = match display {
        MathDisplay::Block => mathml,
        MathDisplay::Inline => mathml.replacen("<math>", "<math display=\"inline\">", 1),
    };
    Some(as_a_parser_writes(&aligned_by_class(&mathml)))
}

/// Columns are aligned by style attributes, which the page may not have; it has classes of the same meaning.
fn aligned_by_class(mathml: &str) -> String {
    let mut out = String::with_capacity(mathml.len());
    let mut rest = mathml;
    while let Some((before, styled)) = rest.split_once("<mtd style=\"") {
        let Some((style, after)) = styled.split_once('"') else { break };
        out.push_str(before);
        out.push_str("<mtd");
        if style.contains("text-align: right") {
            out.push_str(" class=\"math-right\"");
        } else if style.contains("text-align: left") && style.contains("padding-left: 0;") {
            out.push_str(" class=\"math-left\"");
        } else if style.contains("text-align: left") {
            out.push_str(" class=\"math-case\"");
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Without `<mspace/>` and bare no-break spaces: what is written as html writes it, the sanitiser reads only once.
fn as_a_parser_writes(mathml: &str) -> String {
    let mut out = String::with_capacity(mathml.len());
    let mut pieces = mathml.split("/>").peekable();
    while let Some(piece) = pieces.next() {
        out.push_str(piece);
        if pieces.peek().is_some() {
            let tag = piece.rsplit('<').next().unwrap_or_default();
            let name = tag.split_whitespace().next().unwrap_or_default();
            out.push_str(&format!("></{name}>"));
        }
    }
    out.replace('\u{a0}', "&nbsp;")
}

/// How many calls deep the reader may go at most: open groups, and commands whose arguments may still come.
fn nesting(latex: &str) -> usize {
    let mut levels = vec![Level::default()];
    let (mut total, mut deepest) = (0, 0);
    let mut rest = latex.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                let mut name = String::new();
                while let Some(letter) = rest.next_if(char::is_ascii_alphabetic) {
                    name.push(letter);
                }
                match &*name {
                    "" => {
                        // A new row can only come where no argument is awaited.
                        if rest.next() == Some('\\') {
                            total -= clear(&mut levels);
                        }
                    }
                    "begin" | "left" => levels.push(Level::default()),
                    "end" | "right" => total -= leave(&mut levels),
                    name if has(LEAVES, name) => settle(&mut levels, 0),
                    name => {
                        settle(&mut levels, arguments(name));
                        if let Some(level) = levels.last_mut() {
                            level.awaiting += 1;
                            total += 1;
                        }
                    }
                }
            }
            '{' => levels.push(Level::default()),
            '}' => {
                total -= leave(&mut levels);
                total -= argument_ended(&mut levels);
            }
            '&' => total -= clear(&mut levels),
            c if c.is_whitespace() => {}
            _ => settle(&mut levels, 0),
        }
        deepest = deepest.max(total + levels.len());
    }
    deepest
}

/// One open group.
#[derive(Default)]
struct Level {
    /// Commands in it that may still be reading their arguments.
    awaiting: usize,
    /// How many more groups in braces complete the last of them, or 0 if that can't be told.
    groups_left: usize,
}

/// Gives how many commands no longer wait.
fn leave(levels: &mut Vec<Level>) -> usize {
    match levels.len() {
        0 | 1 => 0,
        _ => levels.pop().map_or(0, |level| level.awaiting),
    }
}

fn clear(levels: &mut [Level]) -> usize {
    levels.last_mut().map_or(0, |level| std::mem::take(level).awaiting)
}

fn settle(levels: &mut [Level], groups_left: usize) {
    if let Some(level) = levels.last_mut() {
        level.groups_left = groups_left;
    }
}

fn argument_ended(levels: &mut [Level]) -> usize {
    match levels.last_mut() {
        Some(level) if level.groups_left > 0 => {
            level.groups_left -= 1;
            let complete = level.groups_left == 0 && level.awaiting > 0;
            level.awaiting -= usize::from(complete);
            usize::from(complete)
        }
        _ => 0,
    }
}

/// How many groups complete a command; 0 where it isn't known.
fn arguments(command: &str) -> usize {
    match command {
        "frac" | "dfrac" | "tfrac" | "binom" | "overset" | "underset" => 2,
        "bar" | "boldsymbol" | "ddot" | "dot" | "hat" | "mathbb" | "mathbf" | "mathcal" | "mathit"
        | "mathrm" | "mathsf" | "operatorname" | "overline" | "sqrt" | "text" | "tilde" | "underline"
        | "vec" | "widehat" | "widetilde" => 1,
        _ => 0,
    }
}

/// Commands without arguments that a formula may hold by the dozen.
const LEAVES: &str = "Delta Gamma Lambda Omega Phi Pi Psi Sigma Theta alpha approx beta cdot cdots chi circ cos ddots \
    delta dots ell epsilon eta exp forall gamma ge geq in infty int kappa lVert lambda ldots le leq ln \
    log lvert mapsto max mid min mu nabla neq nu omega partial phi pi pm prod psi qquad quad rVert rho \
    rightarrow rvert sigma sim sin sum tan tau theta times to top varepsilon varphi vdots xi zeta";
