"""A request, read as the model has it that its signature and its address name."""

import functools
import hashlib
import json
import re
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree

from botocore import serialize, validate

from answer import Answer
from models import model, routes, signed_names
from reading import ISO_TIME, Reading, tree_of
from unmodelled import HEADERS

FORM = "application/x-www-form-urlencoded"

# What differs between two requests for the same.
VOLATILE = {
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "authorization",
    "content-length",
    "host",
    "user-agent",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-user-agent",
}

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<date>\d{8})/(?P<region>[a-z0-9-]+)"
    r"/(?P<service>[a-z0-9-]+)/aws4_request, SignedHeaders=(?P<headers>[a-z0-9;-]+)"
    r", Signature=(?P<signature>[0-9a-f]{64})"
)


def hash_of(content):
    return hashlib.sha256(content).hexdigest()


class Exchange:
    def __init__(self, given):
        self.method = given["method"]
        self.target = given["target"]
        self.headers = given["headers"]
        self.body = given["body"]
        # Without the frames of chunks.
        self.content = self.body if given["content"] is None else given["content"]
        self.secret = given["secret"]
        self.answer = given["answer"]
        self.path, _, query = self.target.partition("?")
        self.query = parse_qsl(query, keep_blank_values=True)

    def key(self):
        headers = {name: text for name, text in self.headers.items() if name not in VOLATILE}
        what = [self.method, self.target, headers, self.service(), hash_of(self.content)]
        if self.answer:
            what += [self.answer["status"], self.answer["headers"], hash_of(self.answer["body"])]
        return json.dumps(what)

    def scope(self):
        return AUTHORIZATION.fullmatch(self.headers.get("authorization", ""))

    def service(self):
        """The name in botocore of what the request is signed for."""
        scope = self.scope()
        return signed_names().get(scope["service"]) if scope else None

    def judged(self):
        """The operation, and what is wrong with it beside its signature."""
        service = self.service()
        if service is None:
            return None, []
        form = self.form
        if "smithy-protocol" in self.headers:
            return None, ["a protocol that the judge does not know"]
        if "x-amz-target" in self.headers:
            candidates = [self.named(service, "json", self.headers["x-amz-target"])]
        elif "Action" in dict(form):
            candidates = [self.named(service, model(service).protocol, dict(form)["Action"])]
        else:
            candidates = list(self.routed(service))
        if not candidates:
            return None, [f"{service} has no operation for {self.method} {self.target}"]

        # Of several that a path could be for, the one that it fits, and of those the one in use.
        def misfit(candidate):
            name, wrong = candidate
            return len(wrong), bool(name) and model(service).operation_model(name).deprecated

        name, wrong = min(candidates, key=misfit)
        return (name and f"{service}.{name}"), wrong

    @functools.cached_property
    def form(self):
        kind = self.headers.get("content-type", "").split(";")[0]
        if kind == FORM:
            return parse_qsl(self.body.decode(), keep_blank_values=True)
        return self.query if self.path == "/" else []

    def named(self, service, protocol, name):
        """The judgement of an operation of the protocols that name it."""
        prefix = model(service).metadata.get("targetPrefix")
        if protocol == "json":
            before, _, name = name.rpartition(".")
            if before != prefix:
                return None, [f"`{self.headers['x-amz-target']}` is not for {service}: {prefix}"]
        if name not in model(service).operation_names:
            return None, [f"{service} has no operation `{name}`"]
        if protocol not in model(service).metadata.get("protocols", [protocol]):
            return None, [f"{service} does not speak {protocol}"]
        operation = model(service).operation_model(name)
        read = self.read_json if protocol == "json" else self.read_form
        return name, self.judge(operation, protocol, read)

    def routed(self, service):
        for method, pattern, fixed, name in routes(service):
            place = pattern.fullmatch(self.path)
            query = dict(self.query)
            if self.method != method or not place or not fixed.items() <= query.items():
                continue
            operation = model(service).operation_model(name)
            read = functools.partial(self.read_rest, place.groupdict(), fixed)
            yield name, self.judge(operation, model(service).protocol, read)

    def judge(self, operation, protocol, read):
        times = "unixTimestamp" if protocol in ("json", "rest-json") else "iso8601"
        reading = Reading(protocol, times)
        parameters = read(operation, reading)
        wrong = [f"request: {text}" for text in reading.wrong]
        if not wrong:
            wrong = [f"request: {text}" for text in self.written(operation, protocol, parameters)]
        if self.answer is not None:
            reading = Reading(protocol, times)
            Answer(self.answer, self.method).judge(operation, reading)
            wrong += [f"answer {self.answer['status']}: {text}" for text in reading.wrong]
        return wrong

    def read_json(self, operation, reading):
        version = operation.service_model.metadata["jsonVersion"]
        kind = self.headers.get("content-type")
        if kind != f"application/x-amz-json-{version}":
            reading.say("content-type", f"`{kind}` and not `application/x-amz-json-{version}`")
        if (self.method, self.target) != ("POST", "/"):
            reading.say("", f"{self.method} {self.target} and not POST /")
        if operation.input_shape is None:
            return {}
        return reading.json(json.loads(self.body), operation.input_shape, "")

    def read_form(self, operation, reading):
        # EC2's are also read from the query of a GET, as its reference says.
        places = [("POST", "/")]
        if reading.protocol == "ec2":
            places.append(("GET", "/"))
        if (self.method, self.path) not in places:
            reading.say("", f"{self.method} {self.path}")
        form = self.form
        version = dict(form).get("Version")
        if version != operation.metadata["apiVersion"]:
            reading.say("Version", f"`{version}` and not `{operation.metadata['apiVersion']}`")
        rest = [(name, text) for name, text in form if name not in ("Action", "Version")]
        if operation.input_shape is None:
            if rest:
                reading.say("", f"takes nothing, and is called with {rest}")
            return {}
        return reading.form(tree_of(rest), operation.input_shape, "")

    def read_rest(self, place, fixed, operation, reading):
        shape = operation.input_shape
        query = [(name, text) for name, text in self.query if name not in fixed]
        # The SDK's word for the operation, which S3 ignores.
        query = [pair for pair in query if pair != ("x-id", operation.name)]
        found = {}
        headers = {n: t for n, t in self.headers.items() if n.startswith("x-amz-")}
        named = {}
        for name, member in shape.members.items() if shape else ():
            where, written = member.serialization.get("location"), member.serialization.get("name")
            if where == "uri":
                found[name] = reading.text(unquote(place[written]), member, name)
            elif where == "querystring":
                named[written] = (name, member)
            elif where == "header" and written.lower() in self.headers:
                headers.pop(written.lower(), None)
                # Without a name of its own, it is a header that each request has.
                found[name] = reading.header(self.headers[written.lower()], member, name)
            elif where == "headers":
                for header in [one for one in headers if one.startswith(written.lower())]:
                    text = headers.pop(header)
                    found.setdefault(name, {})[header[len(written) :]] = text
        for written, text in query:
            if written not in named:
                reading.say("", f"`{operation.name}` has no parameter `{written}` in its query")
                continue
            name, member = named[written]
            if member.type_name == "list":
                item = reading.text(text, member.member, name)
                found.setdefault(name, []).append(item)
            else:
                found[name] = reading.text(text, member, name)
        if operation.http_checksum:
            headers = {n: t for n, t in headers.items() if not n.startswith("x-amz-checksum-")}
        for header in headers:
            if header not in HEADERS:
                reading.say("", f"`{operation.name}` has no header `{header}`")
        if shape:
            found.update(self.read_content(shape, reading))
            reading.end(found, shape, "")
        elif self.content:
            reading.say("", f"`{operation.name}` has no body")
        return found

    def read_content(self, shape, reading):
        payload = shape.serialization.get("payload")
        if payload:
            member = shape.members[payload]
            if member.type_name in ("blob", "string"):
                return {payload: self.content} if self.content else {}
            shape = member
        elif all("location" in member.serialization for member in shape.members.values()):
            if self.content:
                reading.say("", f"`{shape.name}` has no body")
            return {}
        if not self.content:
            return {}
        if reading.protocol == "rest-xml":
            found = reading.xml_members(ElementTree.fromstring(self.content), shape, "")
        else:
            kind = self.headers.get("content-type")
            if kind != "application/json":
                reading.say("content-type", f"`{kind}` and not `application/json`")
            found = reading.json_members(json.loads(self.content), shape, "")
        return {payload: found} if payload else found

    def written(self, operation, protocol, parameters):
        """What botocore sends otherwise for the same parameters."""
        if operation.input_shape:
            report = validate.ParamValidator().validate(parameters, operation.input_shape)
            if report.has_errors():
                return [report.generate_report()]
        ours = serialize.create_serializer(protocol, include_validation=False)
        ours = ours.serialize_to_request(parameters, operation)
        wrong = []
        if protocol in ("query", "ec2"):
            theirs = dict(self.form)
            for name in sorted({*theirs, *ours["body"]}):
                written = ours["body"].get(name)
                # Numbers and times have more than one way.
                if name not in theirs or written is None:
                    wrong.append(f"`{name}` is `{theirs.get(name)}`; botocore: `{written}`")
                elif isinstance(written, str) and written != theirs[name]:
                    if not ISO_TIME.fullmatch(written):
                        wrong.append(f"`{name}` is `{theirs[name]}`; botocore: `{written}`")
            return wrong
        if protocol != "rest-xml" and isinstance(ours["body"], bytes):
            content = json.loads(ours["body"] or b"{}")
            if operation.has_streaming_input or content != json.loads(self.content or b"{}"):
                wrong.append(f"the body is `{self.content!r}`; botocore: `{content}`")
        if protocol != "json":
            path = urlsplit(ours["url_path"]).path
            if unquote(self.path).rstrip("/") != unquote(path).rstrip("/"):
                wrong.append(f"the path is `{self.path}`; botocore: `{path}`")
        return wrong
