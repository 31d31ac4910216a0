# SPDX-License-Identifier: Apache-2.0
"""Writes write.json and read.json, what PyYAML (6.0.3, pure Python) makes of values and of scalars.

    python3 make.py

They are compared with by tests/io/test_yaml_write.c and tests/io/test_yaml_scalar.c, and are not
made by libkf. The random part is seeded: the files change only with PyYAML or with this program.
"""

import json
import pathlib
import random

import yaml

FOLDER = pathlib.Path(__file__).parent

SCALARS = """yes Yes YES yEs y no No NO n true True TRUE tRUE false False FALSE on On ON oN off Off OFF
null Null NULL nULL ~ ~~ = == << < <<< .inf .Inf .INF -.inf +.INF .iNF .nan .NaN .NAN +.nan 0 -0 +0 1
-1 +1 --1 00 01 017 08 0o17 0b101 -0b1 0b 0b_ 0b2 0x1F 0Xff -0xff 0x 0x_ 0xg 1_000 _1 1_ 0_ 0_7 1:30
1:5 1:60 190:20:30 -1:30 0:30 01:30 1:2:3:4 9223372036854775807 -9223372036854775808
9223372036854775808 -9223372036854775809 123456789012345678901234567890 0xffffffffffffffffff 1. 1.0
-1.5 +.5 .5 -.5 ._5 .5_ 1_0.5_0 1e5 1.e+5 1.0e5 1.0e+5 1.0E-5 1.e5 1.0e+999 1.0e-999 .5e+3 1:30.5
0:0. 190:20:30.15 1:60.5 -1:30.5 1.2.3 0.1 1.7976931348623157e+308 5.0e-324 2001-12-14 2001-1-1
2001-12-14t21:59:43.10-05:00 2001-12-15T2:59:43.1Z 2001-01-01T01:01 20011214 2001-12-14T
2001-12-14T1:01:01+1 2001-12-14T1:01:01+1:00 2001-12-14T1:01:01.Z ... --- - ? : . .. + -- +- e5 1e
0x1.8 1,000 inf nan NaN None 12e03 0.0 -0.0 a 3.14.15 v1.0 1.0.0 5m 10Gi 1-2 12:30:45 12:3:4.""".split()
SCALARS += ["2001-12-14 21:59:43.10 -5", "2001-12-14 \t21:59:43", "1 2", "2001-12-14  1:01:01 +01:30"]

STRINGS = ["", " ", "  ", "a ", " a", "a b", "a  b", "\n", "\n\n", "a\n", "\na", "a\nb", "a\n\nb",
    "a \nb", "a\n b", "a\n  b\nc\n", "\t", "a\tb", "\ta", "'", "''", "it's", '"', 'say "x"', "\\",
    "a\\b", ":", "a:", "a: b", "a:b", ":a", ": a", "a:\nb", "#", "#a", "a#", "a #b", "a\n#b", "-",
    "- a", "-a", "--", "---", "---a", "--- a", "...", "...a", "....", "?", "? a", "?a", ",", ",a",
    "a,b", "[", "[a", "a]", "{", "{}", "a}", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a", "a`",
    "\u00e9", "na\u00efve caf\u00e9", "\u65e5\u672c", "\U0001f600", "\x00", "a\x00b", "\x07\x08\x0b\x0c\r\x1b",
    "\x7f", "\x80\x85\xa0\xff", "\u2028\u2029", "\ufeff", "\ufffd", "\uffff", "\U0010ffff",
    "{{$.inputs.parameters['x']}}", "{{$}}", "import os\n\ndef f(x: int) -> int:\n    return x\n",
    "set -e\nexec \"$0\" \"$@\"\n", "x" * 79, "x" * 200, "w " * 60, "word " * 40 + "end",
    "word  word " * 20, "it's " * 30, "\u00e9 " * 40, "\n".join("line %d" % i for i in range(30)),
    '"quoted" ' * 20, "a\\ " * 40, " " * 100, "x" * 78 + " y", "x" * 90 + "  y z", "\u00e9" * 30 + " y"]

FRAGMENTS = ["a", "word", "longerword", " ", "  ", "\n", "\n\n", ": ", ":", " #", "#", "'", '"', "\\",
    "\t", "- ", "-", "?", ",", "[", "}", "&", "*", "\u00e9", "\u65e5", "\U0001f600", "\u2028", "\x85",
    "\x1b", "1", "0x", "x" * 30, "y" * 90, "    return 1\n", "def f():\n", " \n", "\n "]


def random_text(source):
    count = source.choice([3, 8, 30, 80])
    fragments = source.sample(FRAGMENTS, source.randint(2, 6)) + [" ", "w"]
    return "".join(source.choice(fragments) for _ in range(source.randint(1, count)))


def random_value(source, depth):
    kind = source.random()
    if depth > 0 and kind < 0.3:
        return {random_text(source): random_value(source, depth - 1) for _ in range(source.randint(0, 4))}
    if depth > 0 and kind < 0.55:
        return [random_value(source, depth - 1) for _ in range(source.randint(0, 4))]
    if kind < 0.65:
        return source.choice([None, True, False, 0, -1, 2**63 - 1, -(2**63), 1.0, -0.0, 1e-05, 1e16, 1e17, 1.5e300])
    return random_text(source)


def written():
    source = random.Random(1)
    values = STRINGS + SCALARS
    values += [[text] for text in STRINGS] + [{"k": text} for text in STRINGS]
    values += [{text: 1} for text in STRINGS if "\x00" not in text]
    values += [None, True, False, 0, 1.5, 1e-05, 1e22, 123456789.125, [], {}, [[]], [{}], {"a": []}, {"a": {}}]
    values += [{"b": [1, [2, [3]], {"a": [4]}], "a": {"x": {"y": []}}}, [[["a", "b"], "c"], {"d": [{"e": 1}]}]]
    values += [{"k" * n: ["v"]} for n in (121, 122, 123, 127, 128, 129)]
    values += [{"long " * 30: [1, [2]]}, {"a\nb": {"c": 1}}, {"\u00e9" * 122: 1}, {"\u00e9" * 123: 1}]
    values += [{"\U0001f600": 1, "\uffff": 2, "z": 3, "Z": 4, "_": 5, "a-b": 6, "a": 7, "a b": 8}]
    values += [random_value(source, 4) for _ in range(200)]
    return [{"value": value, "text": yaml.dump(value, sort_keys=True)} for value in values]


def resolved():
    resolver = yaml.resolver.Resolver()
    cases = []
    for text in SCALARS + [""]:
        tag = resolver.resolve(yaml.ScalarNode, text, (True, False)).rpartition(":")[2]
        try:
            value = yaml.SafeLoader("").construct_object(yaml.ScalarNode("tag:yaml.org,2002:" + tag, text))
        except (ValueError, yaml.constructor.ConstructorError):
            value = None  # "0x_", and "=" and "<<" outside of a mapping.
        if tag == "timestamp":
            value = text
        cases.append({"text": text, "type": tag, "value": repr(value) if isinstance(value, float) else value})
    return cases


for name, cases in (("write", written()), ("read", resolved())):
    lines = ",\n".join(json.dumps(case) for case in cases)
    (FOLDER / (name + ".json")).write_text("[\n" + lines + "\n]\n")
