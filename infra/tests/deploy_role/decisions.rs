//! What the deploy role of stage `dev` is allowed and refused, request by request.

use super::policy::{Context, allows};
use super::{everything_on, policies, policies_with};

const BOUND: (&str, &str) = (
    "iam:PermissionsBoundary",
    "arn:aws:iam::123456789012:policy/movies-github-dev-Boundary-1A",
);
const OTHER_BOUND: (&str, &str) = (
    "iam:PermissionsBoundary",
    "arn:aws:iam::123456789012:policy/movies-dev-Wide-1A",
);
const OWN_POLICY: (&str, &str) = (
    "iam:PolicyARN",
    "arn:aws:iam::123456789012:policy/movies-dev-Identity-1A-FunctionPolicy-1A",
);
const ADMINISTRATOR: (&str, &str) = (
    "iam:PolicyARN",
    "arn:aws:iam::aws:policy/AdministratorAccess",
);
const TO_LAMBDA: (&str, &str) = ("iam:PassedToService", "lambda.amazonaws.com");
const TO_EC2: (&str, &str) = ("iam:PassedToService", "ec2.amazonaws.com");
const OF_DEV: (&str, &str) = ("aws:ResourceTag/stage", "dev");
const OF_MOVIES: (&str, &str) = ("aws:ResourceTag/service", "movies");
const OF_PRODUCTION: (&str, &str) = ("aws:ResourceTag/stage", "production");
const NEW_ONLY: (&str, &str) = ("s3:if-none-match", "*");
const FOR_API_GATEWAY: (&str, &str) = ("lambda:Principal", "apigateway.amazonaws.com");
const FOR_ANYBODY: (&str, &str) = ("lambda:Principal", "*");
const FIRST_API: (&str, &str) = ("iam:AWSServiceName", "ops.apigateway.amazonaws.com");
const OF_LEX: (&str, &str) = ("iam:AWSServiceName", "lex.amazonaws.com");
const BY_KMS_ITSELF: [(&str, &str); 0] = [];
const THROUGH_S3: (&str, &str) = ("kms:ViaService", "s3.eu-west-1.amazonaws.com");

/// A request: an action, a resource after `arn:aws:`, and condition keys.
type Request<'a> = (&'a str, &'a str, &'a [(&'static str, &'static str)]);

const ROLE: &str = "iam::123456789012:role/movies-dev-Identity-1A-FunctionRole-1A";
const DEPLOY_ROLE: &str = "iam::123456789012:role/movies-github-dev-DeployRole-1A";
const THE_BOUND: &str = "iam::123456789012:policy/movies-github-dev-Boundary-1A";
const POLICY: &str = "iam::123456789012:policy/movies-dev-Identity-1A-FunctionPolicy-1A";
const FUNCTION: &str = "lambda:eu-west-1:123456789012:function:apigw_handler";
const PRODUCTION_FUNCTION: &str = "lambda:eu-west-1:123456789012:function:apigw_handler_production";
const ROLE_OF_API_GATEWAY: &str = "iam::123456789012:role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway";
const TABLE: &str = "dynamodb:eu-west-1:123456789012:table/movies-dev-Data-1A-Table-1A";
const VPC: &str = "ec2:eu-west-1:123456789012:vpc/vpc-1";

fn is_allowed((action, resource, context): Request<'_>) -> bool {
    let (policies, _) = policies();
    let context: Context = context.iter().copied().collect();
    allows(
        policies.values(),
        action,
        &format!("arn:aws:{resource}"),
        &context,
    )
}

#[test]
fn a_deploy_of_the_stage_is_allowed() {
    let requests: [Request<'_>; 21] = [
        (
            "cloudformation:CreateChangeSet",
            "cloudformation:eu-west-1:123456789012:stack/movies-dev/1",
            &[],
        ),
        (
            "cloudformation:CreateStack",
            "cloudformation:eu-west-1:123456789012:stack/movies-dev-Data-1A/1",
            &[],
        ),
        (
            "cloudformation:DescribeStacks",
            "cloudformation:eu-west-1:123456789012:stack/movies-bootstrap/1",
            &[],
        ),
        (
            "cloudformation:DescribeStacks",
            "cloudformation:eu-west-1:123456789012:stack/movies-github-dev/1",
            &[],
        ),
        (
            "cloudformation:ExecuteChangeSet",
            "cloudformation:eu-west-1:123456789012:changeSet/xtask-1-2/1",
            &[],
        ),
        ("s3:PutObject", "s3:::assets/0.zip", &[NEW_ONLY]),
        ("s3:GetObject", "s3:::assets/0.zip", &[]),
        ("iam:CreateRole", ROLE, &[BOUND]),
        ("iam:PutRolePermissionsBoundary", ROLE, &[BOUND]),
        ("iam:AttachRolePolicy", ROLE, &[BOUND, OWN_POLICY]),
        ("iam:PassRole", ROLE, &[TO_LAMBDA]),
        ("iam:CreatePolicyVersion", POLICY, &[]),
        ("lambda:UpdateFunctionCode", FUNCTION, &[]),
        ("lambda:AddPermission", FUNCTION, &[FOR_API_GATEWAY]),
        ("dynamodb:UpdateTable", TABLE, &[]),
        ("ec2:CreateVpc", VPC, &[]),
        ("ec2:DeleteVpc", VPC, &[OF_DEV, OF_MOVIES]),
        ("apigateway:POST", "apigateway:eu-west-1::/restapis", &[]),
        (
            "iam:CreateServiceLinkedRole",
            ROLE_OF_API_GATEWAY,
            &[FIRST_API],
        ),
        (
            "logs:PutRetentionPolicy",
            "logs:eu-west-1:123456789012:log-group:/aws/lambda/apigw_handler:*",
            &[],
        ),
        (
            "kms:GenerateDataKey",
            "kms:eu-west-1:123456789012:key/k",
            &[THROUGH_S3],
        ),
    ];
    for request in requests {
        assert!(is_allowed(request), "{request:?}");
    }
}

/// A role with more rights than the deploy role's is out of its reach, on every way there.
#[test]
fn the_role_cannot_widen_its_rights() {
    let requests: [Request<'_>; 24] = [
        ("iam:CreateServiceLinkedRole", ROLE_OF_API_GATEWAY, &[]),
        (
            "iam:CreateServiceLinkedRole",
            ROLE_OF_API_GATEWAY,
            &[OF_LEX],
        ),
        (
            "iam:CreateServiceLinkedRole",
            "iam::123456789012:role/aws-service-role/lex.amazonaws.com/AWSServiceRoleForLexBots",
            &[OF_LEX],
        ),
        ("iam:CreateRole", ROLE, &[]),
        ("iam:CreateRole", ROLE, &[OTHER_BOUND]),
        ("iam:PutRolePermissionsBoundary", ROLE, &[OTHER_BOUND]),
        ("iam:DeleteRolePermissionsBoundary", ROLE, &[BOUND]),
        ("iam:PutRolePolicy", ROLE, &[BOUND]),
        ("iam:AttachRolePolicy", ROLE, &[OWN_POLICY]),
        ("iam:AttachRolePolicy", ROLE, &[BOUND, ADMINISTRATOR]),
        ("iam:AttachRolePolicy", DEPLOY_ROLE, &[BOUND, OWN_POLICY]),
        ("iam:UpdateAssumeRolePolicy", DEPLOY_ROLE, &[]),
        ("iam:TagRole", DEPLOY_ROLE, &[]),
        ("iam:CreatePolicyVersion", THE_BOUND, &[]),
        ("iam:DeletePolicy", THE_BOUND, &[]),
        ("iam:PassRole", ROLE, &[TO_EC2]),
        ("iam:PassRole", DEPLOY_ROLE, &[TO_LAMBDA]),
        ("iam:CreateUser", "iam::123456789012:user/movies-dev-x", &[]),
        (
            "iam:CreateOpenIDConnectProvider",
            "iam::123456789012:oidc-provider/x",
            &[],
        ),
        ("sts:AssumeRole", ROLE, &[]),
        (
            "cloudformation:UpdateStack",
            "cloudformation:eu-west-1:123456789012:stack/movies-github-dev/1",
            &[],
        ),
        (
            "cloudformation:UpdateStack",
            "cloudformation:eu-west-1:123456789012:stack/movies-bootstrap/1",
            &[],
        ),
        ("apigateway:PATCH", "apigateway:eu-west-1::/account", &[]),
        ("lambda:AddPermission", FUNCTION, &[FOR_ANYBODY]),
    ];
    for request in requests {
        assert!(!is_allowed(request), "{request:?}");
    }
}

#[test]
fn what_belongs_to_another_stage_is_refused() {
    let requests: [Request<'_>; 14] = [
        (
            "cloudformation:CreateChangeSet",
            "cloudformation:eu-west-1:123456789012:stack/movies-production/1",
            &[],
        ),
        (
            "cloudformation:DeleteStack",
            "cloudformation:eu-west-1:123456789012:stack/movies-devel-Data-1A/1",
            &[],
        ),
        (
            "cloudformation:UpdateStack",
            "cloudformation:eu-west-1:123456789012:stack/other/1",
            &[],
        ),
        ("s3:PutObject", "s3:::assets/0.zip", &[]),
        ("s3:PutObject", "s3:::other/0.zip", &[NEW_ONLY]),
        (
            "iam:CreateRole",
            "iam::123456789012:role/movies-production-Identity-1A-FunctionRole-1A",
            &[BOUND],
        ),
        (
            "iam:CreatePolicyVersion",
            "iam::123456789012:policy/movies-production-Identity-1A-FunctionPolicy-1A",
            &[],
        ),
        ("lambda:UpdateFunctionCode", PRODUCTION_FUNCTION, &[]),
        (
            "dynamodb:UpdateTable",
            "dynamodb:eu-west-1:123456789012:table/movies-production-Data-1A-Table-1A",
            &[],
        ),
        ("ec2:DeleteVpc", VPC, &[]),
        ("ec2:DeleteVpc", VPC, &[OF_PRODUCTION, OF_MOVIES]),
        ("ec2:CreateTags", VPC, &[OF_PRODUCTION]),
        (
            "apigateway:DELETE",
            "apigateway:eu-west-1::/restapis/a",
            &[OF_PRODUCTION],
        ),
        (
            "logs:DeleteLogGroup",
            "logs:eu-west-1:123456789012:log-group:aws-waf-logs-movies-production",
            &[],
        ),
    ];
    for request in requests {
        assert!(!is_allowed(request), "{request:?}");
    }
}

/// A deploy has no business with movies, and none with the key but through the services.
#[test]
fn data_is_out_of_reach() {
    let requests: [Request<'_>; 7] = [
        ("dynamodb:GetItem", TABLE, &[]),
        ("dynamodb:Scan", TABLE, &[]),
        ("dynamodb:PutItem", TABLE, &[]),
        ("dynamodb:DeleteTable", TABLE, &[]),
        ("lambda:InvokeFunction", FUNCTION, &[]),
        (
            "logs:FilterLogEvents",
            "logs:eu-west-1:123456789012:log-group:/aws/lambda/apigw_handler:*",
            &[],
        ),
        (
            "kms:Decrypt",
            "kms:eu-west-1:123456789012:key/k",
            &BY_KMS_ITSELF,
        ),
    ];
    for request in requests {
        assert!(!is_allowed(request), "{request:?}");
    }
}

/// One that was there before the stage has a name of its own.
#[test]
fn an_adopted_table_is_within_reach_by_its_name_alone() {
    let films = "arn:aws:dynamodb:eu-west-1:123456789012:table/films";
    let others = ["films2", "film", "movies-production-Data-1A-Table-1A"];
    let others = others.map(|name| format!("arn:aws:dynamodb:eu-west-1:123456789012:table/{name}"));
    let mut chosen = everything_on();
    let (before, bound_before) = policies_with(&chosen);
    chosen.insert("TableName".to_owned(), "films".to_owned());
    let (policies, bound) = policies_with(&chosen);
    let none = Context::new();
    let deploys = |table: &str| allows(policies.values(), "dynamodb:UpdateTable", table, &none);
    let writes = |table: &str| allows([&bound], "dynamodb:PutItem", table, &none);
    for table in [films, &format!("arn:aws:{TABLE}")] {
        assert!(deploys(table) && writes(table), "{table}");
    }
    for table in &others {
        assert!(!deploys(table) && !writes(table), "{table}");
    }
    assert!(!allows(
        before.values(),
        "dynamodb:UpdateTable",
        films,
        &none
    ));
    assert!(!allows([&bound_before], "dynamodb:PutItem", films, &none));
    assert!(!allows(policies.values(), "dynamodb:PutItem", films, &none));
}
