//! Which part of a template CloudFormation means, from the spellings its services have for it.

use regex_lite::Regex;

/// `Resources.Stage.Properties.Name`, `Properties/Name` and JSON pointers, as a JSON pointer.
pub(super) fn pointer(path: &str) -> String {
    let path = path.trim_start_matches(['#', '$', '/', '.']);
    match path.contains('/') {
        true => format!("/{path}"),
        false => format!("/{}", path.replace('.', "/")),
    }
}

/// The part of the resource `logical_id` that `reason` is about; `None` where it names none.
pub(super) fn in_text(reason: &str, logical_id: &str) -> Option<String> {
    let properties = format!("/Resources/{logical_id}/Properties");
    // `#/MethodSettings/0: extraneous key [Foo] is not permitted`, or `#:` for the top.
    if let Some(found) = captures(r"#((?:/[\w.~-]+)*): ?(?:extraneous key \[(\w+)\])?", reason) {
        let [path, key] = found;
        let key = key.map_or(String::new(), |key| format!("/{key}"));
        return Some(format!("{properties}{}{key}", path.unwrap_or_default()));
    }
    const SENTENCES: [&str; 5] = [
        r"[Ee]ncountered unsupported property (\w+)()",
        r"[Vv]alue of property \{(/[\w/]+)\}()",
        r"[Vv]alue of property (\w+) must()",
        r"[Pp]roperty (\w+) (?:cannot|must)()",
        r"[Ii]nvalid (?:template )?(?:resource )?property '?(\w+)'?()",
    ];
    let name = SENTENCES.iter().find_map(|sentence| {
        let [name, _] = captures(sentence, reason)?;
        name
    })?;
    Some(format!("{properties}/{}", name.trim_start_matches('/')))
}

fn captures(pattern: &str, text: &str) -> Option<[Option<String>; 2]> {
    let found = Regex::new(pattern).ok()?.captures(text)?;
    let group = |index| found.get(index).map(|group| group.as_str().to_owned());
    Some([group(1), group(2)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_path_are_the_same() {
        for path in [
            "Resources.Stage.Properties.MethodSettings.0.LoggingLevel",
            "/Resources/Stage/Properties/MethodSettings/0/LoggingLevel",
            "#/Resources/Stage/Properties/MethodSettings/0/LoggingLevel",
        ] {
            let expected = "/Resources/Stage/Properties/MethodSettings/0/LoggingLevel";
            assert_eq!(pointer(path), expected);
        }
    }

    #[test]
    fn sentences_name_a_property() {
        let check = |reason: &str, expected: Option<&str>| {
            let expected = expected.map(|rest| format!("/Resources/A/Properties{rest}"));
            assert_eq!(in_text(reason, "A"), expected, "{reason}");
        };
        // https://github.com/awslabs/aws-saas-boost/issues/179
        check(
            "Properties validation failed for resource ECSTaskDefinition with message: #/Volumes/0: extraneous key [EfsVolumeConfiguration] is not permitted",
            Some("/Volumes/0/EfsVolumeConfiguration"),
        );
        // https://github.com/awsdocs/aws-cloudformation-user-guide/pull/823
        check(
            "Model validation failed (#: extraneous key [InputFormatConfiguration] is not permitted)",
            Some("/InputFormatConfiguration"),
        );
        // https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1514
        check(
            "with message: #/MagneticStoreWriteProperties: required key [EnableMagneticStoreWrites] not found",
            Some("/MagneticStoreWriteProperties"),
        );
        // https://github.com/cloudtools/troposphere/issues/1045
        check(
            "Property validation failure: [Value of property {/Tags} does not match type {Map}]",
            Some("/Tags"),
        );
        // From memory.
        check("Encountered unsupported property Foo", Some("/Foo"));
        check(
            "Value of property PolicyDocument must be an object",
            Some("/PolicyDocument"),
        );
        check("Rate exceeded (Service: Lambda, Status Code: 429)", None);
        check("Item #3: wrong", None);
    }
}
