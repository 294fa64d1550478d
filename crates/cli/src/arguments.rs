//! The commands and their arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// A textbook on your own computer that adapts to its reader.
#[derive(Parser)]
#[command(name = "primer", version, about, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Args)]
pub struct Global {
    /// The data folder, if not the usual one.
    #[arg(long, global = true, env = "PRIMER_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Read this folder's book instead of the installed one.
    #[arg(long, global = true, env = "PRIMER_BOOK", value_name = "DIR")]
    pub book: Option<PathBuf>,
    /// Answer in JSON, errors too.
    #[arg(long, global = true)]
    pub json: bool,
    /// For which reader; otherwise the only one, or the one who read last.
    #[arg(long, global = true, value_name = "ID")]
    pub user: Option<String>,
}

#[derive(Subcommand)]
pub enum Command {
    /// Print the profile hash of a JSON file with the four fields (- reads standard input).
    Hash { file: PathBuf },
    /// The readers of this computer.
    #[command(subcommand)]
    User(UserCommand),
    /// A reader's background.
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// The chapters of the book.
    #[command(subcommand)]
    Chapter(ChapterCommand),
    /// The stored texts.
    #[command(subcommand)]
    Cache(CacheCommand),
    /// What is on this computer, in a few lines.
    Status,
    /// Tools for authors.
    #[command(subcommand)]
    Book(BookCommand),
}

#[derive(Subcommand)]
pub enum UserCommand {
    /// Add a reader.
    Add { name: String },
    /// List the readers.
    List,
}

#[derive(Subcommand)]
pub enum ProfileCommand {
    /// Save the background that a JSON file gives (- reads standard input).
    Set { file: PathBuf },
    /// Show the background.
    Show,
}

#[derive(Subcommand)]
pub enum ChapterCommand {
    /// List the chapters with their states.
    List,
    /// Open a chapter, writing it first if that is needed.
    Open {
        number: u32,
        /// The text as Markdown (the default).
        #[arg(long, conflicts_with = "html")]
        markdown: bool,
        /// The text as HTML.
        #[arg(long)]
        html: bool,
        /// The chapter as its author wrote it for somebody new.
        #[arg(long)]
        original: bool,
    },
}

#[derive(Subcommand)]
pub enum CacheCommand {
    /// List the stored texts.
    List,
    /// Read every stored text and set aside what is damaged.
    Verify,
    /// Remove texts that were opened longest ago, never a fresh one.
    Evict {
        /// How many bytes may stay.
        #[arg(long, value_name = "BYTES")]
        keep: u64,
    },
}

#[derive(Subcommand)]
pub enum BookCommand {
    /// Find every fault of a book, and what its conditions prove.
    Check { folder: PathBuf },
}
