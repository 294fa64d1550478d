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
    /// Where a reader's things are kept beside this computer.
    #[command(subcommand)]
    Remote(RemoteCommand),
    /// The model server that may rewrite a reader's chapters. Off until it is set.
    #[command(subcommand)]
    Model(ModelCommand),
    /// Bring a reader's computers together, now.
    Sync {
        /// Only tell what a sync would do, with its requests and bytes.
        #[arg(long)]
        dry_run: bool,
        /// Look too whether a book is published by now. Where none was, that is done once a day by itself.
        #[arg(long)]
        look_for_book: bool,
    },
    /// A reader's computers.
    #[command(subcommand)]
    Computer(ComputerCommand),
    /// Backups of the database, of which the window makes one a day and keeps 7.
    #[command(subcommand)]
    Backup(BackupCommand),
    /// What is on this computer, and what waits to be synced, in a few lines.
    Status,
    /// What somebody who is to help has to know: versions, counts, settings, the last errors. It names nobody and no place.
    Diagnostics,
    /// Tools for authors.
    #[command(subcommand)]
    Book(BookCommand),
    /// Newer versions of Primer.
    #[command(subcommand)]
    Update(UpdateCommand),
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
        /// Have it rewritten by the model that is set, and wait for that. A chapter that is rewritten already is opened
        /// as it is.
        #[arg(long, conflicts_with = "original")]
        rewrite: bool,
        /// Have it rewritten although it is. The earlier text can be opened again with “primer model undo NUMBER --earlier”.
        #[arg(long, requires = "rewrite")]
        again: bool,
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
pub enum RemoteCommand {
    /// Add a bucket or a folder.
    #[command(subcommand)]
    Add(AddRemoteCommand),
    /// List the remotes with their last syncs.
    List,
    /// Forget a remote on this computer; what is in it stays there.
    Remove { id: String },
    /// Leave a remote alone until it is resumed.
    Pause { id: String },
    /// Sync with a paused remote again.
    Resume { id: String },
    /// Do once what a sync does, set what can be set, and say the rest.
    Doctor {
        /// Which; otherwise the only one.
        id: Option<String>,
    },
    /// Tell in plain words what a remote holds for the reader; changes nothing.
    Inspect {
        /// Which; otherwise the only one.
        id: Option<String>,
    },
}

#[derive(Subcommand)]
pub enum ModelCommand {
    /// Use this server from now on. A key comes from the variable PRIMER_MODEL_KEY or standard input; many servers want
    /// none. Asks nobody, and says what rewriting will send.
    Set {
        /// The server's address, such as http://localhost:11434.
        #[arg(long)]
        url: String,
        /// The model's name there.
        #[arg(long, value_name = "NAME")]
        model: String,
        /// How much the model takes at once there (8192).
        #[arg(long, value_name = "TOKENS")]
        context: Option<u32>,
        /// How many chapters a minute it may be asked for while nobody waits for them (3).
        #[arg(long, value_name = "CHAPTERS")]
        per_minute: Option<u32>,
    },
    /// Use none, and forget the key. What was rewritten stays.
    Off,
    /// List the models of the server that is set, or of another one.
    List {
        #[arg(long)]
        url: Option<String>,
    },
    /// Have one short paragraph written, to see that it works.
    Test,
    /// Show what is set, and what rewriting sends.
    Show,
    /// List the chapters that are to be rewritten once the window is open and the server is there.
    Queue,
    /// Open a chapter as it was before it was rewritten, on all of the reader's computers.
    Undo {
        number: u32,
        /// Only as it was before it was rewritten again.
        #[arg(long)]
        earlier: bool,
    },
}

#[derive(Subcommand)]
pub enum AddRemoteCommand {
    /// A bucket of any S3-compatible server. Its secret comes from the variable PRIMER_S3_SECRET or standard input.
    S3 {
        /// The server's address, such as https://s3.example.org.
        #[arg(long, value_name = "URL")]
        endpoint: String,
        #[arg(long)]
        bucket: String,
        /// Put before every key.
        #[arg(long, default_value = "")]
        prefix: String,
        #[arg(long, default_value = "us-east-1")]
        region: String,
        #[arg(long, value_name = "ID", env = "PRIMER_S3_ACCESS_KEY_ID", default_value = "")]
        access_key_id: String,
        /// Certificate authorities to trust besides the system's (PEM).
        #[arg(long, value_name = "FILE")]
        ca: Option<PathBuf>,
        /// Where the bucket's name stands in an address.
        #[arg(long, value_enum, default_value_t = StyleChoice::Auto)]
        style: StyleChoice,
        /// A proxy for this server alone.
        #[arg(long, value_name = "URL")]
        proxy: Option<String>,
    },
    /// A folder: a USB stick, a share of the local network.
    Folder {
        path: PathBuf,
        /// Below it.
        #[arg(long, default_value = "")]
        prefix: String,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum StyleChoice {
    Auto,
    Path,
    Host,
}

#[derive(Subcommand)]
pub enum ComputerCommand {
    /// List a reader's computers.
    List,
    /// Write a file with which another installation joins this reader. It holds the key to the remote.
    Export {
        /// Where to; otherwise the standard output.
        file: Option<PathBuf>,
        /// The remote through which the two meet, as “primer remote list” names it; otherwise one that is synced with and
        /// where the last sync went well, if there is one.
        #[arg(long, value_name = "ID")]
        remote: Option<String>,
    },
    /// Bring the reader of such a file to this computer (- reads standard input).
    Join {
        file: PathBuf,
        /// Keep the readers of this computer apart from the one who joins. Without it, the only reader, or the one of
        /// --user, is taken for the same person, and what they answered here is merged.
        #[arg(long)]
        separate: bool,
        /// Where the folder in which they sync is on this computer, if its path is another one here.
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Take a computer that is no more out of the remote; what it had is kept.
    Forget { id: String },
}

#[derive(Subcommand)]
pub enum BackupCommand {
    /// Make one now.
    Make,
    /// List them, the one made last first.
    List,
    /// Go back to one. The database of now is moved to the folder “damaged” and what was written since then is lost; it is
    /// told how much.
    Restore {
        /// As the list names it, such as 2026-01-31; otherwise the newest that is whole.
        #[arg(value_name = "DAY")]
        day: Option<String>,
    },
}

/// What is published, and where.
#[derive(Args)]
pub struct Publish {
    pub folder: PathBuf,
    /// One of the places that “primer remote list” shows.
    #[arg(long, value_name = "REMOTE")]
    pub to: Option<String>,
    /// Only tell what would be done.
    #[arg(long, global = true)]
    pub dry_run: bool,
    #[command(subcommand)]
    pub place: Option<Box<AddRemoteCommand>>,
}

#[derive(Args)]
pub struct PublishBook {
    #[command(flatten)]
    pub wanted: Publish,
    /// Leave the objects of all earlier editions there.
    #[arg(long, global = true)]
    pub keep_old: bool,
}

#[derive(Subcommand)]
pub enum BookCommand {
    /// Find every fault of a book, and what its conditions prove.
    Check { folder: PathBuf },
    /// Publish a book where readers sync: their computers fetch the newer edition. Without --to, name a folder or a server
    /// as “primer remote add” does. Objects of earlier editions that nobody needs any more are removed there.
    Publish(PublishBook),
    /// List the open book, and the published ones that are known.
    List {
        /// Ask the places where the reader syncs which books are published there.
        #[arg(long)]
        look: bool,
    },
}

#[derive(Subcommand)]
pub enum UpdateCommand {
    /// Ask whether there is a newer Primer, signed by the publisher of this one. Installs nothing.
    Check {
        /// The address or the file of a manifest, with its signature beside it, in place of the publisher's and of the places
        /// where the readers sync.
        #[arg(long, value_name = "URL|FILE")]
        manifest: Option<String>,
    },
    /// Publish a newer Primer where readers sync: the manifest in this folder, its signature, and the packages it names.
    /// Without --to, name a folder or a server as “primer remote add” does.
    Publish(Publish),
}
