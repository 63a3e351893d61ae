//! The sections of `CHANGELOG.md`, which is in the form of "Keep a Changelog".

use anyhow::Context as _;

/// The text of the section of `version`, without its heading.
///
/// # Errors
///
/// The text is in another form, or has no such section, or nothing in it.
pub(crate) fn section<'text>(changelog: &'text str, version: &str) -> anyhow::Result<&'text str> {
    let releases = parse_changelog::parse(changelog)
        .context("`CHANGELOG.md` is not in the form of \"Keep a Changelog\"")?;
    let release = releases.get(version).with_context(|| {
        let known: Vec<&str> = releases.keys().copied().collect();
        format!(
            "`CHANGELOG.md` has no section `## [{version}] - YYYY-MM-DD`; it has: {}",
            known.join(", ")
        )
    })?;
    let notes = release.notes.trim();
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
