"""Values as they are on the wire, read by what a model says of them, with all that is wrong."""

import base64
import binascii
import functools
import json
import re

from botocore import utils

WHOLE = re.compile(r"-?\d+")
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?|NaN|-?Infinity")
ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@functools.cache
def compiled(pattern):
    try:
        return re.compile(pattern)
    except re.error:
        return None


@functools.cache
def time_of(value):
    return utils.parse_timestamp(value)


class Reading:
    """Reads values as a model has them, and collects what is wrong."""

    def __init__(self, protocol, times):
        self.protocol = protocol
        self.times = times
        self.wrong = []

    def say(self, path, text):
        self.wrong.append(f"{path or 'the whole'}: {text}")

    def header(self, text, shape, path):
        """A value of a header, where times are written as HTTP has them."""
        reading = Reading(self.protocol, "rfc822")
        value = reading.text(text, shape, path)
        self.wrong += reading.wrong
        return value

    def bounds(self, value, shape, path, unit):
        size = value if unit == "" else len(value)
        limits = shape.metadata
        if size < limits.get("min", size) or size > limits.get("max", size):
            allowed = f"{limits.get('min', '')}..{limits.get('max', '')}"
            self.say(path, f"is {size}{unit}, and `{shape.name}` allows {allowed}")

    def checked(self, value, shape, path):
        """A string or number that the shape allows."""
        kind = shape.type_name
        if kind == "string":
            self.bounds(value, shape, path, " characters")
            enum = shape.metadata.get("enum")
            if enum and value not in enum:
                some = ", ".join(enum[:5]) + (", .." if len(enum) > 5 else "")
                self.say(path, f"`{value}` is none of `{shape.name}`: {some}")
            pattern = shape.metadata.get("pattern")
            if pattern and compiled(pattern) is None:
                self.say(path, f"Python does not read the pattern of `{shape.name}`: {pattern}")
            elif pattern and not compiled(pattern).fullmatch(value):
                self.say(path, f"`{value}` does not match `{shape.name}`: {pattern}")
        elif kind == "blob":
            self.bounds(value, shape, path, " bytes")
        elif kind in ("integer", "long", "float", "double") and not isinstance(value, str):
            self.bounds(value, shape, path, "")
        return value

    def text(self, text, shape, path):
        """A value that is written as a text: of a form, of XML, of a path or a header."""
        kind = shape.type_name
        if kind in ("integer", "long"):
            if WHOLE.fullmatch(text):
                return self.checked(int(text), shape, path)
        elif kind in ("float", "double"):
            if NUMBER.fullmatch(text):
                return self.checked(float(text), shape, path)
        elif kind == "boolean":
            if text in ("true", "false"):
                return text == "true"
        elif kind == "timestamp":
            return self.time(text, shape, path)
        elif kind == "blob":
            return self.blob(text, shape, path)
        elif kind == "string":
            return self.checked(text, shape, path)
        self.say(path, f"`{text}` is no {kind}")
        return None

    def time(self, value, shape, path):
        written = shape.serialization.get("timestampFormat", self.times)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if written == "unixTimestamp":
            is_right = is_number or isinstance(value, str) and NUMBER.fullmatch(value)
        else:
            is_right = isinstance(value, str) and (written != "iso8601" or ISO_TIME.fullmatch(value))
        try:
            if is_right:
                return time_of(value)
        except ValueError:
            pass
        self.say(path, f"`{value}` is no time written as {written}")
        return None

    def blob(self, value, shape, path):
        try:
            return self.checked(base64.b64decode(value, validate=True), shape, path)
        except (binascii.Error, TypeError, ValueError):
            self.say(path, "is no base64")
            return None

    def end(self, found, shape, path):
        """A structure that is read: everything it must have is there."""
        for name in shape.required_members:
            if name not in found:
                self.say(path, f"`{name}` is missing, which `{shape.name}` requires")
        return found

    def json(self, value, shape, path):
        kind = shape.type_name
        if kind == "structure":
            if shape.is_document_type:
                return value
            if not isinstance(value, dict):
                self.say(path, f"is no object, as `{shape.name}` is")
                return None
            return self.end(self.json_members(value, shape, path), shape, path)
        if kind == "list" and isinstance(value, list):
            self.bounds(value, shape, path, " items")
            return [self.json(one, shape.member, f"{path}[]") for one in value]
        if kind == "map" and isinstance(value, dict):
            return {
                self.checked(key, shape.key, f"{path}.{key}"): self.json(
                    one, shape.value, f"{path}.{key}"
                )
                for key, one in value.items()
            }
        if kind == "timestamp":
            return self.time(value, shape, path)
        if kind == "blob":
            return self.blob(value, shape, path)
        is_right = {
            "string": isinstance(value, str),
            "boolean": isinstance(value, bool),
            "integer": isinstance(value, int) and not isinstance(value, bool),
            "long": isinstance(value, int) and not isinstance(value, bool),
            "float": isinstance(value, (int, float)) and not isinstance(value, bool),
            "double": isinstance(value, (int, float)) and not isinstance(value, bool),
        }
        if not is_right.get(kind):
            self.say(path, f"`{json.dumps(value)}` is no {kind}")
            return None
        return self.checked(value, shape, path)

    def json_members(self, value, shape, path):
        names = {
            member.serialization.get("name", name): (name, member)
            for name, member in shape.members.items()
            if self.protocol == "json" or "location" not in member.serialization
        }
        found = {}
        for key, one in value.items():
            if key not in names:
                self.say(path, f"`{shape.name}` has no member `{key}`")
                continue
            name, member = names[key]
            found[name] = self.json(one, member, f"{path}.{name}" if path else name)
        return found

    def xml(self, element, shape, path):
        kind = shape.type_name
        if kind == "structure":
            return self.end(self.xml_members(element, shape, path), shape, path)
        if kind == "list":
            return self.xml_list(list(element), shape, path)
        if kind == "map":
            return self.xml_map(list(element), shape, path)
        if len(element):
            self.say(path, f"has elements, and is a {kind}")
        return self.text(element.text or "", shape, path)

    def xml_members(self, element, shape, path, ignored=()):
        names = {}
        for name, member in shape.members.items():
            written = member.serialization.get("name", name)
            if member.type_name == "list" and member.serialization.get("flattened"):
                written = member.member.serialization.get("name", written)
            names[written] = (name, member)
        groups = {}
        for child in element:
            groups.setdefault(local(child), []).append(child)
        found = {}
        for key, children in groups.items():
            if key in ignored:
                continue
            if key not in names:
                self.say(path, f"`{shape.name}` has no member `{key}`")
                continue
            name, member = names[key]
            inner = f"{path}.{name}" if path else name
            if member.serialization.get("flattened"):
                read = self.xml_list if member.type_name == "list" else self.xml_map
                found[name] = read(children, member, inner, is_flat=True)
            else:
                if len(children) > 1:
                    self.say(inner, f"is there {len(children)} times")
                found[name] = self.xml(children[0], member, inner)
        return found

    def xml_list(self, children, shape, path, is_flat=False):
        written = shape.member.serialization.get("name", "member")
        for child in children:
            if not is_flat and local(child) != written:
                self.say(path, f"has an element `{local(child)}` where `{written}` are")
        self.bounds(children, shape, path, " items")
        return [self.xml(one, shape.member, f"{path}[]") for one in children]

    def xml_map(self, children, shape, path, is_flat=False):
        found = {}
        for child in children:
            if not is_flat and local(child) != "entry":
                self.say(path, f"has an element `{local(child)}` where `entry` are")
            parts = {local(part): part for part in child}
            key = parts.pop(shape.key.serialization.get("name", "key"), None)
            value = parts.pop(shape.value.serialization.get("name", "value"), None)
            if key is None or value is None or parts:
                self.say(path, "has an entry that is no pair")
                continue
            inner = f"{path}.{key.text}"
            found[self.text(key.text or "", shape.key, inner)] = self.xml(value, shape.value, inner)
        return found

    def form(self, tree, shape, path):
        """A value of a form, whose names are a tree."""
        kind = shape.type_name
        if kind in ("structure", "list", "map"):
            if isinstance(tree, str):
                if tree == "" and kind == "list" and self.protocol == "query":
                    return []
                self.say(path, f"`{tree}` is no {kind}")
                return None
            if kind == "structure":
                return self.form_structure(tree, shape, path)
            is_flat = self.protocol == "ec2" or shape.serialization.get("flattened")
            if kind == "list":
                written = "" if is_flat else shape.member.serialization.get("name", "member")
            else:
                written = "" if is_flat else "entry"
            return self.form_items(tree, shape, path, written)
        if not isinstance(tree, str):
            self.say(path, f"has parts, and is a {kind}: {', '.join(tree)}")
            return None
        return self.text(tree, shape, path)

    def form_structure(self, tree, shape, path, ignored=()):
        names = {}
        for name, member in shape.members.items():
            written = member.serialization.get("name", name)
            if self.protocol == "ec2":
                written = written[0].upper() + written[1:] if "name" in member.serialization else name
                written = member.serialization.get("queryName", written)
            elif member.type_name == "list" and member.serialization.get("flattened"):
                written = member.member.serialization.get("name", written)
            names[written] = (name, member)
        found = {}
        for key, part in tree.items():
            if key in ignored:
                continue
            if key not in names:
                self.say(path, f"`{shape.name}` has no member `{key}`")
                continue
            name, member = names[key]
            found[name] = self.form(part, member, f"{path}.{name}" if path else name)
        return self.end(found, shape, path)

    def form_items(self, tree, shape, path, written):
        if written:
            if list(tree) != [written] or isinstance(tree[written], str):
                self.say(path, f"has {', '.join(tree)} where `{written}` is")
                return None
            tree = tree[written]
        numbers = [str(number) for number in range(1, len(tree) + 1)]
        if sorted(tree) != sorted(numbers):
            self.say(path, f"is numbered {', '.join(tree)}")
            return None
        items = [tree[number] for number in numbers]
        if shape.type_name == "list":
            self.bounds(items, shape, path, " items")
            return [self.form(one, shape.member, f"{path}[]") for one in items]
        key = shape.key.serialization.get("name", "key")
        value = shape.value.serialization.get("name", "value")
        return {
            self.form(one.get(key, ""), shape.key, path): self.form(
                one.get(value, ""), shape.value, path
            )
            for one in items
        }


def local(element):
    return element.tag.rpartition("}")[2]


def tree_of(pairs):
    """The names of a form as a tree; texts are its leaves."""
    tree = {}
    for name, text in pairs:
        *branch, leaf = name.split(".")
        at = tree
        for part in branch:
            at = at.setdefault(part, {})
            if isinstance(at, str):
                raise ValueError(f"`{name}` is beside a value of its own")
        if leaf in at:
            raise ValueError(f"`{name}` is there twice")
        at[leaf] = text
    return tree
