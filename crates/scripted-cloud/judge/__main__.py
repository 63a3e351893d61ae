"""Holds exchanges with AWS against AWS's own models of its services, which botocore carries.

Each line of the input is a JSON array of exchanges; the line of the output for it has, for each of
them, the operation that it is (or null) and what is wrong with it. An exchange is a request as it
was on the wire and, where an answer is to be judged too, that answer. A body is told by its length,
and all of them follow the line in the order in which it has them.

Nothing of a request is taken from the program that sent it but the secret: the service is the one
that it is signed for, the operation the one that the service's model has for it. What a model says
is read from the wire by it, then written by botocore's own serializer and compared.
"""

import json
import os
import sys

import signature
from exchange import Exchange

known = {}


def filled(given):
    """An exchange with its bodies."""
    for holder, name in ((given, "body"), (given, "content"), (given["answer"] or {}, "body")):
        if isinstance(holder.get(name), int):
            holder[name] = sys.stdin.buffer.read(holder[name])
    return given


def verdict(given):
    try:
        exchange = Exchange(given)
        wrong = signature.complaints(exchange)
        key = exchange.key()
        if key not in known:
            known[key] = exchange.judged()
        operation, others = known[key]
        return {"operation": operation, "wrong": [*wrong, *others]}
    except Exception as err:  # noqa: BLE001 - what cannot be judged is not right
        return {"operation": None, "wrong": [f"cannot be judged: {type(err).__name__}: {err}"]}


# The programs that are tested have little patience, and who waits for the judge has much.
os.nice(10)
while line := sys.stdin.buffer.readline():
    exchanges = [filled(given) for given in json.loads(line)]
    print(json.dumps([verdict(given) for given in exchanges]), flush=True)
