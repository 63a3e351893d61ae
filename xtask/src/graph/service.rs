//! What a reader calls a resource: the one table from CloudFormation's types to services, and
//! how each service is shown.

/// A service in the picture, or who uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    Client,
    Waf,
    ApiGateway,
    Lambda,
    Endpoint,
    DynamoDb,
    Vpc,
    Logs,
    XRay,
    CloudWatch,
    Sns,
    Iam,
    Kms,
    S3,
}

/// A type of resource: its service, and what one of it is called.
pub(super) struct Type {
    pub(super) name: &'static str,
    pub(super) service: Service,
    pub(super) noun: &'static str,
}

const fn of(service: Service, name: &'static str, noun: &'static str) -> Type {
    Type {
        name,
        service,
        noun,
    }
}

pub(super) const TYPES: [Type; 37] = [
    of(
        Service::ApiGateway,
        "AWS::ApiGateway::Account",
        "account setting",
    ),
    of(Service::ApiGateway, "AWS::ApiGateway::ApiKey", "API key"),
    of(
        Service::ApiGateway,
        "AWS::ApiGateway::Deployment",
        "deployment",
    ),
    of(
        Service::ApiGateway,
        "AWS::ApiGateway::GatewayResponse",
        "gateway response",
    ),
    of(Service::ApiGateway, "AWS::ApiGateway::Method", "method"),
    of(Service::ApiGateway, "AWS::ApiGateway::Model", "model"),
    of(
        Service::ApiGateway,
        "AWS::ApiGateway::RequestValidator",
        "validator",
    ),
    of(Service::ApiGateway, "AWS::ApiGateway::RestApi", "REST API"),
    of(Service::ApiGateway, "AWS::ApiGateway::Stage", "stage"),
    of(
        Service::ApiGateway,
        "AWS::ApiGateway::UsagePlan",
        "usage plan",
    ),
    of(
        Service::ApiGateway,
        "AWS::ApiGateway::UsagePlanKey",
        "key of a plan",
    ),
    of(Service::CloudWatch, "AWS::CloudWatch::Alarm", "alarm"),
    of(
        Service::CloudWatch,
        "AWS::CloudWatch::Dashboard",
        "dashboard",
    ),
    of(
        Service::CloudWatch,
        "AWS::Logs::MetricFilter",
        "metric filter",
    ),
    of(
        Service::CloudWatch,
        "AWS::Logs::QueryDefinition",
        "saved query",
    ),
    of(Service::DynamoDb, "AWS::DynamoDB::Table", "table"),
    of(Service::Endpoint, "AWS::EC2::VPCEndpoint", "endpoint"),
    of(Service::Vpc, "AWS::EC2::FlowLog", "flow log"),
    of(Service::Vpc, "AWS::EC2::RouteTable", "route table"),
    of(Service::Vpc, "AWS::EC2::SecurityGroup", "security group"),
    of(Service::Vpc, "AWS::EC2::Subnet", "subnet"),
    of(
        Service::Vpc,
        "AWS::EC2::SubnetRouteTableAssociation",
        "association",
    ),
    of(Service::Vpc, "AWS::EC2::VPC", "VPC"),
    of(Service::Iam, "AWS::IAM::ManagedPolicy", "policy"),
    of(Service::Iam, "AWS::IAM::OIDCProvider", "identity provider"),
    of(Service::Iam, "AWS::IAM::Role", "role"),
    of(Service::Kms, "AWS::KMS::Key", "key"),
    of(Service::Lambda, "AWS::Lambda::Function", "function"),
    of(Service::Lambda, "AWS::Lambda::Permission", "permission"),
    of(Service::Logs, "AWS::Logs::LogGroup", "log group"),
    of(Service::S3, "AWS::S3::Bucket", "asset bucket"),
    of(Service::S3, "AWS::S3::BucketPolicy", "bucket policy"),
    of(Service::Sns, "AWS::SNS::Subscription", "subscription"),
    of(Service::Sns, "AWS::SNS::Topic", "topic"),
    of(Service::Sns, "AWS::SNS::TopicPolicy", "topic policy"),
    of(
        Service::Waf,
        "AWS::WAFv2::LoggingConfiguration",
        "logging setting",
    ),
    of(Service::Waf, "AWS::WAFv2::WebACL", "web ACL"),
];

/// Beside the table: it connects two services and is an arrow.
pub(super) const ASSOCIATION: &str = "AWS::WAFv2::WebACLAssociation";

/// The service that a metric is of, by its namespace; `Movies` is what the function itself counts.
pub(super) const NAMESPACES: [(&str, Service); 5] = [
    ("AWS/WAFV2", Service::Waf),
    ("AWS/ApiGateway", Service::ApiGateway),
    ("AWS/Lambda", Service::Lambda),
    ("AWS/DynamoDB", Service::DynamoDb),
    ("Movies", Service::Lambda),
];

pub(super) fn service(r#type: &str) -> Option<Service> {
    if r#type == ASSOCIATION {
        return Some(Service::Waf);
    }
    let found = TYPES.iter().find(|one| one.name == r#type);
    found.map(|one| one.service)
}

impl Service {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Client => "Client",
            Self::Waf => "WAF",
            Self::ApiGateway => "API Gateway",
            Self::Lambda => "Lambda",
            Self::Endpoint => "VPC endpoint",
            Self::DynamoDb => "DynamoDB",
            Self::Vpc => "VPC",
            Self::Logs => "CloudWatch Logs",
            Self::XRay => "X-Ray",
            Self::CloudWatch => "CloudWatch",
            Self::Sns => "SNS",
            Self::Iam => "IAM",
            Self::Kms => "KMS",
            Self::S3 => "S3",
        }
    }

    /// Its colour on a light and on a dark page.
    pub(super) fn colours(self) -> (&'static str, &'static str) {
        match self {
            Self::Client => ("#37475a", "#a9b7c6"),
            Self::Waf | Self::Iam | Self::Kms => ("#c7331b", "#ff8a73"),
            Self::ApiGateway => ("#7a3fc4", "#b48ef0"),
            Self::Lambda => ("#b55a00", "#f0a04b"),
            Self::Endpoint | Self::Vpc | Self::S3 => ("#3d7a22", "#83c463"),
            Self::DynamoDb => ("#2e5fcc", "#7ea6ff"),
            Self::Logs | Self::XRay | Self::CloudWatch | Self::Sns => ("#b0376f", "#f07fb2"),
        }
    }

    /// Lines of a drawing, 48 wide and 44 high.
    pub(super) fn icon(self) -> Option<&'static str> {
        match self {
            Self::Client => Some("M6 6H42V34H6ZM0 41H48"),
            Self::Waf => {
                Some("M24 1L42 8V21C42 32 34 39 24 44C14 39 6 32 6 21V8ZM16 22L22 28L33 16")
            }
            Self::ApiGateway => Some("M14 8L4 22L14 36M34 8L44 22L34 36M28 8L20 36"),
            Self::Lambda => Some("M10 3H17L37 41M24 18L11 41"),
            Self::Endpoint => Some("M24 3A19 19 0 1 1 23.9 3M14 22H33M26 15L33 22L26 29"),
            Self::DynamoDb => Some(
                "M4 9A20 6 0 0 1 44 9A20 6 0 0 1 4 9V35A20 6 0 0 0 44 35V9M4 22A20 6 0 0 0 44 22",
            ),
            _ => None,
        }
    }
}
