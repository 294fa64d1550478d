//! The deb in a Debian that has nothing of Primer's: installed, used, upgraded, driven by the window tests, removed.

use std::fs;
use std::path::Path;

use crate::command::{each_line, minutes};
use crate::count::Count;
use crate::failure::Failure;
use crate::step::step;
use crate::tools::SEAWEEDFS;

use super::root::{Network, Root};

/// What a reader has done with the older version, and finds again with the newer one.
const USE: &str = "\
primer --version
primer user add Amina
cat > /root/background.json <<'END'
{\"software_experience\": {\"python\": \"intermediate\"}, \"robotics_experience\": \"none\",
 \"hardware_access\": [], \"learning_goals\": [\"hobby\"]}
END
primer profile set /root/background.json
primer chapter open 1 > /root/before.md
test -s /root/before.md";

const FIND_AGAIN: &str = "\
test \"primer $(dpkg-query -W -f '${Version}' primer)\" = \"$(primer --version)\"
primer --json chapter list | grep -q '\"fresh\"'
primer chapter open 1 > /root/after.md
cmp /root/before.md /root/after.md";

/// The desktop knows the file types by their names and contents, and what opens them.
const FILE_TYPES: &str = "\
type_of() { gio info -a standard::content-type \"$1\" | sed -n 's/.*content-type: //p'; }
mkdir -p /tmp/ours /tmp/theirs
printf 'id = \"a\"\\n\\n[[chapter]]\\nid = 1\\n' > /tmp/ours/book.toml
printf '[book]\\ntitle = \"of another program\"\\n' > /tmp/theirs/book.toml
printf '{\"format\": 1}' > /tmp/me.primer-join
test \"$(type_of /tmp/ours/book.toml)\" = application/vnd.primer.book+toml
test \"$(type_of /tmp/theirs/book.toml)\" != application/vnd.primer.book+toml
test \"$(type_of /tmp/me.primer-join)\" = application/vnd.primer.joining+json
for type in application/vnd.primer.book+toml application/vnd.primer.joining+json; do
    gio mime $type | grep -q org.primer.desktop.desktop
done";

const MANUAL: &str = "\
for page in primer primer-desktop primer-chapter-open; do
    test -n \"$(zcat /usr/share/man/man1/$page.1.gz)\"
done
bash -c '. /usr/share/bash-completion/completions/primer && complete -p primer'";

/// What the window tests need beside what the app brings along.
const TOOLS: &str =
    "dbus desktop-file-utils fonts-dejavu-core libglib2.0-bin procps webkit2gtk-driver xauth xvfb";

/// Of all that dpkg had brought, and of all that bears the name, only the reader's data may be left.
const REMOVE: &str = "\
dpkg -L primer | sort > /root/files
apt-get -q -y purge primer
while read -r file; do
    if [ ! -d \"$file\" ] && [ -e \"$file\" ]; then echo \"$file is left\"; exit 1; fi
done < /root/files
left=$(find / -xdev \\( -path /proc -o -path /dev -o -path /root -o -path /tmp -o -path /test \\) -prune -o -iname '*primer*' -print |
    grep -v '^/var/cache/apt/archives/' || true)
if [ -n \"$left\" ]; then echo \"left: $left\"; exit 1; fi
if grep -r -l -e vnd.primer -e org.primer /usr/share/mime /usr/share/applications; then echo 'the caches of the desktop still know it'; exit 1; fi
if dpkg-query -W primer; then echo 'dpkg still knows it'; exit 1; fi
test -s /root/.local/share/primer/primer.sqlite3";

pub struct Tested<'a> {
    pub older: &'a Path,
    pub newer: &'a Path,
    pub window_tests: &'a Path,
    /// The S3 server, without which the window test of syncing fails.
    pub server: Option<&'a Path>,
}

/// The count is that of the window tests.
pub fn check(root: &Path, tested: &Tested<'_>) -> Result<Count, Failure> {
    let system = step("a bare Debian 12", || Root::fresh(root))?;
    system.bring(tested.older, "tmp/older.deb")?;
    system.bring(tested.newer, "tmp/newer.deb")?;
    let install = |deb: &str| format!("apt-get -q -y install --no-install-recommends /tmp/{deb}.deb");
    step("install an older version", || system.run(&format!("apt-get -q update\n{}", install("older"))))?;
    step("use it", || system.run(USE))?;
    step("upgrade", || {
        system.run(&install("newer"))?;
        system.run(FIND_AGAIN)
    })?;
    step("manual and completions", || system.run(MANUAL))?;
    step("install what the tests need", || {
        system.run(&format!("apt-get -q -y install --no-install-recommends {TOOLS}"))
    })?;
    step("file types", || system.run(FILE_TYPES))?;
    let count = step("window tests of what is installed", || window_tests(root, &system, tested))?;
    step("remove it", || system.run(REMOVE))?;
    Ok(count)
}

fn window_tests(root: &Path, system: &Root, tested: &Tested<'_>) -> Result<Count, Failure> {
    system.bring(tested.window_tests, "test/window")?;
    system.bring(&root.join("book"), "test/book")?;
    let mut server = String::new();
    if let Some(program) = tested.server {
        system.bring(program, "test/weed")?;
        server = format!("export {}=/test/weed\n", SEAWEEDFS.place);
    }
    // Not as the last thing that the shell has to do: Xvfb tells no first process of a system that it is ready.
    let script = format!(
        "{server}export PRIMER_WINDOW_APP=/usr/bin/primer-desktop PRIMER_WINDOW_CLI=/usr/bin/primer PRIMER_ARTIFACTS=/test/artifacts PRIMER_WINDOW_BOOK=/test/book GDK_BACKEND=x11\n\
         cd /test\n\
         xvfb-run -a -s '-screen 0 2000x1400x24 -nolisten tcp' dbus-run-session -- ./window 2>&1 || exit 1"
    );
    let mut count = None;
    let status = each_line(&mut system.shell(&script, Network::Cut), minutes(12), |line| {
        println!("{line}");
        count = Count::of_rust_line(line).or(count);
    })?;
    keep_pictures(&system.folder.join("test/artifacts/screenshots"), &root.join("artifacts/installed"))?;
    match count {
        Some(count) if status.success() && count.failed == 0 && count.passed > 0 => Ok(count),
        _ => Err(Failure::Refused(format!("The window tests failed on what is installed ({status})."))),
    }
}

/// For people to look at; there are none if no window came up.
fn keep_pictures(pictures: &Path, folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Failure::file("removed", folder))?;
    }
    if !pictures.exists() {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(Failure::file("made", folder))?;
    for picture in fs::read_dir(pictures).map_err(Failure::file("listed", pictures))?.flatten() {
        let (from, to) = (picture.path(), folder.join(picture.file_name()));
        fs::copy(&from, to).map_err(Failure::file("copied", &from))?;
    }
    println!("Its pictures are in {}.", folder.display());
    Ok(())
}
