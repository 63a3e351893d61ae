"""AWS's own models of its services, as botocore carries them, and how to find the one that a request
is for."""

import functools
import re
from urllib.parse import parse_qsl

import botocore.session

# By their names in botocore. A request for another service is wrong.
SERVICES = [
    "apigateway",
    "cloudformation",
    "cloudtrail",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "lambda",
    "logs",
    "s3",
    "service-quotas",
    "sso",
    "sso-oidc",
    "sts",
    "xray",
]

session = botocore.session.Session()


@functools.cache
def model(service):
    return session.get_service_model(service)


@functools.cache
def signed_names():
    return {model(service).signing_name: service for service in SERVICES}


@functools.cache
def routes(service):
    """The operations of a REST service: method, path, fixed part of the query, name."""
    found = []
    for name in model(service).operation_names:
        http = model(service).operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        pattern = re.escape(path).replace(r"\{", "{").replace(r"\}", "}").replace(r"\+", "+")
        pattern = re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", pattern)
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
        if service == "s3" and path == "/{Bucket}":
            pattern += "/?"
        fixed = dict(parse_qsl(query, keep_blank_values=True))
        found.append((http["method"], re.compile(pattern), fixed, name))
    return found


@functools.cache
def regions(service):
    found = set()
    for partition in session.get_available_partitions():
        found.update(session.get_available_regions(service, partition))
    return found
