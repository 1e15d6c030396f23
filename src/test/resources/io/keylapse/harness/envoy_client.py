"""Asks about requests by gRPC as Envoy does, with a codec of its own for the messages.

Usage: envoy_client.py PORT
Reads requests, one JSON object a line: {"headers": {...}, "extensions": {...}}.
Writes for each what Envoy is told, one JSON object a line, and before them whether grpc.health.v1 says SERVING.
"""
import json
import sys

import grpc


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, content):
    if isinstance(content, str):
        content = content.encode()
    return varint(number << 3 | 2) + varint(len(content)) + content


def entries(number, texts):
    return b"".join(field(number, field(1, key) + field(2, value)) for key, value in texts.items())


def parse(message):
    """The fields of a message: number -> values, as numbers or bytes."""
    fields, at = {}, 0

    def number():
        nonlocal at
        result, shift = 0, 0
        while True:
            byte = message[at]
            at += 1
            result |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return result

    while at < len(message):
        tag = number()
        if tag & 7 == 0:
            value = number()
        elif tag & 7 == 2:
            size = number()
            value = message[at:at + size]
            at += size
        else:
            raise ValueError(f"wire type {tag & 7}")
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def first(fields, number, default=b""):
    return fields.get(number, [default])[0]


def headers(options):
    found = {}
    for option in map(parse, options):
        header = parse(first(option, 1))
        name = first(header, 1).decode()
        overwrites = 2 not in option and first(option, 3, 0) == 2
        if not overwrites or name in found:
            raise ValueError(f"may append: {name}")
        found[name] = first(header, 2).decode()
    return found


def value(message):
    fields = parse(message)
    if 6 in fields:
        return [value(each) for each in parse(fields[6][0]).get(1, [])]
    return fields[3][0].decode()


def metadata(struct):
    pairs = map(parse, parse(struct).get(1, []))
    return {first(pair, 1).decode(): value(pair[2][0]) for pair in pairs}


def decision(message):
    response = parse(message)
    code = first(parse(first(response, 1)), 1, 0)
    if code == 0:
        ok = parse(response[3][0])
        return {
            "status": 200,
            "headers": headers(ok.get(2, [])),
            "body": "",
            "removed": [name.decode() for name in ok.get(5, [])],
            "metadata": metadata(first(response, 4)),
        }
    denied = parse(response[2][0])
    return {
        "status": parse(denied[1][0])[1][0],
        "headers": headers(denied.get(2, [])),
        "body": first(denied, 3).decode(),
        "removed": [],
        "metadata": metadata(first(response, 4)),
    }


def request(asked):
    http = field(2, "GET") + entries(3, asked["headers"]) + field(4, "/orders?scope=x") + field(5, "api.example")
    return field(1, field(4, field(2, http)) + entries(10, asked["extensions"]))


with grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}") as channel:
    health = channel.unary_unary("/grpc.health.v1.Health/Check")
    print(first(parse(health(b"", timeout=30)), 1, 0) == 1)
    check = channel.unary_unary("/envoy.service.auth.v3.Authorization/Check")
    for line in sys.stdin:
        print(json.dumps(decision(check(request(json.loads(line)), timeout=30))))
