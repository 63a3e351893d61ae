//! Causes that a single service reports.

use super::{ANY, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "in another stack",
        says: &[r"already exists in stack\s+(?P<owner>arn:[\w:/-]+)"],
        advice: "it belongs to the stack `{owner}`: deploy another stage with `--stage`, or take it out there first",
        ..ANY
    },
    Row {
        name: "log group exists",
        of: "AWS::Logs::LogGroup",
        says: &[
            r#""/properties/LogGroupName":"(?P<group>[^"]+)"\}?'? already exists"#,
            r"identifier '(?P<group>[^'{]+)' already exists",
            r"^(?P<group>\S+)\s+already exists",
        ],
        property: "LogGroupName",
        advice: "the log group `{group}` is left from an earlier stack, or the service made it; if its logs can go, delete it with `aws logs delete-log-group --log-group-name {group}` and deploy again",
        ..ANY
    },
    Row {
        name: "function exists",
        of: "AWS::Lambda::Function",
        says: &[
            "(?i)function already exist",
            "AWS::Lambda::Function' with identifier '[^']+' already exists",
        ],
        property: "FunctionName",
        advice: "a function of this name is there outside the stack: deploy another stage with `--stage`, or see whose it is with `aws lambda list-functions` and delete it with `aws lambda delete-function --function-name NAME`",
        ..ANY
    },
    Row {
        name: "reserved concurrency",
        says: &[r"UnreservedConcurrentExecution below its minimum value of \[(?P<least>\d+)\]"],
        property: "ReservedConcurrentExecutions",
        advice: "the account must keep {least} executions unreserved: reserve none or fewer for the function, or ask for more with `aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000`",
        ..ANY
    },
    Row {
        name: "role not assumable by Lambda",
        of: "AWS::Lambda::",
        says: &["cannot be assumed by Lambda"],
        property: "Role",
        advice: "a role that is seconds old is not known everywhere yet: deploy again; if it fails again, its `AssumeRolePolicyDocument` must name `lambda.amazonaws.com`",
        ..ANY
    },
    Row {
        name: "role without network interfaces",
        of: "AWS::Lambda::",
        says: &["role does not have permissions to call (?P<call>\\w+) on EC2"],
        property: "Role",
        advice: "the function is in a VPC and its role must allow `ec2:{call}`; of a role that is seconds old the policies are not known everywhere yet, so deploy again first",
        ..ANY
    },
    Row {
        name: "code size",
        of: "AWS::Lambda::",
        says: &[r"Unzipped size must be smaller than (?P<limit>\d+) bytes"],
        property: "Code",
        advice: "the zip unpacks to more than Lambda's {limit} bytes: `cargo xtask package` says what is in it",
        ..ANY
    },
    Row {
        name: "asset not there",
        says: &["S3 Error Code: NoSuchKey"],
        property: "Code",
        advice: "the asset bucket lost the zip after it was published: deploy again, which uploads what is missing",
        ..ANY
    },
    Row {
        name: "asset not readable",
        says: &["access has been denied by S3", "S3 error: Access Denied"],
        advice: "whoever deploys (or the role of `--role-arn`) needs `s3:GetObject` on the asset bucket: `cargo xtask bootstrap` sets its policy",
        ..ANY
    },
    Row {
        name: "WAF not ready",
        of: "AWS::WAFv2::",
        says: &[
            "WAFUnavailableEntityException",
            "AWS WAF couldn.t retrieve the resource",
        ],
        advice: "WAF does not see yet what was created seconds ago: deploy again",
        ..ANY
    },
    Row {
        name: "WAF limit",
        of: "AWS::WAF",
        says: &[
            "WAFLimitsExceededException",
            "exceeding resource limits",
            "exceeded your resource limit",
        ],
        advice: "see what is there with `aws wafv2 list-web-acls --scope REGIONAL`, delete what nobody uses, or ask for more with `aws service-quotas list-service-quotas --service-code wafv2`",
        ..ANY
    },
    Row {
        name: "logs role",
        of: "AWS::ApiGateway::",
        says: &["CloudWatch Logs role ARN must be set in account settings"],
        advice: "`cargo xtask bootstrap --api-gateway-logs-role` sets it, once for every API of the account and region",
        ..ANY
    },
    Row {
        name: "API changed meanwhile",
        of: "AWS::ApiGateway",
        says: &["concurrent modification"],
        advice: "API Gateway takes one change of an API at a time: deploy again",
        ..ANY
    },
    Row {
        name: "usage plan in use",
        of: "AWS::ApiGateway::UsagePlan",
        says: &[
            r"Cannot delete Usage Plan (?P<plan>[\w*]+) because there are API Stages associated with it, including (?P<api>[\w:]+)",
        ],
        advice: "take the stage out with `aws apigateway update-usage-plan --usage-plan-id {plan} --patch-operations op=remove,path=/apiStages,value={api}`, then run the same command again",
        ..ANY
    },
    Row {
        name: "API Gateway limit",
        of: "AWS::ApiGateway",
        says: &["(?i)maximum number of", "(?i)limit ?exceeded"],
        advice: "delete what nobody uses (`aws apigateway get-rest-apis`, `aws apigateway get-api-keys`), or find the quota with `aws service-quotas list-service-quotas --service-code apigateway` and ask for more",
        ..ANY
    },
    Row {
        name: "dashboard",
        of: "AWS::CloudWatch::Dashboard",
        says: &[
            r#"dashboard body is invalid, there are (?P<count>\d+) validation errors(?s:.*?)"dataPath": "(?P<widget>[\w/]+)""#,
        ],
        property: "DashboardBody",
        advice: "of {count} errors in the body the first is at `{widget}`, counted from 0",
        ..ANY
    },
    Row {
        name: "table protected",
        of: "AWS::DynamoDB::",
        says: &["currently protected against deletion"],
        property: "DeletionProtectionEnabled",
        advice: "the items would be gone; if that is wanted, `aws dynamodb update-table --table-name {physical} --no-deletion-protection-enabled`, then run the same command again",
        ..ANY
    },
    Row {
        name: "bucket not empty",
        of: "AWS::S3::Bucket",
        says: &[
            "bucket you tried to delete is not empty",
            "bucket '(?P<physical>[^']+)' is not empty",
        ],
        advice: "empty it with `aws s3 rm s3://{physical} --recursive` (of a versioned bucket the versions, too), then run the same command again; or keep it with `DeletionPolicy: Retain`",
        ..ANY
    },
    Row {
        name: "network interfaces",
        when: "DELETE_FAILED",
        says: &[r"resource (?P<group>sg-\w+) has a dependent object"],
        advice: "Lambda gives its network interfaces back after 20 to 45 minutes; see them with `aws ec2 describe-network-interfaces --filters Name=group-id,Values={group}` and run the same command again",
        ..ANY
    },
    Row {
        name: "network interfaces in a subnet",
        when: "DELETE_FAILED",
        says: &[r"subnet '(?P<subnet>subnet-\w+)' has dependencies"],
        advice: "Lambda gives its network interfaces back after 20 to 45 minutes; see them with `aws ec2 describe-network-interfaces --filters Name=subnet-id,Values={subnet}` and run the same command again",
        ..ANY
    },
    Row {
        name: "prefix list",
        says: &[r"prefix list ID '(?P<list>[\w.-]+)' does not exist"],
        advice: "`{list}` is not of this region: leave the parameter out, so that it is looked up, or find it with `aws ec2 describe-managed-prefix-lists`",
        ..ANY
    },
    Row {
        name: "zone without the service",
        says: &[
            r"endpoint service (?P<what>[\w.-]+) does not support the availability zone",
            r"(?i)endpoint service '(?P<what>[\w.-]+)' does not exist",
        ],
        advice: "see where `{what}` is with `aws ec2 describe-vpc-endpoint-services --service-names {what}`, and choose other zones with `--param`, or another region with `--region`",
        ..ANY
    },
    Row {
        name: "zone not available",
        says: &[
            "can currently only be created in the following availability zones: (?P<zones>[\\w-]+)",
        ],
        property: "AvailabilityZone",
        advice: "choose zones that are named above, such as `{zones}`, with `--param`",
        ..ANY
    },
    Row {
        name: "zone without Lambda",
        of: "AWS::Lambda::",
        says: &["availability zone Lambda doesn't support"],
        property: "VpcConfig",
        advice: "choose other zones with `--param`: see which there are with `aws ec2 describe-availability-zones --query 'AvailabilityZones[].[ZoneName,ZoneId]'`; `use1-az3` has no Lambda",
        ..ANY
    },
    Row {
        name: "key pending deletion",
        says: &[r"(?P<key>arn:[\w:-]+:key/[\w-]+) is pending deletion"],
        advice: "`aws kms cancel-key-deletion --key-id {key}` and `aws kms enable-key --key-id {key}` bring it back, or refer to another key",
        ..ANY
    },
    Row {
        name: "log resource policies",
        says: &[
            "Resource limit exceeded. \\(Service: CloudWatchLogs",
            "Resource Policy size was exceeded",
        ],
        advice: "a region has 10 resource policies of 5,120 characters for logs: see them with `aws logs describe-resource-policies` and delete one that nobody uses with `aws logs delete-resource-policy --policy-name NAME`",
        ..ANY
    },
];
