//! The names of conditional blocks: the author's own, or one derived from the conditions.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::{Branch, Node, visit_chains};

/// An id from the conditions alone, so that a change of the text, or of other blocks, keeps it.
pub(crate) fn derived_id(branches: &[Branch]) -> String {
    let mut hasher = Sha256::new();
    for branch in branches {
        if let Some(condition) = &branch.condition {
            hasher.update(condition.to_string());
        }
        hasher.update("\n");
    }
    let digest = hasher.finalize();
    let hex: String = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    format!("when-{hex}")
}

/// Derived ids of blocks with the same conditions are counted apart, in the order of the text.
pub(super) fn name_apart(nodes: &mut [Node]) {
    count_apart(nodes, &mut BTreeMap::new());
}

fn count_apart(nodes: &mut [Node], counts: &mut BTreeMap<String, usize>) {
    for node in nodes {
        match node {
            Node::Text(_) => {}
            Node::Admonition { body, .. } => count_apart(body, counts),
            Node::Chain(chain) => {
                if chain.id_is_derived {
                    let count = counts.entry(chain.id.clone()).or_insert(0);
                    *count += 1;
                    if *count > 1 {
                        chain.id = format!("{}-{count}", chain.id);
                    }
                }
                for branch in &mut chain.branches {
                    count_apart(&mut branch.body, counts);
                }
            }
        }
    }
}

/// The line and id of each block whose id another block before it has.
pub(super) fn doubles(nodes: &[Node]) -> Vec<(usize, String)> {
    let mut seen = BTreeSet::new();
    let mut doubles = Vec::new();
    visit_chains(nodes, &mut |chain| {
        if !seen.insert(chain.id.as_str()) {
            doubles.push((chain.line, chain.id.clone()));
        }
    });
    doubles
}
