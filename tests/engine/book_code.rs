//! The code in the bundled book: it runs, it compiles, and it prints what the book says it prints. In all branches.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use yaml_rust2::YamlLoader;

/// One fenced block of a chapter.
#[derive(Debug, Clone)]
struct Block {
    file: String,
    line: usize,
    /// What stands behind the fence, such as `python run`.
    info: String,
    code: String,
    /// What the book says it prints.
    output: Option<String>,
}

impl Block {
    fn place(&self) -> String {
        format!("book/{}:{} ({})", self.file, self.line, self.info)
    }
}

fn book() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book")
}

/// Every block of the book, whatever branch it stands in.
fn blocks() -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (file, bytes) in crate::world::folders::files(&book()) {
        if !file.starts_with("0") || !file.ends_with(".md") {
            continue;
        }
        let text = String::from_utf8(bytes).unwrap();
        let (mut open, mut only_blank_since) = (None::<(usize, usize, Block)>, false);
        for (index, line) in text.lines().enumerate() {
            let unindented = line.trim_start();
            let fence = unindented.bytes().take_while(|byte| *byte == b'`').count();
            match &mut open {
                None if fence >= 3 => {
                    let info = unindented[fence..].trim().to_owned();
                    let block = Block {
                        file: file.clone(),
                        line: index + 1,
                        info,
                        code: String::new(),
                        output: None,
                    };
                    open = Some((fence, line.len() - unindented.len(), block));
                }
                None => only_blank_since &= line.trim().is_empty(),
                Some((length, _, _)) if fence >= *length && unindented[fence..].trim().is_empty() => {
                    let Some((_, _, block)) = open.take() else { unreachable!() };
                    if block.info == "text output" {
                        let last =
                            blocks.last_mut().filter(|last| last.file == file && last.info.ends_with(" run"));
                        let run = last.unwrap_or_else(|| panic!("{}: the output of what?", block.place()));
                        assert!(only_blank_since, "{}: stands apart from its code", block.place());
                        assert!(run.output.replace(block.code).is_none(), "{}: a second output", run.place());
                    } else {
                        blocks.push(block);
                    }
                    only_blank_since = true;
                }
                Some((_, indent, block)) => {
                    block.code.push_str(line.get(*indent..).unwrap_or(""));
                    block.code.push('\n');
                }
            }
        }
        assert!(open.is_none(), "{file}: a fence is never closed");
    }
    assert!(blocks.len() > 80, "{} blocks", blocks.len());
    blocks
}

fn of(info: &str) -> Vec<Block> {
    let found: Vec<Block> = blocks().into_iter().filter(|block| block.info == info).collect();
    assert!(!found.is_empty(), "the book has no {info}");
    found
}

/// Tries every block over two threads; all that failed at once.
fn try_all(blocks: Vec<Block>, work: impl Fn(&Block) -> Result<(), String> + Sync) {
    let (left, failed) = (Mutex::new(blocks), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(block) = left.lock().unwrap().pop() else { break };
                    if let Err(why) = work(&block) {
                        failed.lock().unwrap().push(format!("{}:\n{why}", block.place()));
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

/// Runs a program for at most a minute.
fn run(program: &str, arguments: &[&str], folder: &Path) -> Result<String, String> {
    let output: Output = Command::new("timeout")
        .args(["60", program])
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    // `timeout` says 127 when there is no such program.
    assert!(
        output.status.code() != Some(127),
        "{program} is missing: run cargo xtask test, which installs it"
    );
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        Ok(said.into_owned())
    } else {
        Err(format!("{}\n{said}\n{complained}", output.status))
    }
}

fn prints_what_the_book_says(block: &Block, printed: &str) -> Result<(), String> {
    match &block.output {
        Some(expected) if expected.trim_end() != printed.trim_end() => {
            Err(format!("the book says it prints\n{expected}\nbut it prints\n{printed}"))
        }
        _ => Ok(()),
    }
}

#[test]
fn every_kind_of_code_in_the_book_is_one_that_is_checked_here() {
    let checked = [
        "python run",
        "python ros",
        "cpp run",
        "cpp compile",
        "cpp ros",
        "typescript run",
        "json",
        "xml",
        "yaml",
        "bash",
        "text",
        "csharp",
    ];
    for block in blocks() {
        assert!(checked.contains(&block.info.as_str()), "{}: is not checked", block.place());
    }
}

#[test]
fn python_that_runs_prints_what_the_book_says() {
    try_all(of("python run"), |block| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("example.py"), &block.code).unwrap();
        let printed = run("python3", &["-W", "error", "example.py"], folder.path())?;
        prints_what_the_book_says(block, &printed)
    });
}

#[test]
fn python_that_needs_ros_compiles() {
    try_all(of("python ros"), |block| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("example.py"), &block.code).unwrap();
        run("python3", &["-W", "error", "-m", "py_compile", "example.py"], folder.path()).map(|_| ())
    });
}

const CPP: [&str; 4] = ["-std=c++20", "-Wall", "-Wextra", "-Werror"];

#[test]
fn cpp_that_runs_prints_what_the_book_says_and_compiles_without_a_warning() {
    let mut blocks = of("cpp run");
    blocks.extend(of("cpp compile"));
    try_all(blocks, |block| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("example.cpp"), &block.code).unwrap();
        if block.info == "cpp compile" {
            return run("g++", &[&CPP[..], &["-c", "example.cpp"]].concat(), folder.path()).map(|_| ());
        }
        run("g++", &[&CPP[..], &["example.cpp", "-o", "example", "-pthread"]].concat(), folder.path())?;
        let printed = run("./example", &[], folder.path())?;
        prints_what_the_book_says(block, &printed)
    });
}

#[test]
fn typescript_that_runs_is_well_typed_and_prints_what_the_book_says() {
    let compiler = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/node_modules/.bin/tsc");
    assert!(compiler.exists(), "tsc is missing: run cargo xtask test, which installs it");
    let folder = tempfile::tempdir().unwrap();
    let mut blocks = of("typescript run");
    for (index, block) in blocks.iter_mut().enumerate() {
        fs::write(folder.path().join(format!("example{index}.ts")), &block.code).unwrap();
    }
    // One run of the compiler for all of them; each is a module of its own.
    let config = r#"{"compilerOptions": {"strict": true, "noEmitOnError": true, "target": "es2022", "module": "es2022",
        "moduleResolution": "bundler", "moduleDetection": "force", "lib": ["es2022", "dom"], "types": [], "outDir": "out"}}"#;
    fs::write(folder.path().join("tsconfig.json"), config).unwrap();
    fs::create_dir(folder.path().join("out")).unwrap();
    fs::write(folder.path().join("out/package.json"), r#"{"type": "module"}"#).unwrap();
    let compiled = run(compiler.canonicalize().unwrap().to_str().unwrap(), &["-p", "."], folder.path());
    compiled.unwrap_or_else(|errors| {
        let places: Vec<String> = blocks
            .iter()
            .enumerate()
            .map(|(index, block)| format!("example{index}.ts is {}", block.place()))
            .collect();
        panic!("{errors}\n{}", places.join("\n"))
    });
    // The number of a block is told by its place among the others.
    for (index, block) in blocks.iter_mut().enumerate() {
        block.info = format!("typescript run, example{index}");
    }
    try_all(blocks, |block| {
        let (_, name) = block.info.rsplit_once(' ').unwrap();
        let printed = run("node", &[&format!("out/{name}.js")], folder.path())?;
        prints_what_the_book_says(block, &printed)
    });
}

#[test]
fn shell_commands_are_written_without_a_slip_of_syntax() {
    try_all(of("bash"), |block| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("example.sh"), &block.code).unwrap();
        run("bash", &["-n", "example.sh"], folder.path()).map(|_| ())
    });
}

#[test]
fn json_and_yaml_are_well_formed() {
    try_all(of("json"), |block| {
        serde_json::from_str::<serde_json::Value>(&block.code).map(|_| ()).map_err(|error| error.to_string())
    });
    try_all(of("yaml"), |block| {
        YamlLoader::load_from_str(&block.code).map(|_| ()).map_err(|error| error.to_string())
    });
}

#[test]
fn xml_is_well_formed() {
    // A fragment may have several roots and prefixes that its surroundings declare.
    let parse = "import sys, re, xml.etree.ElementTree as ET\ntext = open('example.xml').read()\n\
        if not text.startswith('<?xml'):\n    names = set(re.findall(r'</?(\\w+):', text)) | set(re.findall(r'\\s(\\w+):\\w+=', text))\n    \
        text = '<r ' + ' '.join(f'xmlns:{n}=\"urn:{n}\"' for n in names if n != 'xmlns') + '>' + text + '</r>'\n\
        ET.fromstring(text)\n";
    try_all(of("xml"), |block| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("example.xml"), &block.code).unwrap();
        run("python3", &["-c", parse], folder.path()).map(|_| ())
    });
}

#[test]
fn the_checks_themselves_notice_code_that_fails_or_prints_something_else() {
    let block = Block {
        file: "x.md".to_owned(),
        line: 1,
        info: "python run".to_owned(),
        code: String::new(),
        output: Some("1\n2\n".to_owned()),
    };
    assert!(prints_what_the_book_says(&block, "1\n2\n").is_ok());
    for other in ["", "1\n", "1\n2\n3\n", "1 2\n", " 1\n2\n"] {
        assert!(prints_what_the_book_says(&block, other).is_err(), "{other:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(run("python3", &["-c", "raise SystemExit(3)"], folder.path()).is_err());
    assert!(run("python3", &["-W", "error", "-c", "'\\d'"], folder.path()).is_err());
}
