use std::time::UNIX_EPOCH;

use super::*;

#[test]
fn timestamps_are_rfc_3339_with_milliseconds() {
    let time = UNIX_EPOCH + Duration::from_micros(1_767_225_599_001_999);
    assert_eq!(timestamp(time), "2025-12-31T23:59:59.001Z");
}

#[test]
fn a_chain_repeats_nothing() {
    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] Middle);
    #[derive(Debug, thiserror::Error)]
    #[error("middle: inner")]
    struct Middle(#[source] Inner);
    #[derive(Debug, thiserror::Error)]
    #[error("inner")]
    struct Inner;
    assert_eq!(chain(&Outer(Middle(Inner))), "outer: middle: inner");
}
