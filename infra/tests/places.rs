//! Where the parts of the templates stand, which errors and findings point at.

use serde_json::Value;

use super::root;
use cfnkit_template::stack_tree::read_template;

/// Compared with the text itself, as one would with grep: a logical ID is a key at two spaces.
#[test]
fn every_resource_of_the_repository_is_where_the_text_has_it() {
    let directory = root().join("infra/cfn");
    let mut checked = 0;
    for file in std::fs::read_dir(&directory).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let text = std::fs::read_to_string(directory.join(&name)).unwrap();
        let template = read_template(&directory, &name).unwrap();
        let first = text.lines().position(|line| line == "Resources:").unwrap();
        for (logical_id, resource) in template.resources() {
            let lines = text.lines().skip(first);
            let line = lines
                .take_while(|line| *line != "Outputs:")
                .position(|line| line == format!("  {logical_id}:"));
            let line = first + line.unwrap() + 1;
            let place = template.resource(logical_id).unwrap().to_string();
            assert_eq!(place, format!("infra/cfn/{name}:{line}:3"));
            // A property stands below its resource, at six spaces.
            let properties = resource.get("Properties").and_then(Value::as_object);
            for property in properties
                .into_iter()
                .flatten()
                .map(|(property, _)| property)
            {
                let pointer = format!("/Resources/{logical_id}/Properties/{property}");
                let place = template.key(&pointer).unwrap();
                let found = text.lines().nth(place.line() - 1).unwrap();
                assert!(
                    found.starts_with(&format!("      {property}:")),
                    "{pointer}: {found}"
                );
                assert_eq!(place.column(), 7, "{pointer}");
                assert!(place.line() > line, "{pointer}");
                checked += 1;
            }
        }
    }
    assert!(checked > 100, "{checked}");
}
