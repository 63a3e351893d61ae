use expect_test::expect;
use serde_json::json;

use super::*;

/// Segments of the shape that the X-Ray developer guide documents: API Gateway's, Lambda's two,
/// and the function's with a call of DynamoDB within.
fn segments() -> Vec<Value> {
    vec![
        json!({
            "id": "3333333333333333", "name": "apigw_handler", "parent_id": "2222222222222222",
            "trace_id": "1-5759e988-bd862e3fe1be46a994272793", "origin": "AWS::Lambda::Function",
            "start_time": 1478293361.275, "end_time": 1478293361.294,
            "subsegments": [{
                "id": "4444444444444444", "name": "DynamoDB", "namespace": "aws",
                "start_time": 1478293361.280, "end_time": 1478293361.290, "throttle": true,
                "http": { "response": { "status": 400 } }
            }]
        }),
        json!({
            "id": "1111111111111111", "name": "movies-dev/dev",
            "trace_id": "1-5759e988-bd862e3fe1be46a994272793", "origin": "AWS::ApiGateway::Stage",
            "start_time": 1478293361.271, "end_time": 1478293361.300, "fault": true,
            "http": { "response": { "status": 503 } },
            "subsegments": [{
                "id": "1111111111111112", "name": "Lambda", "namespace": "aws",
                "start_time": 1478293361.272, "end_time": 1478293361.299
            }]
        }),
        json!({
            "id": "2222222222222222", "name": "apigw_handler", "parent_id": "1111111111111112",
            "trace_id": "1-5759e988-bd862e3fe1be46a994272793", "origin": "AWS::Lambda",
            "start_time": 1478293361.273, "end_time": 1478293361.298
        }),
        json!({ "id": "5", "name": "late", "start_time": 1478293361.299, "in_progress": true }),
    ]
}

#[test]
fn segments_become_one_tree_in_the_order_of_calls() {
    let text = render(&segments());
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
    expect![[r#"
        movies-dev/dev 503 fault                       29.0 ms ========================
          Lambda                                       27.0 ms  ======================
            apigw_handler                              25.0 ms   ====================
              apigw_handler                            19.0 ms    ================
                DynamoDB 400 throttle                  10.0 ms        =========
        late                                        unfinished                        =
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_segment_that_calls_itself_ends() {
    let own = json!({ "id": "1", "parent_id": "2", "name": "a", "start_time": 1.0 });
    let other = json!({ "id": "2", "parent_id": "1", "name": "b", "start_time": 1.0 });
    let root = json!({ "name": "root", "start_time": 1.0, "subsegments": [own, other] });
    assert!(render(&[root]).lines().count() >= 3);
}
