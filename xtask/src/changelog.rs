//! The sections of `CHANGELOG.md`, which is in the form of "Keep a Changelog".

use anyhow::Context as _;

/// The text of the section of `version`, without its heading and the links at the file's end.
///
/// # Errors
///
/// There is no such section, or nothing in it.
pub(crate) fn section(changelog: &str, version: &str) -> anyhow::Result<String> {
    let sections = changelog.split("\n## ").skip(1).filter_map(|section| {
        let (heading, text) = section.split_once('\n').unwrap_or((section, ""));
        let (name, _date) = heading.strip_prefix('[')?.split_once(']')?;
        Some((name, text))
    });
    let sections: Vec<(&str, &str)> = sections.collect();
    let found = sections.iter().find(|(name, _)| *name == version);
    let (_, text) = found.with_context(|| {
        let known: Vec<&str> = sections.iter().map(|(name, _)| *name).collect();
        format!(
            "`CHANGELOG.md` has no section `## [{version}] - YYYY-MM-DD`; it has: {}",
            known.join(", ")
        )
    })?;
    let is_link = |line: &str| line.starts_with('[') && line.contains("]: ");
    let lines: Vec<&str> = text.lines().take_while(|line| !is_link(line)).collect();
    let notes = lines.join("\n").trim().to_owned();
    if notes.is_empty() {
        anyhow::bail!("the section of {version} in `CHANGELOG.md` is empty");
    }
    Ok(notes)
}

/// The version that a tag names, such as `0.1.0` of `v0.1.0`.
///
/// # Errors
///
/// The tag is not that of `version`, which the manifests have.
pub(crate) fn version_of_tag<'tag>(tag: &'tag str, version: &str) -> anyhow::Result<&'tag str> {
    let tagged = tag.strip_prefix('v').unwrap_or(tag);
    if tagged != version {
        anyhow::bail!(
            "the tag is `{tag}`, and the version in `Cargo.toml` is {version}; \
             release it as `v{version}`, or raise the version first"
        );
    }
    Ok(tagged)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGELOG: &str = "# Changelog\n\nAll notable changes.\n\n## [Unreleased]\n\n\
        ## [0.2.0] - 2026-11-01\n\n### Added\n\n- A key.\n\n### Fixed\n\n- A lock, see [0.1.0].\n\n\
        ## [0.1.0] - 2026-10-01\n\n- First.\n\n[0.2.0]: https://example.com/0.2.0\n";

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let notes = "### Added\n\n- A key.\n\n### Fixed\n\n- A lock, see [0.1.0].";
        assert_eq!(section(CHANGELOG, "0.2.0").unwrap(), notes);
        assert_eq!(section(CHANGELOG, "0.1.0").unwrap(), "- First.");
    }

    #[test]
    fn what_is_missing_is_said() {
        let said = |version| section(CHANGELOG, version).unwrap_err().to_string();
        assert_eq!(
            said("0.3.0"),
            "`CHANGELOG.md` has no section `## [0.3.0] - YYYY-MM-DD`; it has: Unreleased, 0.2.0, 0.1.0"
        );
        assert_eq!(
            said("Unreleased"),
            "the section of Unreleased in `CHANGELOG.md` is empty"
        );
    }

    #[test]
    fn a_tag_is_the_version_of_the_manifests() {
        assert_eq!(version_of_tag("v0.1.0", "0.1.0").unwrap(), "0.1.0");
        let err = version_of_tag("v0.2.0", "0.1.0").unwrap_err();
        assert_eq!(
            err.to_string(),
            "the tag is `v0.2.0`, and the version in `Cargo.toml` is 0.1.0; \
             release it as `v0.1.0`, or raise the version first"
        );
    }
}
