//! What rustc and a build script say they read: the files `*.d` of rustc, in the form of make, and
//! the lines a build script prints.

/// What one of them read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Paths as written: relative to where rustc ran, or to the script's package.
    pub(super) files: Vec<String>,
    pub(super) variables: Vec<String>,
}

/// Reads rustc's dep-info. Each file has a rule of its own there, without anything behind the
/// colon, so that make does not miss a file that is gone.
pub(super) fn of_rustc(text: &str) -> Reading {
    let mut reading = Reading::default();
    for line in text.lines() {
        if let Some(variable) = line.strip_prefix("# env-dep:") {
            let name = variable.split('=').next().unwrap_or_default();
            reading.variables.push(name.to_owned());
        } else if let Some(file) = line.strip_suffix(':') {
            // Rustc escapes blanks and nothing else.
            reading.files.push(file.replace("\\ ", " "));
        }
    }
    reading
}

/// Reads what a build script printed; none where it declares nothing, which to cargo means every
/// file of its package.
pub(super) fn of_build_script(text: &str) -> Option<Reading> {
    let mut reading = Reading::default();
    for line in text.lines() {
        let Some(instruction) = line.strip_prefix("cargo:") else {
            continue;
        };
        let instruction = instruction.strip_prefix(':').unwrap_or(instruction);
        if let Some(file) = instruction.strip_prefix("rerun-if-changed=") {
            reading.files.push(file.to_owned());
        } else if let Some(name) = instruction.strip_prefix("rerun-if-env-changed=") {
            reading.variables.push(name.to_owned());
        }
    }
    (reading != Reading::default()).then_some(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_variables_of_rustc_are_read_with_blanks_in_them() {
        let text = "/t/deps/x-1.d: src/main.rs src/with\\ blank.rs /a$b/c.txt\n\n\
            /t/deps/x-1: src/main.rs src/with\\ blank.rs /a$b/c.txt\n\n\
            src/main.rs:\nsrc/with\\ blank.rs:\n/a$b/c.txt:\n\n\
            # env-dep:COMMIT=0a=1\n# env-dep:UNSET\n";
        let reading = of_rustc(text);
        assert_eq!(
            reading.files,
            ["src/main.rs", "src/with blank.rs", "/a$b/c.txt"]
        );
        assert_eq!(reading.variables, ["COMMIT", "UNSET"]);
    }

    #[test]
    fn a_script_declares_in_two_spellings_or_not_at_all() {
        let text = "warming up\ncargo:rerun-if-changed=a b.txt\ncargo::rerun-if-changed=c\n\
            cargo::rerun-if-env-changed=CC\ncargo:rustc-cfg=x\n";
        let reading = of_build_script(text).unwrap();
        assert_eq!(reading.files, ["a b.txt", "c"]);
        assert_eq!(reading.variables, ["CC"]);
        assert_eq!(of_build_script("cargo:rustc-cfg=x\n"), None);
    }
}
