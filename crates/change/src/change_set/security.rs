//! What a change touches: who may do what, who may reach what, and data that a replacement loses.

use super::Change;

/// Whether the change touches who may do what, or who may reach what.
pub(crate) fn is_relevant(change: &Change) -> bool {
    is_relevant_type(&change.resource_type)
        || change
            .properties
            .iter()
            .any(|property| is_relevant_path(&property.path))
}

fn is_relevant_type(resource_type: &str) -> bool {
    const PREFIXES: [&str; 9] = [
        "AWS::IAM::",
        "AWS::KMS::",
        "AWS::WAF::",
        "AWS::WAFRegional::",
        "AWS::WAFv2::",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::VPCEndpoint",
        "AWS::EC2::NetworkAcl",
        "AWS::SecretsManager::",
    ];
    const TYPES: [&str; 5] = [
        "AWS::ApiGateway::ApiKey",
        "AWS::ApiGateway::Authorizer",
        "AWS::ApiGateway::UsagePlanKey",
        "AWS::Lambda::Permission",
        "AWS::Lambda::LayerVersionPermission",
    ];
    PREFIXES
        .iter()
        .any(|prefix| resource_type.starts_with(prefix))
        || TYPES.contains(&resource_type)
        // Not those that say what becomes of a resource, nor how it scales.
        || (resource_type.ends_with("Policy") && !resource_type.contains("Scaling"))
}

/// Whether a property of this dotted path says who may do or reach something.
pub(crate) fn is_relevant_path(path: &str) -> bool {
    const EXACT: [&str; 9] = [
        "ApiKeyRequired",
        "AuthorizationScopes",
        "AuthorizationType",
        "AuthorizerId",
        "ManagedPolicyArns",
        "PermissionsBoundary",
        "PublicAccessBlockConfiguration",
        "SecurityGroupIds",
        "SSESpecification",
    ];
    path.split('.').any(|name| {
        EXACT.contains(&name)
            || name.starts_with("Cidr")
            || name.ends_with("PolicyDocument")
            || matches!(
                name,
                "KeyPolicy" | "BucketPolicy" | "Policy" | "Policies" | "ResourcePolicy"
            )
    })
}

/// What a resource of this type holds that a new one does not; `None` where it holds nothing.
pub(crate) fn data_of(resource_type: &str) -> Option<&'static str> {
    Some(match resource_type {
        "AWS::Cognito::UserPool" => "its users",
        "AWS::DynamoDB::GlobalTable" | "AWS::DynamoDB::Table" => "its items",
        "AWS::EC2::Volume" | "AWS::EFS::FileSystem" => "its files",
        "AWS::KMS::Key" => "the key that decrypts what it encrypted",
        "AWS::Kinesis::Stream" | "AWS::SQS::Queue" => "the messages in it",
        "AWS::Logs::LogGroup" => "its logs",
        "AWS::RDS::DBCluster" | "AWS::RDS::DBInstance" => "its data",
        "AWS::S3::Bucket" => "its objects",
        "AWS::SecretsManager::Secret" => "its versions",
        _ => return None,
    })
}
