//! The files of a new repository: which of this one's they are, and what is another there. It
//! reads what git tracks, and writes nothing.

use std::path::Path;

use anyhow::Context as _;
use regex_lite::Regex;

use super::engine::Engine;
use super::manifest::manifest;
use super::names::Names;
use cfnkit_tools::git;

/// What comes along, as git's pathspecs.
const TAKEN: &str = ".cfnlintrc .clippy.toml .github/dependabot.yml .github/workflows/ci.yml \
    .github/workflows/deploy.yml .gitignore LICENSE LICENSE-APACHE LICENSE-MIT deny.toml \
    handler/Cargo.toml handler/rig handler/src handler/tests infra/cfn infra/guard infra/stages \
    rust-toolchain.toml xtask/new xtask/src/service.rs examples/intake/.cargo \
    examples/intake/xtask :!examples/intake/xtask/src/service.rs";

/// The example's own tool is the form of any.
const EXAMPLE: &str = "examples/intake/";

const CI: &str = ".github/workflows/ci.yml";
const DEPLOY: &str = ".github/workflows/deploy.yml";
const DEPENDABOT: &str = ".github/dependabot.yml";

const TESTS: &str = "run: cargo test --workspace --locked
      - name: Deploy to a local cloud, send it requests, and take it down
        run: |
          cargo xtask deploy --local
          cargo xtask smoke --local
          cargo xtask destroy --local
          cargo xtask local down
";

/// What is about this repository alone, and another text in a new one, or none: of a file, from
/// the first words until the second, which stay.
const EDITS: [(&str, &str, &str, &str); 15] = [
    (CI, "Install what", "Install the tool", ""),
    (CI, ", with a local cloud", "\n", ""),
    (CI, "run: cargo xtask test", "\n  package:\n", TESTS),
    (CI, ", and what of it a Mac", "\n", ""),
    (CI, " --macos", "\n", ""),
    (CI, "  # Where most", "  difference:\n", ""),
    (CI, " macos,", " difference", ""),
    (CI, "  bench:\n", "  conclusion:\n", ""),
    (CI, ", bench]", "", "]"),
    (DEPLOY, ", with a local cloud", "\n", ""),
    (DEPLOY, "xtask test", "\n", "test --workspace --locked"),
    (DEPENDABOT, "      - /handler/b", "    schedule", ""),
    (DEPENDABOT, "  # The tools", "  - package-ecosystem: g", ""),
    ("handler/src/lib.rs", "the tests, the", " join\n", "tests"),
    ("xtask/src/service.rs", ", and tests", "\"", ""),
];

/// A file of the new repository.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The files, as they are in this working tree, under the new names.
///
/// # Errors
///
/// Git does not answer, a file cannot be read, or has not what is to be another there; or the noun
/// is taken.
pub(crate) fn files(root: &Path, names: &Names, engine: &Engine) -> anyhow::Result<Vec<File>> {
    let list = ["ls-files", "-z", "--error-unmatch", "--"];
    let listed = git::ask(root, list.into_iter().chain(TAKEN.split_whitespace()))
        .with_context(|| format!("git does not list the files of `{}`", root.display()))?;
    let listed = String::from_utf8(listed).context("the name of a file is not Unicode")?;
    let mut files = Vec::new();
    for from in listed.split('\0').filter(|from| !from.is_empty()) {
        let text = std::fs::read_to_string(root.join(from))
            .with_context(|| format!("cannot read `{from}`"))?;
        check_noun(from, &text, names)?;
        let service = &names.service;
        let text = match from.starts_with(EXAMPLE) {
            true => text
                .replace("intake-", &format!("{service}-"))
                .replace("intake_", &format!("{}_", service.replace('-', "_"))),
            false => names.put_into(&edited(from, text)?),
        };
        let text = text.replace(" xtask-aws ", &format!(" {service}-xtask-aws "));
        let moved = ["xtask/new/", EXAMPLE].map(|directory| from.strip_prefix(directory));
        let path = names.put_into(moved.into_iter().flatten().next().unwrap_or(from));
        files.push(File { path, text });
    }
    if let Engine::Git { url, .. } = engine
        && let Some(rules) = files.iter_mut().find(|file| file.path == "deny.toml")
    {
        rules.text += &format!("allow-git = [{url:?}]\n");
    }
    let own =
        std::fs::read_to_string(root.join("Cargo.toml")).context("cannot read `Cargo.toml`")?;
    let members = files
        .iter()
        .filter(|file| file.path.ends_with("Cargo.toml"));
    let members: Vec<&str> = members.map(|file| file.text.as_str()).collect();
    let text = manifest(&own, &members, engine);
    let path = "Cargo.toml".to_owned();
    files.push(File { path, text });
    Ok(files)
}

/// Refuses a noun that a module or type of the handler has.
fn check_noun(from: &str, text: &str, names: &Names) -> anyhow::Result<()> {
    let (noun, domain_type) = (&names.noun, names.domain_type());
    let Some(module) = from
        .strip_prefix("handler/src/")
        .filter(|_| noun != "movie")
    else {
        return Ok(());
    };
    let same_type = Regex::new(&format!("(struct|enum|trait) {domain_type}\\b"))?;
    if module == format!("{noun}.rs") || same_type.is_match(text) {
        anyhow::bail!(
            "`{from}` has the name `{noun}` or `{domain_type}` already; choose another with \
             `--noun`"
        );
    }
    Ok(())
}

fn edited(file: &str, mut text: String) -> anyhow::Result<String> {
    for (_, from, until, to) in EDITS.iter().filter(|edit| edit.0 == file) {
        let found = text.find(from).and_then(|begin| {
            let after = begin + from.len();
            Some(begin..after + text[after..].find(until)?)
        });
        let found = found.with_context(|| {
            format!(
                "`{file}` has no `{}` with `{}` after it; mend `EDITS` in \
                 xtask/src/new/repository.rs",
                from.trim(),
                until.trim()
            )
        })?;
        text.replace_range(found, to);
    }
    Ok(text)
}
