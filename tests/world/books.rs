//! A book in a folder, which a test revises as its author would.

use std::fs;
use std::path::{Path, PathBuf};

/// Chapter 1 asks for Python, chapter 2 for a lidar, chapter 3 asks nothing.
pub const CHAPTERS: [&str; 3] = [
    "# Walking\n\nCommon words of chapter one.\n\n::: when python < intermediate {#pace label=\"New to Python\"}\nSlowly, with every step.\n::: otherwise when python = intermediate {label=\"Some Python\"}\nAt a good pace.\n::: otherwise {label=\"Much Python\"}\nIn one leap.\n:::\n\nThe end of one.\n",
    "# Seeing\n\nCommon words of chapter two.\n\n::: when hardware has lidar {#scan}\nTurn on your lidar.\n::: otherwise\nImagine a lidar.\n:::\n",
    "# Resting\n\nThe same for everybody, with $x^2$ in it.\n",
];

pub struct BookOnDisk {
    pub folder: PathBuf,
    id: String,
    chapters: Vec<(u32, String)>,
}

impl BookOnDisk {
    /// Three chapters in their first version.
    pub fn write(folder: &Path) -> BookOnDisk {
        let chapters = CHAPTERS.iter().map(|text| (1, (*text).to_owned())).collect();
        let book = BookOnDisk { folder: folder.to_owned(), id: "test-book".to_owned(), chapters };
        book.save();
        book
    }

    pub fn another(folder: &Path, id: &str) -> BookOnDisk {
        let mut book = BookOnDisk::write(folder);
        book.id = id.to_owned();
        for (_, text) in &mut book.chapters {
            text.push_str("\nThis is the other book.\n");
        }
        book.save();
        book
    }

    /// The author writes another edition of a chapter, newer or (as when a book is installed back) older.
    pub fn revise(&mut self, chapter: usize, version: u32) {
        let text = format!("{}\nThis is edition {version}.\n", CHAPTERS[chapter - 1]);
        let text = if version == 1 { CHAPTERS[chapter - 1].to_owned() } else { text };
        self.chapters[chapter - 1] = (version, text);
        self.save();
    }

    pub fn write_chapter(&mut self, chapter: usize, version: u32, text: &str) {
        self.chapters[chapter - 1] = (version, text.to_owned());
        self.save();
    }

    fn save(&self) {
        fs::create_dir_all(&self.folder).unwrap();
        let mut manifest = format!(
            "id = \"{}\"\ntitle = \"A test book\"\nlanguage = \"en\"\nauthors = [\"T\"]\nlicence = \"CC0-1.0\"\n",
            self.id
        );
        for (index, (version, text)) in self.chapters.iter().enumerate() {
            let id = index + 1;
            manifest.push_str(&format!(
                "\n[[chapter]]\nid = {id}\ntitle = \"Chapter {id}\"\nslug = \"chapter-{id}\"\nversion = {version}\nfile = \"{id}.md\"\n"
            ));
            fs::write(self.folder.join(format!("{id}.md")), text).unwrap();
        }
        fs::write(self.folder.join("book.toml"), manifest).unwrap();
    }
}
