"""What is in exchanges and in no model."""

# Headers of the transport, of the signature and of the SDK, which no model names.
HEADERS = {
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-id-2",
    "x-amz-request-id",
    "x-amz-security-token",
    "x-amz-target",
    "x-amz-trailer",
    "x-amz-user-agent",
    "x-amzn-errortype",
    "x-amzn-requestid",
}
