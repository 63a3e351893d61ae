use std::sync::Arc;

use auditable_info::audit_info_from_slice;
use cfnkit_console::report::Nobody;
use expect_test::{Expect, expect};
use object::write::Object;
use object::{Architecture, BinaryFormat, Endianness, SectionKind};

use cfnkit_console::error::chain;

use super::*;

/// A procedural macro, a build dependency, what they share with the program, two versions of one
/// crate, and every kind of source.
const ALL: &str = "\
0|Apache-2.0 OR MIT|handler v0.1.0 (/home/me/repository)
1|MIT/Apache-2.0|bitflags v1.3.2
1|MIT OR Apache-2.0|bitflags v2.13.2
2|0BSD|shared v1.9.0
1||forked v0.3.0 (https://example.com/forked?branch=main#0123abcd)
2|0BSD|shared v1.9.0
1||macros v0.2.0+meta (proc-macro) (/home/me/repository (old)/macros)
2|MIT|quote v1.0.47
3|(MIT OR Apache-2.0) AND Unicode-3.0|unicode-ident v1.0.27
2|0BSD|shared v1.10.0
1||ours v0.5.0 (registry `ours`)
1|MIT|buildtool v0.4.0
2|MIT|quote v1.0.47 (*)
2|0BSD|shared v1.9.0
";

const RUNTIME: &str = "\
0|Apache-2.0 OR MIT|handler v0.1.0 (/home/me/repository)
1|MIT/Apache-2.0|bitflags v1.3.2
1|MIT OR Apache-2.0|bitflags v2.13.2
2|0BSD|shared v1.9.0
1||forked v0.3.0 (https://example.com/forked?branch=main#0123abcd)
2|0BSD|shared v1.9.0
1||ours v0.5.0 (registry `ours`)
";

/// In the lockfile but not in the trees: `bitflags 2.13.2` once more and from elsewhere, as
/// another member of the workspace may have it.
fn lockfile() -> String {
    const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";
    const GIT: &str = "git+https://example.com/forked?branch=main#0123abcd";
    const OURS: &str = "registry+https://example.com/index";
    let packages = [
        ("bitflags", "1.3.2", CRATES_IO),
        ("bitflags", "2.13.2", CRATES_IO),
        ("bitflags", "2.13.2", GIT),
        ("buildtool", "0.4.0", CRATES_IO),
        ("forked", "0.3.0", GIT),
        ("handler", "0.1.0", ""),
        ("macros", "0.2.0+meta", ""),
        ("ours", "0.5.0", OURS),
        ("quote", "1.0.47", CRATES_IO),
        ("shared", "1.9.0", CRATES_IO),
        ("shared", "1.10.0", CRATES_IO),
        ("unicode-ident", "1.0.27", CRATES_IO),
    ];
    let mut text = "version = 4\n".to_owned();
    for (name, version, source) in packages {
        text += &format!("\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n");
        if !source.is_empty() {
            text += &format!("source = \"{source}\"\n");
        }
        if source.starts_with("registry") {
            let checksum = cfnkit_tools::digest::sha256(format!("{name} {version}").as_bytes());
            text += &format!("checksum = \"{}\"\n", cfnkit_tools::digest::hex(&checksum));
        }
    }
    text
}

pub(crate) fn example() -> Dependencies {
    read(ALL, RUNTIME, &lockfile()).unwrap()
}

fn describe(dependencies: &Dependencies) -> String {
    let packages = dependencies.packages().iter().enumerate();
    let lines = packages.map(|(index, package)| {
        let source = String::from(package.source.clone());
        format!(
            "{index}{} {} {} {source} {:?} {:?} {:?}{}\n",
            if index == dependencies.root() {
                "*"
            } else {
                ""
            },
            package.name,
            package.version,
            package.kind,
            package.dependencies,
            package.licence.as_deref().unwrap_or_default(),
            if package.sha256.is_some() {
                " hashed"
            } else {
                ""
            },
        )
    });
    lines.collect()
}

#[test]
fn packages_have_kind_source_and_edges() {
    expect![[r#"
        0 bitflags 1.3.2 crates.io Runtime [] "MIT/Apache-2.0" hashed
        1 bitflags 2.13.2 crates.io Runtime [9] "MIT OR Apache-2.0" hashed
        2 buildtool 0.4.0 crates.io Build [7, 9] "MIT" hashed
        3 forked 0.3.0 git Runtime [9] ""
        4* handler 0.1.0 local Runtime [0, 1, 2, 3, 5, 6] "Apache-2.0 OR MIT"
        5 macros 0.2.0+meta local Build [7, 8] ""
        6 ours 0.5.0 registry Runtime [] "" hashed
        7 quote 1.0.47 crates.io Build [10] "MIT" hashed
        8 shared 1.10.0 crates.io Build [] "0BSD" hashed
        9 shared 1.9.0 crates.io Runtime [] "0BSD" hashed
        10 unicode-ident 1.0.27 crates.io Build [] "(MIT OR Apache-2.0) AND Unicode-3.0" hashed
    "#]]
    .assert_eq(&describe(&example()));
}

#[test]
fn the_place_of_the_repository_does_not_matter() {
    let elsewhere = |text: &str| text.replace("/home/me/repository", "C:\\elsewhere");
    let there = read(&elsewhere(ALL), &elsewhere(RUNTIME), &lockfile()).unwrap();
    assert_eq!(there, example());
    assert_eq!(there.audit_data().unwrap(), example().audit_data().unwrap());
}

#[test]
fn the_audit_data_is_read_back_from_an_executable() {
    let mut file = Object::new(BinaryFormat::Elf, Architecture::Aarch64, Endianness::Little);
    let section = file.add_section(Vec::new(), b".dep-v0".to_vec(), SectionKind::ReadOnlyData);
    file.append_section_data(section, &example().audit_data().unwrap(), 1);
    let read = audit_info_from_slice(&file.write().unwrap(), 1 << 20).unwrap();
    assert_eq!(read, example().version_info());
    // The words of the format, which readers of other makes know.
    let json = auditable_info::json_from_slice(&file.write().unwrap(), 1 << 20).unwrap();
    expect![[r#"
        {"packages":[{"name":"bitflags","version":"1.3.2","source":"crates.io"},
        {"name":"bitflags","version":"2.13.2","source":"crates.io","dependencies":[9]},
        {"name":"buildtool","version":"0.4.0","source":"crates.io","kind":"build","dependencies":[7,9]},
        {"name":"forked","version":"0.3.0","source":"git","dependencies":[9]},
        {"name":"handler","version":"0.1.0","source":"local","dependencies":[0,1,2,3,5,6],"root":true},
        {"name":"macros","version":"0.2.0+meta","source":"local","kind":"build","dependencies":[7,8]},
        {"name":"ours","version":"0.5.0","source":"registry"},
        {"name":"quote","version":"1.0.47","source":"crates.io","kind":"build","dependencies":[10]},
        {"name":"shared","version":"1.10.0","source":"crates.io","kind":"build"},
        {"name":"shared","version":"1.9.0","source":"crates.io"},
        {"name":"unicode-ident","version":"1.0.27","source":"crates.io","kind":"build"}],"format":1}"#]].assert_eq(&json.replace("},{", "},\n{"));
}

fn refused(all: &str, lockfile: &str, expected: &Expect) {
    expected.assert_eq(&chain(&read(all, all, lockfile).unwrap_err()));
}

#[test]
fn what_cannot_be_read_is_named() {
    refused("", &lockfile(), &expect!["cargo's tree is empty"]);
    refused(
        "warning: something\n",
        &lockfile(),
        &expect!["cannot read cargo's tree at `warning: something`"],
    );
    refused(
        "0|MIT|handler v0.1.0 (/x)\n2|MIT|quote v1.0.47\n",
        &lockfile(),
        &expect!["cargo's tree has `2|MIT|quote v1.0.47` on no branch"],
    );
    refused(
        "0|MIT|handler v0.1.0 (/x)\n1|MIT|quote v1.0.48\n",
        &lockfile(),
        &expect!["`quote 1.0.48` is built and not in `Cargo.lock`"],
    );
    refused(
        "0|MIT|quote v1.0.47 (/x)\n",
        &lockfile(),
        &expect!["`quote 1.0.47` is built and not in `Cargo.lock`"],
    );
    let twice = lockfile()
        .replace("0.3.0", "2.13.2")
        .replace("forked\"\n", "bitflags\"\n");
    refused(
        "0|MIT|bitflags v2.13.2 (https://x)\n",
        &twice,
        &expect!["`Cargo.lock` has `bitflags 2.13.2` from two places of the same kind"],
    );
}

/// A workspace where another member turns on a feature of what the handler needs.
const MEMBERS: [(&str, &str); 6] = [
    (
        "handler",
        "[dependencies]\nshared.path = \"../shared\"\nmacros.path = \"../macros\"\n\
         [build-dependencies]\ntool.path = \"../tool\"\n",
    ),
    (
        "shared",
        "[dependencies]\nforeign = { path = \"../foreign\", optional = true }\n",
    ),
    ("macros", "[lib]\nproc-macro = true\n"),
    ("tool", ""),
    ("foreign", ""),
    (
        "xtask",
        "[dependencies]\nshared = { path = \"../shared\", features = [\"foreign\"] }\n",
    ),
];

/// The features that others turn on must not reach the handler's list, and cargo's form must be
/// the one that is read here.
#[test]
fn the_handler_is_built_from_what_it_asks_for() {
    let sh = Shell::new().unwrap();
    let directory = tempfile::tempdir().unwrap();
    sh.change_dir(directory.path());
    let names = MEMBERS.map(|(name, _)| name);
    let workspace = format!("[workspace]\nresolver = \"3\"\nmembers = {names:?}\n");
    sh.write_file("Cargo.toml", workspace).unwrap();
    for (name, manifest) in MEMBERS {
        let package =
            format!("[package]\nname = {name:?}\nversion = \"0.1.0\"\nlicense = \"MIT\"\n");
        sh.write_file(format!("{name}/Cargo.toml"), package + manifest)
            .unwrap();
        sh.write_file(format!("{name}/src/lib.rs"), "").unwrap();
    }
    let lock = undisturbed(cmd!(sh, "cargo generate-lockfile --offline"));
    lock.quiet().ignore_stderr().run().unwrap();
    let workspace = Workspace::at(directory.path(), Arc::new(Nobody));
    let dependencies = of_package(&sh, &workspace, "handler", "aarch64-unknown-linux-gnu").unwrap();
    let root = &dependencies.packages()[dependencies.root()];
    assert_eq!(
        (root.name.as_str(), &root.source),
        ("handler", &Source::Local)
    );
    let kind = |name: &str| {
        let mut packages = dependencies.packages().iter();
        packages
            .find(|package| package.name == name)
            .map(|package| package.kind)
    };
    assert_eq!(kind("shared"), Some(DependencyKind::Runtime));
    for building in ["macros", "tool"] {
        assert_eq!(kind(building), Some(DependencyKind::Build), "{building}");
    }
    for other in ["xtask", "foreign"] {
        assert_eq!(kind(other), None, "{other}");
    }
}
