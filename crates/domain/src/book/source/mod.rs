//! A chapter's Markdown with its conditional blocks and admonitions found, the rest untouched.

mod attributes;
mod ids;
mod parse;

pub(crate) use ids::derived_id;

use super::condition::Condition;

/// A chapter's text as a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChapterSource {
    pub nodes: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Markdown as it stands, whole lines.
    Text(String),
    Admonition {
        kind: AdmonitionKind,
        title: Option<String>,
        body: Vec<Node>,
    },
    Chain(Chain),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdmonitionKind {
    Note,
    Tip,
    Info,
    Warning,
    Danger,
}

/// A conditional block: the first branch whose condition holds is shown, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Names the block in the author's source; unique in its chapter.
    pub id: String,
    /// The author gave none, so it comes from the conditions, and from how many blocks before it have the same ones.
    pub id_is_derived: bool,
    pub branches: Vec<Branch>,
    /// Where it begins in its file, from 1.
    pub line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// None: the plain `otherwise`.
    pub condition: Option<Condition>,
    /// The author's own name for it, such as “New to Python”.
    pub label: Option<String>,
    pub body: Vec<Node>,
    pub line: usize,
}

impl ChapterSource {
    /// Calls `visit` for each chain, the outer before the inner.
    pub fn visit_chains<'a>(&'a self, visit: &mut impl FnMut(&'a Chain)) {
        visit_chains(&self.nodes, visit);
    }

    pub fn chain(&self, id: &str) -> Option<&Chain> {
        let mut found = None;
        self.visit_chains(&mut |chain| {
            if chain.id == id {
                found = Some(chain);
            }
        });
        found
    }
}

pub(crate) fn visit_chains<'a>(nodes: &'a [Node], visit: &mut impl FnMut(&'a Chain)) {
    for node in nodes {
        match node {
            Node::Text(_) => {}
            Node::Admonition { body, .. } => visit_chains(body, visit),
            Node::Chain(chain) => {
                visit(chain);
                for branch in &chain.branches {
                    visit_chains(&branch.body, visit);
                }
            }
        }
    }
}
