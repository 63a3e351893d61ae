"""An answer, read as the operation's model has it."""

import json
import re
from xml.etree import ElementTree

from botocore import parsers

from reading import local
from unmodelled import HEADERS


class Answer:
    def __init__(self, given, method):
        self.status = given["status"]
        self.headers = given["headers"]
        self.body = given["body"]
        self.is_head = method == "HEAD"

    def judge(self, operation, reading):
        try:
            if self.status >= 300:
                self.judge_error(operation, reading)
            else:
                self.judge_success(operation, reading)
        except (ElementTree.ParseError, ValueError) as err:
            reading.say("", f"cannot be read: {err}")

    def judge_error(self, operation, reading):
        if self.is_head:
            return
        parser = parsers.create_parser(reading.protocol)
        given = {"status_code": self.status, "headers": self.headers, "body": self.body}
        error = parser.parse(given, operation.output_shape).get("Error", {})
        code = error.get("Code", "")
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9.]*", code):
            reading.say("", f"an error without a code: {error}")
            return
        shape = operation.service_model.shape_for_error_code(code)
        status = shape and shape.metadata.get("error", {}).get("httpStatusCode")
        if status and status != self.status:
            reading.say("", f"`{code}` comes with {status}")

    def judge_success(self, operation, reading):
        shape = operation.output_shape
        status = operation.http.get("responseCode")
        if status and status != self.status:
            reading.say("", f"`{operation.name}` is answered with {status}")
        if reading.protocol in ("query", "ec2"):
            self.judge_xml(operation, reading)
        elif reading.protocol == "json":
            content = json.loads(self.body or b"{}")
            if shape:
                reading.json(content, shape, "")
            elif content:
                reading.say("", f"`{operation.name}` answers nothing")
        else:
            self.judge_rest(operation, reading)

    def judge_xml(self, operation, reading):
        shape = operation.output_shape
        root = ElementTree.fromstring(self.body)
        if local(root) != f"{operation.name}Response":
            reading.say("", f"is a `{local(root)}` and no `{operation.name}Response`")
        if shape is None:
            # Some of these have an empty result all the same, or a word that all went well.
            told = {local(one): len(one) for one in root}
            for name in ("ResponseMetadata", "requestId", "return"):
                told.pop(name, None)
            if told not in ({}, {f"{operation.name}Result": 0}):
                reading.say("", f"has {', '.join(told)}, and answers nothing")
            return
        wrapper = shape.serialization.get("resultWrapper")
        if wrapper:
            parts = {local(one): one for one in root}
            if sorted(parts) != sorted([wrapper, "ResponseMetadata"]):
                reading.say("", f"has {', '.join(parts)}, not {wrapper} and ResponseMetadata")
                return
            root = parts[wrapper]
        ignored = ("ResponseMetadata", "requestId")
        reading.end(reading.xml_members(root, shape, "", ignored), shape, "")

    def judge_rest(self, operation, reading):
        shape = operation.output_shape
        headers = {n: t for n, t in self.headers.items() if n.startswith("x-amz")}
        found = {}
        for name, member in shape.members.items() if shape else ():
            where, written = member.serialization.get("location"), member.serialization.get("name")
            if where == "statusCode":
                found[name] = self.status
            elif where == "header" and written.lower() in self.headers:
                headers.pop(written.lower(), None)
                found[name] = reading.header(self.headers[written.lower()], member, name)
            elif where == "headers":
                prefix = written.lower()
                headers = {n: t for n, t in headers.items() if not n.startswith(prefix)}
        for header in headers:
            if header not in HEADERS:
                reading.say("", f"`{operation.name}` answers no header `{header}`")
        if not shape or self.is_head:
            if self.body.strip() not in (b"", b"{}"):
                reading.say("", f"`{operation.name}` answers nothing")
            return
        payload = shape.serialization.get("payload")
        inner = shape.members[payload] if payload else shape
        if payload and inner.type_name in ("blob", "string"):
            found[payload] = self.body
        elif self.body:
            if reading.protocol == "rest-xml":
                content = reading.xml_members(ElementTree.fromstring(self.body), inner, "")
            else:
                content = reading.json_members(json.loads(self.body), inner, "")
            found.update({payload: content} if payload else content)
        reading.end(found, shape, "")
