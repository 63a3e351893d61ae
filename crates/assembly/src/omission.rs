//! What the local emulator cannot hold, taken out of the templates for it. The shipped templates
//! carry no trace of this, and the screen names every resource left out.

use std::fmt;

use cfnkit_template::source::Problem;
use cfnkit_template::template::Template;

/// The resource types the pinned emulator rejects.
pub const UNSUPPORTED_TYPES: [&str; 6] = [
    "AWS::EC2::FlowLog",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::Lambda::CodeSigningConfig",
    "AWS::Logs::QueryDefinition",
    "AWS::WAFv2::LoggingConfiguration",
    "AWS::WAFv2::WebACLAssociation",
];

/// A resource that is not deployed locally.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Omission {
    /// Name of the template that declares it.
    pub template: String,
    /// In that template.
    pub logical_id: String,
    /// As in `AWS::WAFv2::WebACLAssociation`.
    pub resource_type: String,
}

impl fmt::Display for Omission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "  not on the local cloud: {} ({})",
            self.logical_id, self.resource_type
        )
    }
}

/// `template` without the resources the emulator rejects, and which those are. What remains is
/// the template's own text, line for line.
pub(crate) fn omit_unsupported(template: Template) -> Result<(Template, Vec<Omission>), Problem> {
    let omissions: Vec<Omission> = template
        .resources()
        .filter_map(|(logical_id, resource)| {
            let resource_type = resource.get("Type")?.as_str()?;
            UNSUPPORTED_TYPES
                .contains(&resource_type)
                .then(|| Omission {
                    template: template.name().to_owned(),
                    logical_id: logical_id.to_owned(),
                    resource_type: resource_type.to_owned(),
                })
        })
        .collect();
    if omissions.is_empty() {
        return Ok((template, omissions));
    }
    let logical_ids: Vec<&str> = omissions
        .iter()
        .map(|one| one.logical_id.as_str())
        .collect();
    let text = template.text_without(&logical_ids);
    Ok((template.with_text(text)?, omissions))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejected_resources_go_and_everything_else_stays_as_written() {
        let kept = "Resources:\n  Vpc:\n    Type: AWS::EC2::VPC\n\n";
        let omitted = "  FlowLog:\n    Type: AWS::EC2::FlowLog\n    Properties:\n      # Why.\n      \
                       TrafficType: ALL\n\n";
        let rest = "  Subnet:\n    Type: AWS::EC2::Subnet\n";
        let text = format!("{kept}{omitted}{rest}");
        let template = Template::parse("network.yaml", text).unwrap();
        let (template, omissions) = omit_unsupported(template).unwrap();
        // The blank line that parted the omitted resource from the next stays with the next.
        assert_eq!(template.text(), format!("{kept}\n{rest}"));
        let [omission] = omissions.as_slice() else {
            panic!("expected one omission, found {omissions:?}");
        };
        assert_eq!(omission.logical_id, "FlowLog");
    }
}
