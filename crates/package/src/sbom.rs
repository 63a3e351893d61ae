//! The bill of materials of the packaged handler, in CycloneDX's JSON. The same program gives
//! the same bytes: no clock, no machine and no chance is in it.
//!
//! No library writes it: `cyclonedx-bom` ends at CycloneDX 1.5, `auditable-cyclonedx` rests on it
//! and knows neither licences nor hashes, and `serde-cyclonedx` makes its types in a build script,
//! for which it brings eighteen crates, syn 1 among them.

use std::borrow::Cow;

use auditable_serde::{DependencyKind, Source};
use serde_json::{Value, json};

use crate::dependencies::{Dependencies, Package};
use cfnkit_console::error::{Context as _, Result};
use cfnkit_tools::digest::hex;

/// What the bill is for.
pub struct Program<'a> {
    /// The zip with the `bootstrap` file, as Lambda gets it.
    pub zip_sha256: [u8; 32],
    /// What it is built for, as rustc calls it.
    pub triple: &'a str,
}

/// The bill of `program`, which was built from `dependencies`.
///
/// # Errors
///
/// The bill cannot be written as JSON.
pub fn cyclonedx(dependencies: &Dependencies, program: &Program<'_>) -> Result<String> {
    let packages = dependencies.packages();
    let mut components: Vec<Value> = packages.iter().map(library).collect();
    let mut root = components.remove(dependencies.root());
    root["type"] = "application".into();
    root["scope"] = Value::Null;
    root["hashes"] = json!([sha256(&program.zip_sha256)]);
    for component in components.iter_mut().chain([&mut root]) {
        if let Some(fields) = component.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
    }
    let bom = json!({
        "bomFormat": "CycloneDX",
        // The first that can say that a licence is what the package declares.
        "specVersion": "1.6",
        "serialNumber": format!("urn:uuid:{}", uuid(&program.zip_sha256)),
        "version": 1,
        "metadata": {
            "lifecycles": [{ "phase": "build" }],
            "tools": {
                "components": [{
                    "type": "application",
                    "name": env!("CARGO_PKG_NAME"),
                    "version": env!("CARGO_PKG_VERSION"),
                }],
            },
            "component": root,
            // The name that cargo-cyclonedx gave it.
            "properties": [{ "name": "cdx:rustc:sbom:target:triple", "value": program.triple }],
        },
        "components": components,
        "dependencies": graph(packages),
    });
    let json = serde_json::to_string_pretty(&bom).context("cannot write the bill of materials")?;
    Ok(json + "\n")
}

/// With null for what is not known.
fn library(package: &Package) -> Value {
    let licences = package
        .licence
        .as_deref()
        .map(|licence| json!([{ "expression": spdx(licence), "acknowledgement": "declared" }]));
    json!({
        "type": "library",
        "bom-ref": reference(package),
        "name": package.name,
        "version": package.version.to_string(),
        "scope": match package.kind {
            DependencyKind::Runtime => "required",
            // CycloneDX's word for what the running program cannot reach. It took part in the
            // build, so leaving it out would hide a way into the program.
            DependencyKind::Build => "excluded",
        },
        "hashes": package.sha256.as_ref().map(|digest| [sha256(digest)]),
        "licenses": licences,
        "purl": purl(package),
    })
}

fn graph(packages: &[Package]) -> Vec<Value> {
    let edges = packages.iter().map(|package| {
        let named = package.dependencies.iter();
        let named = named.filter_map(|index| packages.get(*index).map(reference));
        match named.collect::<Vec<_>>() {
            none if none.is_empty() => json!({ "ref": reference(package) }),
            some => json!({ "ref": reference(package), "dependsOn": some }),
        }
    });
    edges.collect()
}

/// What other parts of the bill call the package.
fn reference(package: &Package) -> String {
    purl(package).unwrap_or_else(|| {
        let source = String::from(package.source.clone());
        format!("{source}:{}@{}", package.name, package.version)
    })
}

/// Only of what is on crates.io: without more this form means crates.io, where somebody else's
/// package may have the name of a local one.
fn purl(package: &Package) -> Option<String> {
    // The one character of a version that a package URL must not have as it is.
    let version = package.version.to_string().replace('+', "%2B");
    (package.source == Source::CratesIo).then(|| format!("pkg:cargo/{}@{version}", package.name))
}

fn sha256(digest: &[u8; 32]) -> Value {
    json!({ "alg": "SHA-256", "content": hex(digest) })
}

/// Cargo still takes the `/` between alternatives that it had before it took SPDX's expressions.
fn spdx(licence: &str) -> Cow<'_, str> {
    match licence.contains('/') {
        true => {
            let alternatives: Vec<&str> = licence.split('/').map(str::trim).collect();
            alternatives.join(" OR ").into()
        }
        false => licence.into(),
    }
}

/// The start of the digest as a UUID of version 8, the one for values of one's own making.
fn uuid(digest: &[u8; 32]) -> String {
    let mut bytes = *digest;
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex(&bytes);
    [0..8, 8..12, 12..16, 16..20, 20..32]
        .map(|range| &digits[range])
        .join("-")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use expect_test::expect;

    use super::*;
    use crate::dependencies::tests::example;
    use cfnkit_tools::digest::sha256 as digest;

    fn bill() -> Value {
        let program = Program {
            zip_sha256: digest(b"abc"),
            triple: "aarch64-unknown-linux-gnu",
        };
        let text = cyclonedx(&example(), &program).unwrap();
        assert_eq!(text, cyclonedx(&example(), &program).unwrap());
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn the_program_is_told_by_its_zip() {
        let mut bill = bill();
        bill["metadata"]["tools"]["components"][0]["version"] = "VERSION".into();
        let head = serde_json::json!({
            "serialNumber": bill["serialNumber"],
            "metadata": bill["metadata"],
        });
        expect![[r#"
            {
              "serialNumber": "urn:uuid:ba7816bf-8f01-8fea-8141-40de5dae2223",
              "metadata": {
                "lifecycles": [
                  {
                    "phase": "build"
                  }
                ],
                "tools": {
                  "components": [
                    {
                      "type": "application",
                      "name": "cfnkit-package",
                      "version": "VERSION"
                    }
                  ]
                },
                "component": {
                  "type": "application",
                  "bom-ref": "local:handler@0.1.0",
                  "name": "handler",
                  "version": "0.1.0",
                  "hashes": [
                    {
                      "alg": "SHA-256",
                      "content": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
                    }
                  ],
                  "licenses": [
                    {
                      "expression": "Apache-2.0 OR MIT",
                      "acknowledgement": "declared"
                    }
                  ]
                },
                "properties": [
                  {
                    "name": "cdx:rustc:sbom:target:triple",
                    "value": "aarch64-unknown-linux-gnu"
                  }
                ]
              }
            }"#]]
        .assert_eq(&format!("{head:#}"));
    }

    #[test]
    fn components_say_where_they_are_from_and_whether_they_are_in_the_program() {
        let components = bill()["components"].take();
        let lines = components.as_array().unwrap().iter().map(|component| {
            let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            let hash = text(&component["hashes"][0]["content"]);
            let fields = [
                text(&component["bom-ref"]),
                text(&component["scope"]),
                text(&component["purl"]),
                text(&component["licenses"][0]["expression"]),
                hash.get(..8).unwrap_or("-").to_owned(),
            ];
            fields.join("  ") + "\n"
        });
        expect![[r#"
            pkg:cargo/bitflags@1.3.2  required  pkg:cargo/bitflags@1.3.2  MIT OR Apache-2.0  65f7ec7a
            pkg:cargo/bitflags@2.13.2  required  pkg:cargo/bitflags@2.13.2  MIT OR Apache-2.0  d1085f83
            pkg:cargo/buildtool@0.4.0  excluded  pkg:cargo/buildtool@0.4.0  MIT  b458902a
            git:forked@0.3.0  required  -  -  -
            local:macros@0.2.0+meta  excluded  -  -  -
            registry:ours@0.5.0  required  -  -  d3d66f9f
            pkg:cargo/quote@1.0.47  excluded  pkg:cargo/quote@1.0.47  MIT  8efd1af8
            pkg:cargo/shared@1.10.0  excluded  pkg:cargo/shared@1.10.0  0BSD  87d6e53a
            pkg:cargo/shared@1.9.0  required  pkg:cargo/shared@1.9.0  0BSD  2345d3a6
            pkg:cargo/unicode-ident@1.0.27  excluded  pkg:cargo/unicode-ident@1.0.27  (MIT OR Apache-2.0) AND Unicode-3.0  9399bad2
        "#]].assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn the_graph_has_every_component_once_and_no_others() {
        let bill = bill();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let entries = bill["dependencies"].as_array().unwrap();
        let refs: BTreeSet<String> = entries.iter().map(|entry| text(&entry["ref"])).collect();
        assert_eq!(refs.len(), entries.len());
        let components = bill["components"].as_array().unwrap();
        let mut expected: BTreeSet<String> = components
            .iter()
            .map(|component| text(&component["bom-ref"]))
            .collect();
        expected.insert(text(&bill["metadata"]["component"]["bom-ref"]));
        assert_eq!(refs, expected);
        for entry in entries {
            for dependency in entry["dependsOn"].as_array().into_iter().flatten() {
                assert!(refs.contains(&text(dependency)), "{dependency}");
            }
        }
    }

    #[test]
    fn old_alternatives_become_an_expression() {
        for (licence, expression) in [
            ("MIT", "MIT"),
            ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
            ("Unlicense / MIT", "Unlicense OR MIT"),
            (
                "(MIT OR Apache-2.0) AND Unicode-3.0",
                "(MIT OR Apache-2.0) AND Unicode-3.0",
            ),
        ] {
            assert_eq!(spdx(licence), expression);
        }
    }
}
