//! S3, with one bucket.

use aws_smithy_types::base64;
use sha2::{Digest as _, Sha256};

use super::http::{Request, Response};
use super::state::{ACCOUNT, State};
use super::xml::{raw, tag};

/// The one bucket that there is.
pub const BUCKET: &str = "assets";

/// SHA-256 in base64, as S3 tells it.
pub fn checksum(bytes: &[u8]) -> String {
    base64::encode(Sha256::digest(bytes))
}

fn error(status: u16, code: &str, message: &str) -> Response {
    let error = tag("Code", code) + &tag("Message", message);
    Response::new(status, "application/xml", raw("Error", &error))
}

impl State {
    pub(crate) fn s3(&mut self, request: &Request) -> Response {
        let path = request.path.trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let owner = request.header("x-amz-expected-bucket-owner");
        if bucket != BUCKET {
            return error(404, "NoSuchBucket", "The specified bucket does not exist");
        }
        if owner.is_some_and(|owner| owner != ACCOUNT) {
            return error(403, "AccessDenied", "Access Denied");
        }
        match request.method.as_str() {
            "HEAD" if key.is_empty() => {
                Response::new(200, "application/xml", "").with("x-amz-bucket-region", "us-east-1")
            }
            "PUT" => self.put_object(key, request),
            "GET" if request.query.contains_key("lifecycle") => error(
                404,
                "NoSuchLifecycleConfiguration",
                "The lifecycle configuration does not exist",
            ),
            "HEAD" | "GET" => match self.objects.get(key) {
                None => error(404, "NoSuchKey", "The specified key does not exist."),
                Some((bytes, checksum)) => {
                    let response = Response::new(200, "binary/octet-stream", bytes.clone())
                        .with("etag", "\"0\"");
                    match request.header("x-amz-checksum-mode") {
                        Some(_) if !checksum.is_empty() => response
                            .with("x-amz-checksum-sha256", checksum.clone())
                            .with("x-amz-checksum-type", "FULL_OBJECT"),
                        _ => response,
                    }
                }
            },
            _ => error(
                405,
                "MethodNotAllowed",
                "The specified method is not allowed",
            ),
        }
    }

    fn put_object(&mut self, key: &str, request: &Request) -> Response {
        if request.header("if-none-match") != Some("*") {
            self.violations
                .push(format!("`{key}` was to be written even where it exists"));
        }
        if self.objects.contains_key(key) {
            return error(
                412,
                "PreconditionFailed",
                "At least one of the pre-conditions you specified did not hold",
            );
        }
        let mut bytes = request.body.clone();
        if self.corrupts_uploads
            && let Some(last) = bytes.last_mut()
        {
            *last ^= 1;
        }
        let checksum = checksum(&bytes);
        match request.header("x-amz-checksum-sha256") {
            Some(sent) if sent == checksum => {
                self.objects.insert(key.to_owned(), (bytes, checksum));
                Response::new(200, "application/xml", "").with("etag", "\"0\"")
            }
            Some(_) => error(
                400,
                "BadDigest",
                "The SHA256 you specified did not match the calculated checksum.",
            ),
            None => {
                self.violations
                    .push(format!("`{key}` was sent without a checksum"));
                error(400, "InvalidRequest", "a checksum is missing")
            }
        }
    }
}
