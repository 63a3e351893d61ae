//! Causes in what was asked for or in how CloudFormation went about it; the general ones last.

use super::{ANY, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "export in use",
        says: &[
            r"[Ee]xport (?P<export>\S+) (?:cannot be (?:deleted|updated) )?as it is in use by (?P<user>[\w-]+)",
        ],
        advice: "`aws cloudformation list-imports --export-name {export}` lists the stacks that read it; change `{user}` first",
        ..ANY
    },
    Row {
        name: "termination protection",
        says: &[
            r"(?i)stack \[?(?P<protected>[\w-]+)\]? cannot be deleted while TerminationProtection is enabled",
        ],
        advice: "if it is to go, `aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name {protected}`, then run the same command again",
        ..ANY
    },
    Row {
        name: "capabilities",
        says: &[r"[Rr]equires capabilities ?: ?\[(?P<capability>\w+)"],
        advice: "the template asks for `{capability}` and a deploy grants CAPABILITY_IAM: let CloudFormation name roles and policies, and write transforms out",
        ..ANY
    },
    Row {
        name: "invalid property",
        says: &[
            r"extraneous key \[(?P<key>\w+)\] is not permitted",
            r"required key \[(?P<key>\w+)\] not found",
            r"[Ee]ncountered unsupported property (?P<key>\w+)",
            r"[Rr]equired property \[(?P<key>\w+)\] not found",
            r"[Uu]nsupported property \[(?P<key>\w+)\]",
        ],
        advice: "look up `{key}` in the resource type's reference, also its upper and lower case; `cargo xtask lint` finds such before a deploy",
        ..ANY
    },
    Row {
        name: "parameter value",
        says: &[
            r"parameter value (?P<value>\S+) for parameter name (?P<parameter>\w+) does not exist",
            r"Parameter '?(?P<parameter>\w+)'? (?:must|failed)",
        ],
        advice: "choose another value with `--param {parameter}=VALUE`; infra/cfn/root.yaml says what is allowed",
        ..ANY
    },
    Row {
        name: "parameter missing",
        says: &[r"Parameters: \[(?P<parameter>\w+)[^\]]*\] must have values"],
        advice: "give it a value with `--param {parameter}=VALUE`, or in the stage's file",
        ..ANY
    },
    Row {
        name: "parameter unknown",
        says: &[r"Parameters: \[(?P<parameter>\w+)[^\]]*\] do not exist in the template"],
        advice: "infra/cfn/root.yaml has no parameter `{parameter}`: declare it there, or leave it out of the stage's file and the command",
        ..ANY
    },
    Row {
        name: "template",
        says: &["Template (?:format |validation )?error"],
        advice: "mend the template; `cargo xtask lint` finds most of such before a deploy",
        ..ANY
    },
    Row {
        name: "request repeated",
        says: &["TokenAlreadyExists", "mismatch with existing attribute"],
        advice: "run the same command again: each run asks under a name of its own",
        ..ANY
    },
    Row {
        name: "early validation",
        says: &[r"hook\(s\)/validation failed: \[(?P<validation>[\w:]+)"],
        advice: "CloudFormation keeps the details apart: `aws cloudformation describe-events --filters FailedEvents=true --change-set-name ARN`, and the right to do so is `cloudformation:DescribeEvents`",
        ..ANY
    },
    Row {
        name: "hook",
        when: "HOOK_",
        says: &["."],
        advice: "somebody of the account or organisation added this hook; `aws cloudformation list-hook-results` says what it looked at",
        ..ANY
    },
    Row {
        name: "exists",
        says: &[r"(?i)already ?exists?"],
        advice: "something of this name is there outside the stack: delete it, rename it in the template, or take it into the stack with an import (`aws cloudformation create-change-set --change-set-type IMPORT`)",
        ..ANY
    },
    Row {
        name: "throttled",
        says: &[
            "(?i)rate ?exceeded",
            "(?i)too many requests",
            "HandlerErrorCode: Throttling",
            "Error Code: Throttling",
        ],
        advice: "the service takes fewer calls per second than this deploy made, or another one runs beside it: deploy again in some minutes",
        ..ANY
    },
    Row {
        name: "being deleted",
        says: &[
            "(?i)is (?:currently )?being deleted",
            "DELETE_IN_PROGRESS state",
            "(?i)is in the process of being deleted",
        ],
        advice: "an earlier deletion is not over: wait some minutes and run the same command again",
        ..ANY
    },
    Row {
        name: "changed outside",
        says: &[
            "HandlerErrorCode: NotFound",
            "with identifier '[^']*' was not found",
            "(?i)drift",
        ],
        advice: "it was deleted or changed outside of CloudFormation: `aws cloudformation detect-stack-drift --stack-name {stack}` finds what differs; where it is gone for good, a new logical ID makes a new one",
        ..ANY
    },
    Row {
        name: "not stabilized",
        says: &[
            "HandlerErrorCode: NotStabilized",
            "Exceeded attempts to wait",
            "did not stabilize",
            "timed out",
        ],
        advice: "the service did not get ready in the time CloudFormation waits: deploy again, and if it fails again look at the resource itself in the service's console and at https://health.aws.amazon.com",
        ..ANY
    },
    Row {
        name: "failure inside AWS",
        says: &[
            "(?i)internal ?(?:failure|error)",
            "HandlerErrorCode: (?:GeneralServiceException|ServiceInternalError|InternalFailure)",
        ],
        advice: "the service failed and does not say why: deploy again; if it fails again, give AWS support the RequestToken above",
        ..ANY
    },
    Row {
        name: "rollback failed",
        when: "UPDATE_ROLLBACK_FAILED",
        says: &["."],
        advice: "mend what the reason names and run `cargo xtask deploy` again, or `aws cloudformation continue-update-rollback --stack-name {stack}`",
        ..ANY
    },
];
