//! Which service and which action a request is for.

use super::http::{Request, Response};
use super::recorded;
use super::state::{ACCOUNT, State, Values};
use super::xml::{Refusal, answer, list, raw, tag, time};

/// The action of a request and what it is called with.
pub(crate) fn action(request: &Request) -> (String, Values) {
    let form = match request.path.as_str() {
        "/" if request.body.is_empty() => request.query.clone(),
        "/" => request.form(),
        _ => Values::new(),
    };
    if let Some(action) = form.get("Action") {
        return (action.clone(), form.clone());
    }
    let path = request.path.trim_matches('/').to_owned();
    if let Some(operation) = recorded::operation(request) {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let parameters = [("Path".to_owned(), path), ("Body".to_owned(), body)];
        return (operation, Values::from(parameters));
    }
    let name = match (request.method.as_str(), path.as_str()) {
        ("GET", "account") => "GetAccount",
        ("PUT", path) if path.starts_with("2015-03-31/functions/") => "UpdateFunctionCode",
        ("HEAD", path) if !path.contains('/') => "HeadBucket",
        ("HEAD", _) => "HeadObject",
        ("PUT", _) => "PutObject",
        _ => "GetObject",
    };
    (name.to_owned(), Values::from([("Path".to_owned(), path)]))
}

/// The region of a request's signature.
pub(crate) fn region(request: &Request) -> String {
    scope(request, 2).to_owned()
}

/// The service of a request's signature.
pub(super) fn signed_for(request: &Request) -> &str {
    scope(request, 3)
}

/// A part of the scope that a request is signed for.
fn scope(request: &Request, part: usize) -> &str {
    let signature = request.header("authorization").unwrap_or_default();
    let scope = signature.split_once("Credential=").map(|(_, rest)| rest);
    let part = scope.and_then(|scope| scope.split('/').nth(part));
    part.unwrap_or_default()
}

impl State {
    pub(crate) fn respond(&mut self, action: &str, form: &Values, request: &Request) -> Response {
        if let Some(response) = self.recorded(action, request) {
            return response;
        }
        if let Some((refused, code, message)) = self.refuses
            && refused == action
        {
            return Refusal::new(400, code, message).answer(request);
        }
        let result = match action {
            "GetCallerIdentity" => Ok(answer(
                action,
                &[
                    tag("Account", ACCOUNT),
                    tag("UserId", "AIDA"),
                    tag("Arn", &format!("arn:aws:iam::{ACCOUNT}:user/test")),
                ]
                .concat(),
            )),
            "GetAccount" => Ok(Response::new(
                200,
                "application/json",
                r#"{"cloudwatchRoleArn": "arn:aws:iam::111122223333:role/logs"}"#,
            )),
            "DescribeManagedPrefixLists" => Ok(Response::new(
                200,
                "text/xml",
                raw(
                    "DescribeManagedPrefixListsResponse",
                    &raw(
                        "prefixListSet",
                        &raw("item", &tag("prefixListId", "pl-12345678")),
                    ),
                ),
            )),
            "DescribeAvailabilityZones" => Ok(Response::new(
                200,
                "text/xml",
                zones(&[("a", "az3"), ("b", "az1"), ("c", "az2")]),
            )),
            "DescribeVpcs" => Ok(Response::new(
                200,
                "text/xml",
                raw(
                    "DescribeVpcsResponse",
                    &raw("vpcSet", &raw("item", &tag("vpcId", "vpc-1"))),
                ),
            )),
            "UpdateFunctionCode" => Ok(Response::new(200, "application/json", "{}")),
            "HeadBucket" | "HeadObject" | "PutObject" | "GetObject" => Ok(self.s3(request)),
            "DescribeStacks" => self.describe_stacks(form),
            "GetTemplate" => self.get_template(form),
            "ListStackResources" | "DescribeStackResources" => {
                self.list_stack_resources(action, form)
            }
            "DescribeStackEvents" => self.describe_stack_events(form),
            "DescribeEvents" => self.describe_events(form),
            "UpdateTerminationProtection" => self.update_termination_protection(form),
            "DeleteStack" => self.delete_stack(form),
            "RollbackStack" => self.roll_back("RollbackStack", form),
            "ContinueUpdateRollback" => self.roll_back("ContinueUpdateRollback", form),
            "CancelUpdateStack" => self.roll_back("CancelUpdateStack", form),
            "CreateChangeSet" => self.create_change_set(form),
            "DescribeChangeSet" => self.describe_change_set(form),
            "ListChangeSets" => self.list_change_sets(form),
            "ExecuteChangeSet" => self.execute_change_set(form),
            "DeleteChangeSet" => self.delete_change_set(form),
            "DetectStackDrift" => Ok(answer(action, &tag("StackDriftDetectionId", "drift"))),
            "DescribeStackDriftDetectionStatus" => Ok(answer(
                action,
                &[
                    tag("StackId", "drift"),
                    tag("StackDriftDetectionId", "drift"),
                    tag("StackDriftStatus", "IN_SYNC"),
                    tag("DetectionStatus", "DETECTION_COMPLETE"),
                    tag("Timestamp", &time(0)),
                ]
                .concat(),
            )),
            "DescribeStackResourceDrifts" => Ok(answer(action, &list("StackResourceDrifts", None))),
            other => {
                self.violations
                    .push(format!("no such action here: {other}"));
                Err(Refusal::new(
                    400,
                    "InvalidAction",
                    format!("Could not find operation {other}"),
                ))
            }
        };
        result.unwrap_or_else(|refusal| refusal.answer(request))
    }
}

/// As EC2 lists them, in an account whose first one has no Lambda.
fn zones(zones: &[(&str, &str)]) -> String {
    let zones = zones.iter().map(|(letter, id)| {
        let members = [
            tag("zoneName", &format!("us-east-1{letter}")),
            tag("zoneState", "available"),
            tag("regionName", "us-east-1"),
            raw("messageSet", ""),
            tag("zoneId", &format!("use1-{id}")),
            tag("zoneType", "availability-zone"),
        ];
        raw("item", &members.concat())
    });
    let zones = raw("availabilityZoneInfo", &zones.collect::<String>());
    raw("DescribeAvailabilityZonesResponse", &zones)
}
