//! What a package says about itself: version, day, and who answers for it.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::command::{minutes, output};
use crate::documents;
use crate::failure::Failure;

/// Where a project's pictures and pages are, without a slash at the end; a store shows the pictures from there.
const SITE: &str = "PRIMER_SITE";
const MAINTAINER: &str = "PRIMER_MAINTAINER";
const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// A name that can't be an address: whoever gives packages to others names themselves.
const NOBODY: &str = "The Primer authors <maintainers@primer.invalid>";

/// Of docs/pictures: what software centres show, each with its caption. The first is shown first.
pub const PICTURES: [(&str, &str); 4] = [
    ("chapter.png", "A chapter with a passage written for its reader, and why it is there"),
    ("contents.png", "The contents, each chapter with its state in words"),
    ("you.png", "The reader’s answers, and what changing one would change"),
    ("chapter-dark.png", "The same chapter in the dark theme"),
];

#[derive(Clone)]
pub struct Release {
    pub version: String,
    /// Seconds since 1970. No file of a package is younger.
    pub epoch: String,
    /// `2026-11-25`.
    pub day: String,
    pub maintainer: String,
    site: Option<String>,
}

impl Release {
    pub fn of(root: &Path) -> Result<Release, Failure> {
        let epoch = match env::var(EPOCH) {
            Ok(epoch) => epoch,
            Err(_) => last_commit(root)?,
        };
        let day =
            output(Command::new("date").args(["-u", "+%Y-%m-%d", "-d", &format!("@{epoch}")]), minutes(1))?;
        Ok(Release {
            // Every package of the workspace has the same.
            version: env!("CARGO_PKG_VERSION").to_owned(),
            epoch,
            day: day.trim().to_owned(),
            maintainer: env::var(MAINTAINER).unwrap_or_else(|_| NOBODY.to_owned()),
            site: env::var(SITE).ok().filter(|site| !site.is_empty()),
        })
    }

    /// Fills a text of packaging/.
    pub fn fill(&self, template: &str) -> String {
        let site = self.site.as_deref().map(site_elements).unwrap_or_default();
        template
            .replace("@VERSION@", &self.version)
            .replace("@DAY@", &self.day)
            .replace("@MAINTAINER@", &self.maintainer)
            .replace("@SITE@\n", &site)
    }

    pub fn of_version(self, version: &str) -> Release {
        Release { version: version.to_owned(), ..self }
    }

    /// For texts whose every picture has an address.
    pub fn at_site(self, site: &str) -> Release {
        Release { site: Some(site.to_owned()), ..self }
    }

    pub fn has_site(&self) -> bool {
        self.site.is_some()
    }
}

fn last_commit(root: &Path) -> Result<String, Failure> {
    let mut git = Command::new("git");
    let told = output(git.arg("-C").arg(root).args(["log", "-1", "--format=%ct"]), minutes(1));
    let told = told.map_err(|failure| {
        Failure::Refused(format!(
            "{failure} So there is no day to give the files of the package. Set {EPOCH} to one, in seconds since 1970."
        ))
    })?;
    Ok(told.trim().to_owned())
}

/// Of AppStream: what can only be shown from an address.
fn site_elements(site: &str) -> String {
    let pictures: String = PICTURES
        .iter()
        .enumerate()
        .map(|(at, (file, caption))| {
            let kind = if at == 0 { " type=\"default\"" } else { "" };
            format!(
                "    <screenshot{kind}>\n      <caption>{caption}</caption>\n      \
                 <image>{site}/{folder}/{file}</image>\n    </screenshot>\n",
                folder = documents::PICTURES
            )
        })
        .collect();
    format!("  <url type=\"homepage\">{site}</url>\n  <screenshots>\n{pictures}  </screenshots>\n")
}

#[cfg(test)]
mod tests {
    use super::Release;

    fn release() -> Release {
        Release {
            version: "1.2.3".to_owned(),
            epoch: "0".to_owned(),
            day: "1970-01-01".to_owned(),
            maintainer: "A <a@example.org>".to_owned(),
            site: None,
        }
    }

    #[test]
    fn pictures_are_named_only_where_they_have_an_address() {
        let template = "<x>\n@SITE@\n<release version=\"@VERSION@\" date=\"@DAY@\"/>\n";
        assert_eq!(release().fill(template), "<x>\n<release version=\"1.2.3\" date=\"1970-01-01\"/>\n");
        let filled = release().at_site("https://example.org/primer").fill(template);
        assert!(filled.contains("<image>https://example.org/primer/docs/pictures/chapter.png</image>"));
        assert_eq!(filled.matches("type=\"default\"").count(), 1);
        assert!(!filled.contains('@'));
    }
}
