//! The files of a new repository: which of this one's they are, and what is another there. It
//! reads what git tracks, and writes nothing.

use std::path::Path;

use anyhow::Context as _;
use regex_lite::Regex;

use super::engine::Engine;
use super::manifest::manifest;
use super::names::Names;
use cfnkit_tools::git;

/// What comes along, files and directories, and where it goes.
const TAKEN: [(&str, &str); 20] = [
    (".cfnlintrc", ".cfnlintrc"),
    (".clippy.toml", ".clippy.toml"),
    (".github/dependabot.yml", ".github/dependabot.yml"),
    (".github/workflows/ci.yml", ".github/workflows/ci.yml"),
    (
        ".github/workflows/deploy.yml",
        ".github/workflows/deploy.yml",
    ),
    (".gitignore", ".gitignore"),
    ("LICENSE", "LICENSE"),
    ("LICENSE-APACHE", "LICENSE-APACHE"),
    ("LICENSE-MIT", "LICENSE-MIT"),
    ("deny.toml", "deny.toml"),
    ("rust-toolchain.toml", "rust-toolchain.toml"),
    ("handler/Cargo.toml", "handler/Cargo.toml"),
    ("handler/rig/", "handler/rig/"),
    ("handler/src/", "handler/src/"),
    ("handler/tests/", "handler/tests/"),
    ("infra/cfn/", "infra/cfn/"),
    ("infra/guard/", "infra/guard/"),
    ("infra/stages/", "infra/stages/"),
    ("xtask/new/", ""),
    ("xtask/src/service.rs", "xtask/src/service.rs"),
];

/// The example's own tool is the form of any; its service is another.
const EXAMPLE: &str = "examples/intake/";
const EXAMPLES: [&str; 5] = [
    ".cargo/config.toml",
    "xtask/Cargo.toml",
    "xtask/aws/Cargo.toml",
    "xtask/aws/src/main.rs",
    "xtask/src/main.rs",
];

/// A text of a file: from its first words until others, which stay, or of the first alone. What is
/// about this repository alone is another or nothing in a new one.
struct Edit {
    file: &'static str,
    from: &'static str,
    until: &'static str,
    to: &'static str,
}

const fn edit(
    file: &'static str,
    from: &'static str,
    until: &'static str,
    to: &'static str,
) -> Edit {
    Edit {
        file,
        from,
        until,
        to,
    }
}

const CI: &str = ".github/workflows/ci.yml";
const DEPLOY: &str = ".github/workflows/deploy.yml";
const DEPENDABOT: &str = ".github/dependabot.yml";

const EDITS: [Edit; 12] = [
    edit(
        CI,
        "      - name: Install what runs arm64 binaries\n",
        "      - name: Install the toolchain",
        "",
    ),
    edit(
        CI,
        "      - name: Run every test, with a local cloud\n",
        "\n  package:\n",
        "      - name: Run every test\n        \
         run: cargo test --workspace --locked\n      \
         - name: Deploy to a local cloud, send it requests, and take it down\n        \
         run: |\n          \
         cargo xtask deploy --local\n          \
         cargo xtask smoke --local\n          \
         cargo xtask destroy --local\n          \
         cargo xtask local down\n",
    ),
    edit(CI, "  bench:\n", "  conclusion:\n", ""),
    edit(CI, "difference, bench]", "", "difference]"),
    edit(
        DEPLOY,
        "      - name: Run every test, with a local cloud\n",
        "\n  dev:\n",
        "      - name: Run every test\n        run: cargo test --workspace --locked\n",
    ),
    edit(
        DEPENDABOT,
        "      - /handler/bench\n",
        "    schedule:\n",
        "",
    ),
    edit(
        DEPENDABOT,
        "  # The tools of the checks",
        "  - package-ecosystem: github-actions\n",
        "",
    ),
    edit(
        "deny.toml",
        "  { crate = \"http@0.2\"",
        "  { crate = \"rand_core@0.6\"",
        "",
    ),
    edit(
        "deny.toml",
        "  { crate = \"roxmltree@0.14\"",
        "  { crate = \"sha1@0.10\"",
        "",
    ),
    edit(
        "xtask/src/service.rs",
        ", and tests this repository",
        "",
        "",
    ),
    edit("handler/src/lib.rs", "the tests, the", " join\n", "tests"),
    edit(
        "infra/cfn/github-oidc.yaml",
        " A test derives",
        "\n  StackPolicy:",
        "",
    ),
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
    let listed = git::ask(root, ["ls-files", "-z"])
        .with_context(|| format!("git does not list the files of `{}`", root.display()))?;
    let listed = String::from_utf8(listed).context("the name of a file is not Unicode")?;
    let mut files = Vec::new();
    for from in listed.split('\0') {
        let Some(to) = place_of(from) else {
            continue;
        };
        let text = std::fs::read_to_string(root.join(from))
            .with_context(|| format!("cannot read `{from}`"))?;
        check_noun(from, &text, names)?;
        let text = match from.starts_with(EXAMPLE) {
            true => as_tool_of(&names.service, &text),
            false => names.put_into(&edited(from, text)?),
        };
        let text = text.replace(" xtask-aws ", &format!(" {}-xtask-aws ", names.service));
        let path = names.put_into(&to);
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

fn place_of(from: &str) -> Option<String> {
    if let Some(example) = from.strip_prefix(EXAMPLE) {
        return EXAMPLES.contains(&example).then(|| example.to_owned());
    }
    let (taken, place) = TAKEN.iter().find(|(taken, _)| match taken.ends_with('/') {
        true => from.starts_with(taken),
        false => from == *taken,
    })?;
    Some(format!("{place}{}", &from[taken.len()..]))
}

/// Refuses a noun that a module or type of the handler has.
fn check_noun(from: &str, text: &str, names: &Names) -> anyhow::Result<()> {
    let noun = &names.noun;
    if from.strip_prefix("handler/src/") == Some(&format!("{noun}.rs")) && noun != "movie" {
        anyhow::bail!("`{from}` is there already; choose another noun than `{noun}` with `--noun`");
    }
    let domain_type = names.domain_type();
    let same_type = Regex::new(&format!("(struct|enum|trait) {domain_type}\\b"))?;
    if from.starts_with("handler/src/") && noun != "movie" && same_type.is_match(text) {
        anyhow::bail!(
            "`{from}` has a type `{domain_type}` already; choose another noun than `{noun}` with \
             `--noun`"
        );
    }
    Ok(())
}

fn as_tool_of(service: &str, text: &str) -> String {
    let text = text.replace("intake-", &format!("{service}-"));
    text.replace("intake_", &format!("{}_", service.replace('-', "_")))
}

fn edited(file: &str, mut text: String) -> anyhow::Result<String> {
    for edit in EDITS.iter().filter(|edit| edit.file == file) {
        let found = text.find(edit.from).and_then(|begin| {
            let after = begin + edit.from.len();
            Some(begin..after + text[after..].find(edit.until)?)
        });
        let found = found.with_context(|| {
            format!(
                "`{file}` has no `{}` with `{}` after it; mend `EDITS` in \
                 xtask/src/new/repository.rs",
                edit.from.trim(),
                edit.until.trim()
            )
        })?;
        text.replace_range(found, edit.to);
    }
    Ok(text)
}
