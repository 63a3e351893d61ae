//! The manifest of a new repository's workspace, out of this one's: the same versions, profiles
//! and lints, without what only the engine uses.

use super::engine::Engine;

/// The packages of a new repository, in the directories of their names.
const MEMBERS: [&str; 4] = ["handler", "handler/rig", "xtask", "xtask/aws"];

/// What its packages have in common; the rest is for crates.io.
const COMMON: [&str; 5] = ["version", "edition", "rust-version", "license", "publish"];

/// `own` is this workspace's manifest, `members` those of the new packages.
pub(crate) fn manifest(own: &str, members: &[&str], engine: &Engine) -> String {
    let is_used = |name: &str| {
        let uses = [
            format!("{name}.workspace = true"),
            format!("{name} = {{ workspace = true"),
        ];
        let mut lines = members.iter().flat_map(|member| member.lines());
        lines.any(|line| uses.iter().any(|one| line.starts_with(one.as_str())))
    };
    let mut section = "";
    let mut written = String::new();
    for line in own.lines() {
        if line.starts_with('[') {
            section = line;
        }
        let name = line.split_once(" = ").map(|(name, _)| name);
        let line = match (section, name) {
            ("[workspace]", Some("members")) => Some(format!("members = {MEMBERS:?}")),
            ("[workspace]", Some("exclude")) => None,
            ("[workspace.package]", Some(name)) if !COMMON.contains(&name) => None,
            ("[workspace.dependencies]", Some(name)) if !is_used(name) => None,
            ("[workspace.dependencies]", Some(name)) => match name.strip_prefix("cfnkit-") {
                Some(directory) => Some(format!("{name} = {}", engine.dependency(directory))),
                None => Some(line.to_owned()),
            },
            // Comments there are about what is left out.
            ("[workspace.package]" | "[workspace.dependencies]", None) if line.starts_with('#') => {
                None
            }
            _ => Some(line.to_owned()),
        };
        written.extend(line.map(|line| line + "\n"));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_used_is_named_and_the_engine_is_where_it_is_said_to_be() {
        let own = "[workspace]\nmembers = [\"a\"]\nexclude = [\"b\"]\n\n[workspace.package]\n\
                   version = \"0.1.0\"\nkeywords = [\"a\"]\n\n[workspace.dependencies]\n\
                   # Why.\ncfnkit-cli = { path = \"crates/cli\" }\nserde = \"1\"\nserde_json = \"1\"\n\n\
                   [profile.dev]\n# Small.\ndebug = 1\n";
        let members = [
            "[dependencies]\ncfnkit-cli.workspace = true\nserde_json = { workspace = true, features = [] }\n",
        ];
        let manifest = |engine: Engine| manifest(own, &members, &engine);
        let git = Engine::Git {
            url: "https://example.com/a".to_owned(),
            revision: Some("abc".to_owned()),
        };
        assert_eq!(
            manifest(git),
            "[workspace]\nmembers = [\"handler\", \"handler/rig\", \"xtask\", \"xtask/aws\"]\n\n\
             [workspace.package]\nversion = \"0.1.0\"\n\n[workspace.dependencies]\n\
             cfnkit-cli = { git = \"https://example.com/a\", rev = \"abc\" }\nserde_json = \"1\"\n\n\
             [profile.dev]\n# Small.\ndebug = 1\n"
        );
        assert!(manifest(Engine::Version("0.1.0".to_owned())).contains("cfnkit-cli = \"0.1.0\"\n"));
        let path = manifest(Engine::Path("/engine".into()));
        assert!(path.contains("cfnkit-cli = { path = \"/engine/crates/cli\" }\n"));
    }
}
