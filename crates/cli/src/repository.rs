//! A repository on GitHub, as it is named in the subject of a job's token. It knows no network: who
//! names a repository says whether its tokens carry ids.

use std::fmt;
use std::str::FromStr;

/// GitHub's limits for the names of owners and of repositories.
const OWNER_LENGTH: usize = 39;
const NAME_LENGTH: usize = 100;

/// `OWNER/REPO`, or `OWNER@ID/REPO@ID` where the tokens carry the ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    owner: Part,
    name: Part,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    name: String,
    /// Never given to another owner or repository, unlike the name.
    id: Option<String>,
}

impl Repository {
    /// Without the ids, as GitHub's own tools take it.
    pub fn plain(&self) -> String {
        format!("{}/{}", self.owner.name, self.name.name)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.id {
            Some(id) => write!(f, "@{id}"),
            None => Ok(()),
        }
    }
}

/// As in a token's subject.
impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl FromStr for Repository {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = || "a repository is OWNER/REPO, or OWNER@ID/REPO@ID with GitHub's numbers";
        let (owner, name) = text.split_once('/').ok_or_else(wanted)?;
        let (owner, name) = (part(owner)?, part(name)?);
        if owner.id.is_some() != name.id.is_some() {
            return Err("either both have an id or neither: OWNER@ID/REPO@ID".to_owned());
        }
        let is_owner = |one: char| one.is_ascii_alphanumeric() || one == '-';
        if !owner.name.chars().all(is_owner)
            || owner.name.starts_with('-')
            || owner.name.len() > OWNER_LENGTH
        {
            return Err(format!(
                "`{}` is no owner: up to {OWNER_LENGTH} letters, digits and hyphens",
                owner.name
            ));
        }
        let is_name = |one: char| one.is_ascii_alphanumeric() || "._-".contains(one);
        if !name.name.chars().all(is_name) || name.name.len() > NAME_LENGTH {
            return Err(format!(
                "`{}` is no repository: up to {NAME_LENGTH} letters, digits, `.`, `_` and `-`, \
                 and neither a pattern nor an address",
                name.name
            ));
        }
        Ok(Self { owner, name })
    }
}

fn part(text: &str) -> Result<Part, String> {
    let (name, id) = match text.split_once('@') {
        Some((name, id)) => (name, Some(id)),
        None => (text, None),
    };
    if name.is_empty() {
        return Err("a repository is OWNER/REPO, and one of the names is missing".to_owned());
    }
    if let Some(id) = id
        && (id.is_empty() || !id.chars().all(|one| one.is_ascii_digit()))
    {
        return Err(format!("`{id}` is no id; GitHub's are numbers"));
    }
    Ok(Part {
        name: name.to_owned(),
        id: id.map(ToOwned::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_named_with_both_ids_or_without() {
        for text in [
            "octo-org/octo-repo",
            "o/r",
            "octocat@123456/my-repo@456789",
            "O/.github",
        ] {
            let repository: Repository = text.parse().unwrap();
            assert_eq!(repository.to_string(), text);
        }
        let with_ids: Repository = "octocat@123456/my-repo@456789".parse().unwrap();
        assert_eq!(with_ids.plain(), "octocat/my-repo");
    }

    /// What IAM compares has no wildcard, and no more than one repository.
    #[test]
    fn what_could_mean_more_than_one_repository_is_refused() {
        for text in [
            "",
            "octo-org",
            "octo-org/",
            "/octo-repo",
            "octo-org/*",
            "*/octo-repo",
            "octo-org/octo-repo/x",
            "octo-org/octo-repo:ref",
            "octo-org@1/octo-repo",
            "octo-org/octo-repo@1",
            "octo-org@x/octo-repo@1",
            "octo-org@/octo-repo@1",
            "-octo/octo-repo",
            "octo_org/octo-repo",
            "https://github.com/octo-org/octo-repo",
        ] {
            assert!(text.parse::<Repository>().is_err(), "{text}");
        }
    }
}
