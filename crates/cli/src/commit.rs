//! A commit of this repository as files beside the working tree, which stays as it is.

use std::ffi::OsStr;
use std::fs::File;
use std::sync::Arc;

use anyhow::Context as _;
use tempfile::TempDir;

use cfnkit_console::report::Screen;
use cfnkit_tools::git;
use cfnkit_tools::workspace::Workspace;

/// The files of a commit, for as long as the value lives.
#[derive(Debug)]
pub struct Commit {
    /// As few digits as tell it from others.
    pub id: String,
    directory: TempDir,
}

impl Commit {
    /// # Errors
    ///
    /// There is no git, or it does not look into this repository, or `revision` is no commit that
    /// this clone has.
    pub(crate) fn extract(workspace: &Workspace, revision: &str) -> anyhow::Result<Self> {
        let root = workspace.root();
        let is_shallow = git::line(root, ["rev-parse", "--is-shallow-repository"])
            .with_context(|| format!("cannot look for `{revision}` in `{}`", root.display()))?;
        let commit = format!("{revision}^{{commit}}");
        let find = ["rev-parse", "--verify", "--short", "--end-of-options"];
        let id = git::line(root, find.into_iter().chain([commit.as_str()])).with_context(|| {
            let shallow = match is_shallow == "true" {
                true => "; it is shallow, and `git fetch --deepen=1` brings older ones",
                false => "",
            };
            format!("`{revision}` is no commit of this clone{shallow}")
        })?;
        let directory = tempfile::tempdir().context("cannot make a temporary directory")?;
        let archive = directory.path().join("commit.zip");
        let output = archive.as_os_str();
        let arguments = ["archive", "--format=zip", "-1", "--output"].map(OsStr::new);
        let arguments = arguments.into_iter().chain([output, OsStr::new(&id)]);
        git::ask(root, arguments)
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
    pub fn workspace(&self) -> Workspace {
        Workspace::at(&self.directory.path().join("files"), Arc::new(Screen))
    }
}

#[cfg(test)]
mod tests {
    use xshell::{Shell, cmd};

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
        let workspace = Workspace::at(repository.path(), Arc::new(Screen));
        let commit = Commit::extract(&workspace, "HEAD").unwrap();
        let read = |root: &std::path::Path| {
            std::fs::read_to_string(root.join("infra/cfn/root.yaml")).unwrap()
        };
        assert_eq!(read(commit.workspace().root()), "committed");
        assert_eq!(read(workspace.root()), "edited");
        for wrong in ["HEAD^", "no-such-branch", "--help"] {
            let err = Commit::extract(&workspace, wrong).unwrap_err();
            let said = format!("`{wrong}` is no commit of this clone");
            assert_eq!(err.to_string(), said);
        }
        std::fs::rename(
            repository.path().join(".git"),
            repository.path().join("git"),
        )
        .unwrap();
        let err = format!("{:#}", Commit::extract(&workspace, "HEAD").unwrap_err());
        assert!(err.contains("not a git repository"), "{err}");
    }
}
