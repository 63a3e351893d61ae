//! Causes in the account: quotas, permissions, credentials.

use super::{ANY, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "VPC limit",
        says: &[
            "maximum number of VPCs has been reached",
            "VpcLimitExceeded",
        ],
        advice: "delete a VPC that nobody uses (`aws ec2 describe-vpcs`), or ask for more with `aws service-quotas request-service-quota-increase --service-code vpc --quota-code L-F678F1CE --desired-value 10`",
        ..ANY
    },
    Row {
        name: "address limit",
        says: &[
            "maximum number of addresses has been reached",
            "AddressLimitExceeded",
        ],
        advice: "release an address that nobody uses (`aws ec2 describe-addresses`), or ask for more with `aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-0263D0A3 --desired-value 10`",
        ..ANY
    },
    Row {
        name: "limit",
        says: &[
            r"(?i)maximum number of (?P<what>[\w ]+?) (?:has|have) been reached",
            r"(?i)limit ?exceeded",
        ],
        advice: "delete what nobody uses, or find the quota in `aws service-quotas list-services` and `aws service-quotas list-service-quotas --service-code CODE` and ask for more",
        ..ANY
    },
    Row {
        name: "service control policy",
        says: &[
            r"not authorized to perform: (?P<action>[\w:*-]+)(?s:.*)explicit deny in a service control policy",
            "explicit deny in a service control policy",
        ],
        advice: "the organisation forbids `{action}` here, whatever the account allows: ask who looks after its service control policies, or deploy to another region or account",
        ..ANY
    },
    Row {
        name: "service role",
        says: &[r"[Rr]ole (?P<role>arn:\S+) is invalid or cannot be assumed"],
        advice: "CloudFormation works with `{role}`, the stack's service role: it must exist and trust `cloudformation.amazonaws.com`; `--role-arn` names another",
        ..ANY
    },
    Row {
        name: "action denied",
        says: &[r"(?P<who>arn:[\w:/.@+=,-]+) is not authorized to perform: (?P<action>[\w:*-]+)"],
        advice: "allow `{action}` to `{who}`: CloudFormation acts with the rights of whoever deploys, or with those of the role given as `--role-arn`",
        ..ANY
    },
    Row {
        name: "credentials",
        says: &[
            "security token included in the request is (?:expired|invalid)",
            "ExpiredToken",
        ],
        advice: "CloudFormation used the credentials of the deploy, which have ended or may not be passed on: sign in again, for example with `aws sso login`, and run the same command again",
        ..ANY
    },
    Row {
        name: "access denied",
        says: &[
            "(?i)access ?denied",
            "HandlerErrorCode: AccessDenied",
            "HandlerErrorCode: InvalidCredentials",
        ],
        advice: "the service does not say which action: look for `errorCode` AccessDenied with `aws cloudtrail lookup-events --lookup-attributes AttributeKey=ReadOnly,AttributeValue=false`, and allow it to whoever deploys",
        ..ANY
    },
];
