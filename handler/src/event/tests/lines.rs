//! What a request leaves in the log.

use super::*;

/// The one line of a request, with what differs each time replaced.
async fn line(answer: impl Fn() -> Result<(), InsertError>, level: Level) -> String {
    let store = Scripted::new(answer);
    let (_, mut lines) = respond(&store, level, &proxy_event()).await;
    assert_eq!(lines.len(), 1);
    let line = &mut lines[0];
    for member in ["durationMs", "storeDurationMs", "Latency", "StoreLatency"] {
        if let Some(value) = line.get_mut(member) {
            assert!(value.as_f64().unwrap() >= 0.0);
            *value = json!(1.5);
        }
    }
    if let Some(timestamp) = line.get_mut("timestamp") {
        assert!(timestamp.as_str().unwrap().ends_with('Z'));
        *timestamp = json!("2025-12-31T23:59:59.001Z");
    }
    line["_aws"]["Timestamp"] = json!(1_767_225_599_001_u64);
    // The order of members depends on what else is built.
    line.sort_all_objects();
    serde_json::to_string_pretty(line).unwrap()
}

#[tokio::test]
async fn a_line_says_who_asked_and_what_came_of_it() {
    expect_test::expect![[r#"
        {
          "FunctionName": "apigw_handler",
          "Inserts": 1,
          "Latency": 1.5,
          "StoreLatency": 1.5,
          "_aws": {
            "CloudWatchMetrics": [
              {
                "Dimensions": [
                  [
                    "FunctionName"
                  ]
                ],
                "Metrics": [
                  {
                    "Name": "Latency",
                    "Unit": "Milliseconds"
                  },
                  {
                    "Name": "StoreLatency",
                    "Unit": "Milliseconds"
                  },
                  {
                    "Name": "Inserts",
                    "Unit": "Count"
                  }
                ],
                "Namespace": "Movies"
              }
            ],
            "Timestamp": 1767225599001
          },
          "apiKeyId": "key-id",
          "attempts": 2,
          "coldStart": true,
          "durationMs": 1.5,
          "extendedRequestId": "extended-id",
          "lambdaRequestId": "lambda-id",
          "level": "INFO",
          "message": "request",
          "requestId": "gateway-id",
          "sourceIp": "192.0.2.1",
          "status": 200,
          "storeDurationMs": 1.5,
          "storeStatus": 200,
          "timestamp": "2025-12-31T23:59:59.001Z",
          "traceId": "1-67891233-abcdef012345678912345678",
          "userAgent": "curl/8.7.1"
        }"#]]
    .assert_eq(&line(|| Ok(()), Level::Info).await);
}

#[tokio::test]
async fn below_the_level_only_metrics_are_written() {
    expect_test::expect![[r#"
        {
          "FunctionName": "apigw_handler",
          "Latency": 1.5,
          "Reason": "precondition",
          "Rejected": 1,
          "StoreLatency": 1.5,
          "_aws": {
            "CloudWatchMetrics": [
              {
                "Dimensions": [
                  [
                    "FunctionName"
                  ],
                  [
                    "FunctionName",
                    "Reason"
                  ]
                ],
                "Metrics": [
                  {
                    "Name": "Rejected",
                    "Unit": "Count"
                  }
                ],
                "Namespace": "Movies"
              },
              {
                "Dimensions": [
                  [
                    "FunctionName"
                  ]
                ],
                "Metrics": [
                  {
                    "Name": "Latency",
                    "Unit": "Milliseconds"
                  },
                  {
                    "Name": "StoreLatency",
                    "Unit": "Milliseconds"
                  }
                ],
                "Namespace": "Movies"
              }
            ],
            "Timestamp": 1767225599001
          }
        }"#]]
    .assert_eq(&line(|| Err(InsertError::Exists), Level::Error).await);
}

#[tokio::test]
async fn the_first_line_of_a_process_is_a_cold_start() {
    let (log, text) = kept_log(Level::Info);
    for _ in 0..2 {
        let payload = proxy_event().to_string();
        let event = LambdaEvent::new(payload.as_bytes(), context());
        handle(&Scripted::new(|| Ok(())), event, &log).await;
    }
    let cold = parsed(&text);
    let cold = cold.iter().map(|line| line["coldStart"].as_bool());
    assert_eq!(cold.collect::<Vec<_>>(), [Some(true), Some(false)]);
}

#[tokio::test]
async fn a_line_stays_one_line() {
    let mut event = proxy_event();
    event["requestContext"]["identity"]["userAgent"] = json!("a\n{\"level\":\"INFO\"}\u{2028}\0");
    let (_, lines) = respond(&Scripted::new(|| Ok(())), Level::Info, &event).await;
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["userAgent"], "a\n{\"level\":\"INFO\"}\u{2028}\0");
}
