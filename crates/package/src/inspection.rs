//! Whether a zip would run on Lambda, and whether any other machine would have made the same.
//! It takes bytes and says what is wrong with them; whoever asks decides what follows.

use std::path::Path;

use crate::elf;
use cfnkit_console::text::printable;
use cfnkit_tools::architecture::Architecture;

mod archive;
mod flags;
mod privacy;
mod program;
#[cfg(test)]
mod tests;

/// What the zip was meant to be.
#[derive(Debug)]
pub(crate) struct Expected<'a> {
    pub architecture: Architecture,
    /// The words rustc and the C compiler were given: `RUSTFLAGS`, `CFLAGS` and the like.
    pub(crate) flags: &'a [String],
    /// Directories of this machine by what they are: `("home directory", "/home/ada")`.
    pub(crate) private: &'a [(&'a str, &'a Path)],
}

impl Expected<'_> {
    /// What is mended by the command that makes the zip anew.
    fn made_anew(&self, problem: impl Into<String>, consequence: impl Into<String>) -> Defect {
        Defect::error(problem, consequence, self.package())
    }

    /// The command that makes the zip anew.
    fn package(&self) -> String {
        format!(
            "`cargo xtask package --target {}`",
            self.architecture.name()
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    /// It must not be deployed.
    Error,
    /// It can be deployed.
    Warning,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Defect {
    pub(crate) severity: Severity,
    pub(crate) problem: String,
    /// What would come of it on Lambda.
    pub(crate) consequence: String,
    pub(crate) remedy: String,
}

impl Defect {
    fn error(
        problem: impl Into<String>,
        consequence: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            problem: printable(&problem.into()),
            consequence: printable(&consequence.into()),
            remedy: remedy.into(),
        }
    }

    fn warning(
        problem: impl Into<String>,
        consequence: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(problem, consequence, remedy)
        }
    }
}

impl std::fmt::Display for Defect {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            problem,
            consequence,
            remedy,
            ..
        } = self;
        write!(
            formatter,
            "{problem}\n  on Lambda: {consequence}\n  to mend: {remedy}"
        )
    }
}

/// How large things may be, in bytes.
#[derive(Debug, Clone, Copy)]
struct Ceilings {
    /// What the zip may have without a warning. Lambda fetches it in every cold start.
    budget: u64,
    /// The most that is accepted as a zip in a request, "50 MB" in Lambda's quotas.
    zip: u64,
    /// What the contents must stay below, "250 MB" in Lambda's quotas.
    unzipped: u64,
}

const CEILINGS: Ceilings = Ceilings {
    budget: 3_000_000,
    zip: 52_428_800,
    unzipped: 262_144_000,
};

/// Everything that is wrong with the zip, in the order in which it is unpacked and started.
pub(crate) fn inspect(zip: &[u8], expected: &Expected<'_>) -> Vec<Defect> {
    inspect_within(&CEILINGS, zip, expected)
}

/// What is wrong with the flags of a build; can be known before it.
pub(crate) fn inspect_flags(expected: &Expected<'_>) -> Vec<Defect> {
    flags::inspect(expected)
}

fn inspect_within(limits: &Ceilings, zip: &[u8], expected: &Expected<'_>) -> Vec<Defect> {
    let (mut findings, executable) = archive::inspect(limits, zip, expected);
    findings.extend(flags::inspect(expected));
    let Some(executable) = executable else {
        return findings;
    };
    match elf::Program::read(&executable) {
        Ok(program) => findings.extend(program::inspect(&program, expected)),
        Err(err) => findings.push(program::unreadable(&err, expected)),
    }
    // Without sections the rules below still hold for the bytes.
    if let Ok(sections) = elf::sections(&executable) {
        findings.extend(program::lacks_bill_of_materials(&sections, expected));
        findings.extend(privacy::inspect(&executable, &sections, expected));
    } else {
        findings.extend(privacy::inspect(&executable, &[], expected));
    }
    findings
}
