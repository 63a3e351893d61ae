//! `rename`: this repository made a team's own service, once.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use regex_lite::Regex;
use xshell::{Shell, cmd};

use crate::rename::{Chosen, Names, Renaming, without_the_command};
use cfnkit_console::consent::Consent;
use cfnkit_console::interrupt::Interrupts;
use cfnkit_console::screen;
use cfnkit_tools::git;
use cfnkit_tools::workspace::Workspace;

/// Make this repository your own service: its names, its type, its function, its table's key.
///
/// Says what it would change, and asks. It changes every file that git knows,
/// renames those called after the noun, formats the code, and removes itself,
/// because there is nothing to rename a second time. The tree has to be clean, so
/// that `git diff` shows what was done and `git checkout` takes it back.
///
///   cargo xtask rename order
///   cargo xtask rename booking --service hotel-bookings --key bookingId
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Rename {
    /// One of what the table will hold, a single word: `order`.
    noun: String,

    /// Many of them [default: by English's rule].
    #[arg(long)]
    plural: Option<String>,

    /// The service: first part of the stacks' names, and their tag `service`
    /// [default: the plural].
    #[arg(long, value_name = "NAME")]
    service: Option<String>,

    /// The function [default: the service and `_handler`].
    #[arg(long, value_name = "NAME")]
    function: Option<String>,

    /// The table's key, and the member of a body that it is taken from [default: `id`].
    #[arg(long, value_name = "NAME")]
    key: Option<String>,

    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

/// What becomes of one file.
#[derive(Debug)]
struct Edit {
    path: String,
    /// Its path and text afterwards; nothing where it is removed.
    result: Option<(String, String)>,
}

/// Everything that is to be done, in memory.
#[derive(Debug, Default)]
struct Plan {
    edits: Vec<Edit>,
    places: usize,
}

impl Rename {
    pub(crate) async fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        let names = Names::of(Chosen {
            noun: self.noun,
            plural: self.plural,
            service: self.service,
            function: self.function,
            key: self.key,
        })?;
        let _directory = sh.push_dir(workspace.root());
        let files = files(workspace.root())?;
        let plan = Plan::of(workspace.root(), &files, &names)?;
        plan.show(&names);
        let consent = Consent::from_flag(self.yes)?;
        let mut interrupts = Interrupts::listen()?;
        consent
            .obtain("Rename everything?", &mut interrupts)
            .await?;

        let mut written = Written::in_directory(workspace.root());
        let done = plan.write(&mut written).and_then(|()| format_code(sh));
        if let Err(err) = done {
            written
                .undo()
                .context("cannot put the files back; `git checkout . && git clean -d` does")?;
            return Err(err.context("nothing was renamed"));
        }
        screen::say(format!(
            "\nThis is the {} service now. Look at it with `git diff`, then:\n\n  \
             UPDATE_EXPECT=1 cargo test --workspace --lib   # texts whose columns the names move\n  \
             cargo xtask deploy --local\n  \
             cargo xtask test\n\n\
             What its type holds is yours to change: docs/src/extending.md",
            names.service
        ));
        Ok(())
    }
}

/// The files that git knows, if it knows all that is there.
fn files(root: &Path) -> anyhow::Result<Vec<String>> {
    let first = git::line(root, ["status", "--porcelain"]).context(
        "cannot ask git what has changed; where there is no repository, `git init`, \
         `git add --all` and `git commit` make one",
    )?;
    if !first.is_empty() {
        anyhow::bail!(
            "there are changes that are not committed, the first is `{}`; commit or stash them, \
             so that git can take the renaming back",
            first.trim()
        );
    }
    let list = git::ask(root, ["ls-files", "-z"])?;
    let list = String::from_utf8(list).context("the name of a file is not Unicode")?;
    let files = list.split('\0').filter(|file| !file.is_empty());
    Ok(files.map(str::to_owned).collect())
}

impl Plan {
    fn of(root: &Path, files: &[String], names: &Names) -> anyhow::Result<Self> {
        let renaming = Renaming::to(names)?;
        let same_type = format!("(struct|enum|trait) {}\\b", names.domain_type());
        let same_type = Regex::new(&same_type).context("the noun is no expression")?;
        let mut plan = Self::default();
        for path in files {
            let bytes =
                std::fs::read(root.join(path)).with_context(|| format!("cannot read `{path}`"))?;
            // What is no text has no names; there are seeds of the fuzzer like that.
            let Ok(text) = String::from_utf8(bytes) else {
                continue;
            };
            if path.starts_with("handler/src/")
                && names.noun != "movie"
                && same_type.is_match(&text)
            {
                anyhow::bail!(
                    "`{path}` has a type `{}` already; choose another noun than `{}`",
                    names.domain_type(),
                    names.noun
                );
            }
            let result = match without_the_command(path, &text)? {
                None => None,
                Some(rest) => {
                    let (renamed, places) = renaming.text(path, &rest);
                    let to = renaming.path(path);
                    if renamed == text && to == *path {
                        continue;
                    }
                    plan.places += places;
                    Some((to, renamed))
                }
            };
            plan.edits.push(Edit {
                path: path.clone(),
                result,
            });
        }
        plan.check_files(files, names)?;
        Ok(plan)
    }

    /// Refuses a noun that a file is called already.
    fn check_files(&self, files: &[String], names: &Names) -> anyhow::Result<()> {
        let there: BTreeSet<&str> = files.iter().map(String::as_str).collect();
        for edit in &self.edits {
            if let Some((to, _)) = &edit.result
                && *to != edit.path
                && there.contains(to.as_str())
            {
                anyhow::bail!(
                    "`{}` would become `{to}`, which is there already; choose another noun than `{}`",
                    edit.path,
                    names.noun
                );
            }
        }
        Ok(())
    }

    fn show(&self, names: &Names) {
        let moved = self.edits.iter().filter_map(|edit| {
            let (to, _) = edit.result.as_ref()?;
            (*to != edit.path).then(|| format!("  {} -> {to}\n", edit.path))
        });
        let moved: String = moved.collect();
        screen::say(format!(
            "service   {}: stacks `{}-<stage>`, metrics `{}`\n\
             noun      {}, {}: type `{}`\n\
             function  {}\n\
             key       {}\n\n\
             {} files change, in {} places:\n{moved}  \
             `cargo xtask rename` and what belongs to it go",
            names.service,
            names.service,
            names.namespace(),
            names.noun,
            names.plural,
            names.domain_type(),
            names.function,
            names.key,
            self.edits.len(),
            self.places,
        ));
    }

    fn write(&self, written: &mut Written) -> anyhow::Result<()> {
        for edit in &self.edits {
            match &edit.result {
                Some((to, _)) if *to == edit.path => {}
                _ => written.remove(&edit.path)?,
            }
        }
        for (to, text) in self.edits.iter().filter_map(|edit| edit.result.as_ref()) {
            written.write(to, text)?;
        }
        Ok(())
    }
}

/// Names of another length break lines elsewhere, and sort elsewhere.
fn format_code(sh: &Shell) -> anyhow::Result<()> {
    for manifest in [
        "Cargo.toml",
        "handler/bench/Cargo.toml",
        "handler/fuzz/Cargo.toml",
    ] {
        cmd!(sh, "cargo fmt --all --manifest-path {manifest}")
            .quiet()
            .run()
            .with_context(|| format!("the code of `{manifest}` cannot be formatted"))?;
    }
    Ok(())
}

/// Files as they were before they were written, so that a failure leaves no half.
#[derive(Debug)]
struct Written {
    root: PathBuf,
    before: Vec<(PathBuf, Option<Vec<u8>>)>,
}

impl Written {
    fn in_directory(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            before: Vec::new(),
        }
    }

    fn write(&mut self, path: &str, text: &str) -> anyhow::Result<()> {
        let file = self.keep(path)?;
        put(&file, text.as_bytes()).with_context(|| format!("cannot write `{path}`"))
    }

    fn remove(&mut self, path: &str) -> anyhow::Result<()> {
        let file = self.keep(path)?;
        take_away(&file).with_context(|| format!("cannot remove `{path}`"))
    }

    fn keep(&mut self, path: &str) -> anyhow::Result<PathBuf> {
        let file = self.root.join(path);
        let before = match file.exists() {
            true => Some(std::fs::read(&file).with_context(|| format!("cannot read `{path}`"))?),
            false => None,
        };
        self.before.push((file.clone(), before));
        Ok(file)
    }

    /// The last first, so that a file written twice is as it was at the very beginning.
    fn undo(self) -> std::io::Result<()> {
        for (file, before) in self.before.into_iter().rev() {
            match before {
                Some(bytes) => put(&file, &bytes)?,
                None if file.exists() => take_away(&file)?,
                None => {}
            }
        }
        Ok(())
    }
}

fn put(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(directory) = file.parent() {
        std::fs::create_dir_all(directory)?;
    }
    std::fs::write(file, bytes)
}

/// A directory goes with its last file, as git has it.
fn take_away(file: &Path) -> std::io::Result<()> {
    std::fs::remove_file(file)?;
    let parents = file.ancestors().skip(1);
    for directory in
        parents.take_while(|one| one.read_dir().is_ok_and(|mut it| it.next().is_none()))
    {
        std::fs::remove_dir(directory)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_can_be_taken_back() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        put(&path("a/old"), b"old").unwrap();
        put(&path("kept"), b"kept").unwrap();
        let mut written = Written::in_directory(root.path());
        written.remove("a/old").unwrap();
        written.write("b/c/new", "new").unwrap();
        written.write("kept", "changed").unwrap();
        assert!(!path("a").exists());
        // A directory is in the way.
        std::fs::create_dir(path("way")).unwrap();
        assert!(written.write("way", "text").is_err());
        written.undo().unwrap();
        assert_eq!(std::fs::read(path("a/old")).unwrap(), b"old");
        assert_eq!(std::fs::read(path("kept")).unwrap(), b"kept");
        assert!(!path("b").exists());
    }
}
