//! The bill of materials of the packaged handler, in CycloneDX's JSON. The same program gives
//! the same bytes: no clock, no machine and no chance is in it.

use std::borrow::Cow;

use anyhow::Context as _;
use auditable_serde::{DependencyKind, Source};
use serde::Serialize;

use crate::dependencies::{Dependencies, Package};
use cfnkit_tools::digest::hex;

/// What the bill is for.
pub struct Program<'a> {
    /// The zip with the `bootstrap` file, as Lambda gets it.
    pub zip_sha256: [u8; 32],
    /// What it is built for, as rustc calls it.
    pub triple: &'a str,
}

// 1.6 is the first that can say that a licence is what the package declares.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom<'a> {
    bom_format: &'a str,
    spec_version: &'a str,
    serial_number: String,
    version: u32,
    metadata: Metadata<'a>,
    components: Vec<Component<'a>>,
    dependencies: Vec<Dependency<'a>>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    lifecycles: [Lifecycle<'a>; 1],
    tools: Tools<'a>,
    component: Component<'a>,
    properties: [Property<'a>; 1],
}

#[derive(Serialize)]
struct Lifecycle<'a> {
    phase: &'a str,
}

#[derive(Serialize)]
struct Tools<'a> {
    components: [Component<'a>; 1],
}

#[derive(Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Component<'a> {
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bom_ref: Option<&'a str>,
    name: &'a str,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<Licence<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
}

#[derive(Serialize)]
struct Hash<'a> {
    alg: &'a str,
    content: String,
}

#[derive(Serialize)]
struct Licence<'a> {
    expression: Cow<'a, str>,
    acknowledgement: &'a str,
}

#[derive(Serialize)]
struct Property<'a> {
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency<'a> {
    r#ref: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<&'a str>,
}

/// The bill of `program`, which was built from `dependencies`.
pub fn cyclonedx(dependencies: &Dependencies, program: &Program<'_>) -> anyhow::Result<String> {
    let packages = dependencies.packages();
    let references: Vec<String> = packages.iter().map(reference).collect();
    let mut components: Vec<Component<'_>> = packages
        .iter()
        .zip(&references)
        .map(|(package, reference)| library(package, reference))
        .collect();
    let root = components.remove(dependencies.root());
    let bom = Bom {
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: format!("urn:uuid:{}", uuid(&program.zip_sha256)),
        version: 1,
        metadata: Metadata {
            lifecycles: [Lifecycle { phase: "build" }],
            tools: Tools {
                components: [Component {
                    r#type: "application",
                    name: env!("CARGO_PKG_NAME"),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                    ..Component::default()
                }],
            },
            component: Component {
                r#type: "application",
                scope: None,
                hashes: vec![sha256(&program.zip_sha256)],
                ..root
            },
            // The name that cargo-cyclonedx gave it.
            properties: [Property {
                name: "cdx:rustc:sbom:target:triple",
                value: program.triple,
            }],
        },
        components,
        dependencies: graph(packages, &references),
    };
    let json = serde_json::to_string_pretty(&bom).context("cannot write the bill of materials")?;
    Ok(json + "\n")
}

fn library<'a>(package: &'a Package, reference: &'a str) -> Component<'a> {
    let licences = package.licence.iter().map(|licence| Licence {
        expression: spdx(licence),
        acknowledgement: "declared",
    });
    Component {
        r#type: "library",
        bom_ref: Some(reference),
        name: &package.name,
        version: package.version.to_string(),
        scope: Some(match package.kind {
            DependencyKind::Runtime => "required",
            // CycloneDX's word for what the running program cannot reach. It took part in the
            // build, so leaving it out would hide a way into the program.
            DependencyKind::Build => "excluded",
        }),
        hashes: package.sha256.iter().map(sha256).collect(),
        licenses: licences.collect(),
        purl: purl(package),
    }
}

fn graph<'a>(packages: &[Package], references: &'a [String]) -> Vec<Dependency<'a>> {
    let edges = packages.iter().zip(references);
    let edges = edges.map(|(package, reference)| Dependency {
        r#ref: reference,
        depends_on: package
            .dependencies
            .iter()
            .filter_map(|index| references.get(*index).map(String::as_str))
            .collect(),
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

fn sha256(digest: &[u8; 32]) -> Hash<'static> {
    Hash {
        alg: "SHA-256",
        content: hex(digest),
    }
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
    use serde_json::Value;

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
                      "name": "xtask",
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
