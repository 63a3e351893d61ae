"""A request's signature, made again by botocore."""

import hashlib

from botocore import auth, awsrequest, credentials

from models import regions, signed_names


def complaints(exchange):
    """What is wrong with the signature of a request."""
    scope = exchange.scope()
    if scope is None:
        return [f"no signature of version 4: `{exchange.headers.get('authorization', '')}`"]
    wrong = []
    signed = scope["headers"].split(";")
    needed = [name for name in exchange.headers if name.startswith("x-amz-")]
    for name in ["host", "x-amz-date", *needed]:
        if name not in signed:
            wrong.append(f"the header `{name}` is not signed")
    for name in signed:
        if name not in exchange.headers:
            wrong.append(f"the header `{name}` is signed and not there")
    time = exchange.headers.get("x-amz-date", "")
    if not time.startswith(scope["date"]):
        wrong.append(f"signed on {scope['date']} for `{time}`")
    service = signed_names().get(scope["service"])
    if service is None:
        return [*wrong, f"signed for `{scope['service']}`, which no model here has"]
    if scope["region"] not in regions(service):
        wrong.append(f"signed for the region `{scope['region']}`, where {service} is not")
    of_body = exchange.headers.get("x-amz-content-sha256")
    is_hash = of_body not in (None, "UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    if is_hash and of_body != hashlib.sha256(exchange.body).hexdigest():
        wrong.append("the body has another SHA-256 than `x-amz-content-sha256` says")
    if service == "s3" and of_body is None:
        wrong.append("S3 wants `x-amz-content-sha256`")
    version = auth.S3SigV4Auth if service == "s3" else auth.SigV4Auth
    signer = version(
        credentials.Credentials(scope["key"], exchange.secret), scope["service"], scope["region"]
    )
    headers = {name: exchange.headers[name] for name in signed if name in exchange.headers}
    request = awsrequest.AWSRequest(
        method=exchange.method,
        url=f"http://{exchange.headers.get('host', '')}{exchange.target}",
        headers=headers,
        data=exchange.body,
    )
    if of_body is not None:
        request.headers["x-amz-content-sha256"] = of_body
    request.context["timestamp"] = time
    # All of these were signed, also what botocore itself leaves out.
    names = awsrequest.HTTPHeaders()
    for name, text in headers.items():
        names[name] = text
    signer.headers_to_sign = lambda _: names
    text = signer.string_to_sign(request, signer.canonical_request(request))
    if signer.signature(text, request) != scope["signature"]:
        wrong.append("the signature is another than botocore's")
    return wrong
