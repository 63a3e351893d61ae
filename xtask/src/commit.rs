//! A commit of this repository as files beside the working tree, which stays as it is.

use std::fs::File;

use anyhow::Context as _;
use tempfile::TempDir;
use xshell::{Shell, cmd};

use crate::workspace::Workspace;

/// The files of a commit, for as long as the value lives.
#[derive(Debug)]
pub(crate) struct Commit {
    /// As few digits as tell it from others.
    pub(crate) id: String,
    directory: TempDir,
}

impl Commit {
    /// # Errors
    ///
    /// There is no git, or `revision` is no commit that this clone has.
    pub(crate) fn extract(
        sh: &Shell,
        workspace: &Workspace,
        revision: &str,
    ) -> anyhow::Result<Self> {
        let _directory = sh.push_dir(workspace.root());
        let commit = format!("{revision}^{{commit}}");
        let id = cmd!(
            sh,
            "git rev-parse --verify --short --end-of-options {commit}"
        )
        .quiet()
        .ignore_stderr()
        .read()
        .with_context(|| {
            format!(
                "`{revision}` is no commit of this clone; a shallow clone lacks older ones, \
                     which `git fetch --deepen=1` brings"
            )
        })?;
        let directory = tempfile::tempdir().context("cannot make a temporary directory")?;
        let archive = directory.path().join("commit.zip");
        cmd!(sh, "git archive --format=zip -1 --output={archive} {id}")
            .quiet()
            .run()
            .with_context(|| format!("git does not give the files of `{id}`"))?;
        let files = directory.path().join("files");
        File::open(&archive)
            .map_err(Into::into)
            .and_then(zip::ZipArchive::new)
            .and_then(|mut zip| zip.extract(&files))
            .with_context(|| format!("cannot unpack the files of `{id}`"))?;
        Ok(Self { id, directory })
    }

    /// The repository as it was.
    pub(crate) fn workspace(&self) -> Workspace {
        Workspace::at(&self.directory.path().join("files"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_those_of_the_commit_and_not_of_the_working_tree() {
        let repository = tempfile::tempdir().unwrap();
        let sh = Shell::new().unwrap();
        sh.change_dir(repository.path());
        sh.write_file("infra/cfn/root.yaml", "committed").unwrap();
        cmd!(sh, "git init --quiet").run().unwrap();
        cmd!(sh, "git add .").run().unwrap();
        let author = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        cmd!(
            sh,
            "git {author...} commit --quiet --no-gpg-sign --message one"
        )
        .run()
        .unwrap();
        sh.write_file("infra/cfn/root.yaml", "edited").unwrap();
        let workspace = Workspace::at(repository.path());
        let commit = Commit::extract(&sh, &workspace, "HEAD").unwrap();
        let read = |root: &std::path::Path| {
            std::fs::read_to_string(root.join("infra/cfn/root.yaml")).unwrap()
        };
        assert_eq!(read(commit.workspace().root()), "committed");
        assert_eq!(read(workspace.root()), "edited");
        for wrong in ["HEAD^", "no-such-branch", "--help"] {
            let err = Commit::extract(&sh, &workspace, wrong).unwrap_err();
            let said = format!("`{wrong}` is no commit of this clone");
            assert!(err.to_string().starts_with(&said), "{err}");
        }
    }
}
