//! What is answered and logged where no movie is stored, and nobody sent a wrong one.

use super::*;

/// Handles an event with a store that fails; checks the answer and what the log says.
async fn check_failure(
    answer: impl Fn() -> Result<(), InsertError>,
    status: u16,
    detail: &str,
    reason: &str,
) {
    let store = Scripted::new(answer);
    let (reply, lines) = respond(&store, Level::Info, &proxy_event()).await;
    assert_eq!(reply["statusCode"], status);
    let problem: Value = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
    assert_eq!(problem["detail"], detail);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["status"], status);
    assert_eq!(lines[0]["reason"], reason);
}

#[tokio::test]
async fn every_failure_has_its_answer() {
    let cause = || "cause".into();
    let unknown = "; the movie may be stored or not";
    let conditional = "; the movie may be stored or not, \
                       and where it is, repeating the request is answered 412";
    for (fate, later, later_status, end) in [
        (Fate::NotStored, ", try again later", 503, ""),
        (
            Fate::Unknown(Existing::Replace),
            ", try again later",
            503,
            unknown,
        ),
        (Fate::Unknown(Existing::Keep), "", 504, conditional),
    ] {
        check_failure(
            || {
                Err(InsertError::Throttled {
                    fate,
                    cause: cause(),
                })
            },
            later_status,
            &format!("busy{later}{end}"),
            "the store is throttled: cause",
        )
        .await;
        check_failure(
            || {
                Err(InsertError::Unavailable {
                    fate,
                    cause: cause(),
                })
            },
            later_status,
            &format!("temporarily unavailable{later}{end}"),
            "the store is unavailable: cause",
        )
        .await;
        let late = match fate {
            Fate::NotStored => "no time was left to store the movie".to_owned(),
            Fate::Unknown(_) => format!("no answer in time{end}"),
        };
        check_failure(
            || Err(InsertError::Late { fate }),
            504,
            &late,
            "the store did not answer in time",
        )
        .await;
        check_failure(
            || {
                Err(InsertError::Refused {
                    fate,
                    cause: cause(),
                })
            },
            500,
            &format!("internal error{end}"),
            "cannot store the movie: cause",
        )
        .await;
    }
    let exists = "a movie with this `id` exists";
    check_failure(|| Err(InsertError::Exists), 412, exists, exists).await;
}

/// Clients repeat a request for this header.
#[tokio::test]
async fn only_what_can_be_repeated_unseen_asks_for_it() {
    for (fate, expected) in [
        (Fate::NotStored, Some("1")),
        (Fate::Unknown(Existing::Replace), Some("1")),
        (Fate::Unknown(Existing::Keep), None),
    ] {
        let store = Scripted::new(|| {
            let cause = "cause".into();
            Err(InsertError::Unavailable { fate, cause })
        });
        let (reply, _) = respond(&store, Level::Info, &proxy_event()).await;
        assert_eq!(
            reply["headers"]["Retry-After"].as_str(),
            expected,
            "{fate:?}"
        );
    }
}

#[tokio::test]
async fn a_panic_is_answered_and_the_next_request_too() {
    let panics = RefCell::new(true);
    let store = Scripted::new(|| {
        if panics.replace(false) {
            panic!("s3cret");
        }
        Ok(())
    });
    let (reply, lines) = respond(&store, Level::Info, &proxy_event()).await;
    assert_eq!(reply["statusCode"], 500);
    assert!(!reply.to_string().contains("s3cret"));
    // The store had it by then.
    assert!(reply.to_string().contains("may be stored or not"));
    assert_eq!(lines[0]["reason"], "panicked");
    // An operator looks for a fault of the function, and not of the store.
    assert_eq!(lines[0]["Panics"], 1);
    assert_eq!(lines[0]["StoreErrors"], Value::Null);
    let (reply, _) = respond(&store, Level::Info, &proxy_event()).await;
    assert_eq!(reply["statusCode"], 200);
}

/// What is sent to the function by somebody else than a REST API, and what the answer calls it.
#[tokio::test]
async fn an_event_of_another_kind_is_named() {
    let s3cret = "s3cret";
    for (event, expected) in [
        (
            json!({ "version": "2.0", "rawPath": "/", "body": s3cret,
                "requestContext": { "requestId": "gateway-id", "http": { "method": "POST" } } }),
            "is from an HTTP API or a function URL (payload 2.0), \
             not from an API Gateway REST API (payload 1.0)",
        ),
        (
            json!({ "httpMethod": "POST", "path": "/", "body": s3cret,
                "requestContext": { "elb": { "targetGroupArn": s3cret } } }),
            "is from a load balancer, not from an API Gateway REST API (payload 1.0)",
        ),
        (
            json!({ "requestContext": { "connectionId": s3cret, "routeKey": "$default" } }),
            "is from a WebSocket API, not from an API Gateway REST API (payload 1.0)",
        ),
        (
            json!({ "Records": [{ "eventSource": "aws:sqs", "body": s3cret }] }),
            "has records of a queue, a stream, a topic or a bucket, not a proxy request",
        ),
        (
            json!({ "detail-type": "Scheduled Event", "source": "aws.events", "detail": {} }),
            "is from EventBridge, not from an API Gateway REST API (payload 1.0)",
        ),
        (
            json!({ "httpMethod": "POST", "resource": "/", "body": { "id": s3cret } }),
            "is like an API Gateway proxy request, but one of its members has the wrong type",
        ),
        (
            json!({ "key1": s3cret }),
            "is not an API Gateway proxy request",
        ),
        (json!({}), "is not an API Gateway proxy request"),
        (json!(null), "is not an API Gateway proxy request"),
        (json!([s3cret]), "is not an API Gateway proxy request"),
    ] {
        let (reply, lines) = respond(&Scripted::new(|| Ok(())), Level::Info, &event).await;
        assert_eq!(reply["statusCode"], 400, "{event}");
        let problem: Value = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
        assert_eq!(problem["detail"], format!("event {expected}"), "{event}");
        assert_eq!(lines[0]["reason"], problem["detail"]);
        let said = [reply.to_string(), lines[0].to_string()].concat();
        assert!(!said.contains(s3cret), "{said}");
    }
}
