//! Writes the manual pages and the shells' completions of `primer`, and the notices of the syntax definitions that are in
//! it, into the folder that is named, for the packages.

#[path = "../src/arguments.rs"]
mod arguments;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use arguments::Arguments;
use clap::CommandFactory;
use clap_complete::Shell;

/// Where each shell looks, below /usr/share, and what it expects the file to be called.
const COMPLETIONS: [(Shell, &str); 3] = [
    (Shell::Bash, "bash-completion/completions/primer"),
    (Shell::Zsh, "zsh/vendor-completions/_primer"),
    (Shell::Fish, "fish/vendor_completions.d/primer.fish"),
];

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("Name the folder for the pages.");
        return ExitCode::FAILURE;
    };
    match write(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("The pages could not be written into {}: {error}.", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path) -> io::Result<()> {
    let mut command = Arguments::command();
    for (shell, place) in COMPLETIONS {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut command, "primer", &mut text);
        write_file(&folder.join(place), &text)?;
    }
    write_file(&folder.join("syntaxes.md"), two_face::acknowledgement::listing().to_md().as_bytes())?;
    let pages = folder.join("man/man1");
    fs::create_dir_all(&pages)?;
    clap_mangen::generate_to(command, pages)
}

fn write_file(file: &Path, text: &[u8]) -> io::Result<()> {
    fs::create_dir_all(file.parent().unwrap_or(file))?;
    fs::write(file, text)
}
