//! The last word on what reaches the window.
//!
//! It works on the finished page and trusts no step before it: only listed elements and attributes, only classes of
//! the contract, ids only with their prefix, links and pictures only as `addresses` allows them. What it gives is a
//! fixed point: parsed and written again it is the same, so no parser finds anything else in it than we did.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ammonia::{Builder, UrlRelative};

use super::addresses::{OUTSIDE_REL, Policy, is_outside};
use super::allowed::{self, ATTRIBUTES, CLASSES, ELEMENTS, EVERYWHERE, FORMULA_ELEMENTS, HIDDEN, has, of};
use super::anchors::anchor;

const MOST_PASSES: usize = 6;

/// `None` if the page does not come to rest, which no one has seen from Markdown without html in it.
pub fn clean(html: &str, policy: &Policy) -> Option<String> {
    let ids = Ids::default();
    let sanitiser = sanitiser(policy.clone(), policy.asset_scheme(), ids.clone());
    let mut before = Cow::Borrowed(html);
    for _ in 0..MOST_PASSES {
        ids.forget();
        let after = sanitiser.clean(&before).to_string();
        if after == before {
            return Some(after);
        }
        before = Cow::Owned(after);
    }
    None
}

/// The ids met in one pass. A parser that puts badly nested html right repeats elements together with their ids.
#[derive(Default, Clone)]
struct Ids(Arc<Mutex<HashSet<String>>>);

impl Ids {
    fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn is_first(&self, id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned())
    }
}

fn sanitiser<'a>(policy: Policy, asset_scheme: Option<&'a str>, ids: Ids) -> Builder<'a> {
    let set = |names: &'static str| names.split(' ').collect::<HashSet<_>>();
    let by_element = |table: &[(&'static str, &'static str)]| {
        table.iter().map(|(element, names)| (*element, set(names))).collect::<HashMap<_, _>>()
    };
    // The finer rules are those of `addresses`; these only must not refuse the book's own pictures before it sees them.
    let schemes = ["http", "https", "mailto"].into_iter().chain(asset_scheme).collect();
    // Every `<input>` is a box that can't be ticked, whatever it wanted to be.
    let box_only = HashMap::from([("type", "checkbox"), ("disabled", "")]);
    let mut builder = Builder::empty();
    builder
        .tags(ELEMENTS.split(' ').chain(FORMULA_ELEMENTS.split(' ')).chain(["input"]).collect())
        .clean_content_tags(set(HIDDEN))
        .generic_attributes(set(EVERYWHERE))
        .tag_attributes(by_element(ATTRIBUTES))
        .allowed_classes(by_element(CLASSES))
        .set_tag_attribute_values(HashMap::from([("input", box_only)]))
        .url_schemes(schemes)
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some(OUTSIDE_REL))
        .strip_comments(true);
    let leads_out = AtomicBool::new(false);
    builder.attribute_filter(move |element, name, value| match (element, name) {
        // `rel` comes after `href`, and says nothing on a link within the book.
        ("a", "href") => {
            let link = policy.link(value);
            leads_out.store(link.as_deref().is_some_and(is_outside), Ordering::Relaxed);
            link.map(Cow::Owned)
        }
        ("a", "rel") => leads_out.swap(false, Ordering::Relaxed).then_some(Cow::Borrowed(value)),
        ("img", "src") => policy.picture(value).map(Cow::Owned),
        (_, "id") => anchor(value).filter(|id| ids.is_first(id)).map(Cow::Owned),
        ("input", _) => Some(Cow::Borrowed(value)),
        ("img", "width" | "height") => allowed::number(value, 1..=10_000),
        (element, "class") => {
            let known = value.split_ascii_whitespace().any(|class| has(of(CLASSES, element), class));
            known.then_some(Cow::Borrowed(value))
        }
        (_, name) => allowed::value(name, value),
    });
    builder
}
