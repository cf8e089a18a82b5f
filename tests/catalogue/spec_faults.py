"""Wrong specs: refused before any data is read (S of the catalogue)."""

import json

from catalogue.fault import Fault, features, file, parquet

from featurekit.spec.serialize import MAX_TEXT_BYTES


def text(**spec: object) -> str:
    return json.dumps({"version": 1, **spec})


def column(*steps: object, dtype: str = "float32", name: str = "x") -> object:
    source = {"name": name, "dtype": dtype, "nan": "missing"}
    return {"input": source, "steps": list(steps)}


def feature(*steps: object, name: str = "a", dtype: str = "float32") -> object:
    return {"name": name, "column": column(*steps, dtype=dtype)}


def json_spec(*entries: object, **spec: object) -> str:
    return text(features=list(entries), **spec)


def nested(depth: int) -> str:
    inside = '{"cross": {"columns": [' * depth + "{}" + "]}}" * depth
    return f'{{"version": 1, "features": [{{"name": "a", "column": {inside}}}]}}'


def of_x(code: str, words: str, call: str, *says: str) -> Fault:
    """A wrong argument of a column that reads x."""
    return Fault(words, code, {"column": "x"}, says, features(f'"a": fk.{call}'))


PLAIN = '"a": fk.numeric("x")'
LONG = "é" * 129
NAMES = {"nothing": "", "NUL": "a\0", "a slash": "a/b", "a line break": "a\nb",
         "257 bytes": "x" * 257, "258 bytes in 129 letters": LONG}  # fmt: skip

SPEC_FAULTS = [
    Fault("S1 two features of one name", "SPEC_DUPLICATE_NAME", {"feature": "a"},
          ("same name",), file("spec.json", json_spec(feature(), feature()))),
    Fault("S1 one key column twice", "SPEC_DUPLICATE_NAME", {}, ("named twice", "'k'"),
          features(PLAIN, key='["k", "k"]')),
    Fault("S2 names that look the same", "SPEC_NAME_COLLISION", {"feature": "e\u0301"},
          ("0xe9", "0x301"),
          features('"\u00e9": fk.numeric("a"), "e\u0301": fk.numeric("b")')),
    Fault("S3 a feature named as the label is stored", "SPEC_KEY_CONFLICT",
          {"feature": "label"}, ("taken by the label", "rename the feature"),
          features('"label": fk.numeric("x")', label='fk.numeric("y")')),
    Fault("S3 a feature named as the weight is stored", "SPEC_KEY_CONFLICT",
          {"feature": "weight"}, ("taken by the weight",),
          features('"weight": fk.numeric("x")', weight='fk.numeric("y")')),
    Fault("S4 one column, two dtypes", "SPEC_KEY_CONFLICT", {"column": "x"},
          ("float32", "int64"),
          features(f'{PLAIN}, "b": fk.integer("x").hash_buckets(4)')),
    *(Fault(f"S5 a feature name: {words}", "SPEC_BAD_NAME", {}, ("a feature name",),
            features(f'{name!r}: fk.numeric("x")')) for words, name in NAMES.items()),
    *(Fault(f"S5 a column name: {words}", "SPEC_BAD_NAME", {}, ("a column name",),
            features(f'"a": fk.numeric({name!r})')) for words, name in NAMES.items()),
    Fault("S5 half of a character", "SPEC_BAD_NAME", {}, ("not UTF-8",),
          features('"\\ud800": fk.numeric("x")')),
    Fault("S6 an unknown dtype", "SPEC_UNKNOWN_DTYPE", {"column": "x"},
          ("flaot32", "float32, int64"),
          file("spec.json", json_spec(feature(dtype="flaot32")))),
    Fault("S7 an unknown step", "SPEC_UNKNOWN_FIELD", {}, ("loog1p", "log1p"),
          file("spec.json", json_spec(feature({"loog1p": {}})))),
    Fault("S7 a step that is none", "SPEC_UNKNOWN_OP", {}, ("not set",),
          file("spec.json", json_spec(feature({})))),
    Fault("S7 an unknown part of a time", "SPEC_UNKNOWN_OP", {}, ("century", "minute"),
          file("spec.json", json_spec(feature({"time_part": {"part": "century"}},
                                              dtype="timestamp")))),
    Fault("S7 a method that there is not", "SPEC_FILE", {}, ("loog1p",),
          features('"a": fk.numeric("x").loog1p()')),
    Fault("S7 a step that cannot follow", "SPEC_UNKNOWN_OP", {},
          ("log1p cannot follow", "fk.string('x')"),
          file("spec.json", json_spec(feature({"log1p": {}}, dtype="string")))),
    Fault("S8 a split by a key that is not there", "SPEC_UNKNOWN_REFERENCE", {},
          ("key columns",), features(PLAIN, split="fk.key_split(train=0.5, dev=0.5)")),
    of_x("SPEC_EMPTY_VOCAB", "S10 no tokens", 'string("x").vocabulary([])', "empty"),
    of_x("SPEC_DUPLICATE_TOKEN", "S11 a token twice",
         'string("x").vocabulary(["u", "v", "u"])', "token 2 repeats token 0", "'u'"),
    of_x("SPEC_DUPLICATE_TOKEN", "S11 an integer twice",
         'integer("x").vocabulary([7, 8, 8])', "token 2 repeats token 1"),
    of_x("SPEC_RESERVED_TOKEN", "S12 the text that marks missing text",
         'string("x").vocabulary([b"\\xff\\xfefeaturekit:missing"])', "missing"),
    of_x("SPEC_BAD_VALUE", "S12 the integer that marks missing integers",
         'integer("x").vocabulary([-2**63])', "64 bits"),
    of_x("SPEC_BAD_BOUNDARIES", "S14 not sorted", 'numeric("x").buckets([1, 3, 2])',
         "boundary 2 is not above boundary 1", "(3.0, 2.0)", "sort the boundaries"),
    of_x("SPEC_BAD_BOUNDARIES", "S14 twice", 'numeric("x").buckets([1, 1])',
         "boundary 1 is not above boundary 0", "(1.0, 1.0)"),
    *(of_x("SPEC_BAD_BOUNDARIES", f"S14 {bad}",
           f'numeric("x").buckets([1, float("{bad}")])', "boundary 1", bad)
      for bad in ("nan", "inf", "-inf")),
    of_x("SPEC_BAD_BOUNDARIES", "S14 none", 'numeric("x").buckets([])', "empty"),
    *(of_x("SPEC_BAD_VALUE", f"S16 {bad} buckets", f'string("x").hash_buckets({bad})',
           "hash_buckets: num_buckets", bad) for bad in ("0", "-1", "1.5", "True")),
    of_x("SPEC_BAD_VALUE", "S16 too many buckets", 'string("x").hash_buckets(2**31)',
         "out of range", "1 to 2147483647"),
    *(of_x("SPEC_BAD_VALUE", f"S17 an embedding of width {bad}",
           f'string("x").hash_buckets(9).embedding({bad})', "embedding: dim")
      for bad in (0, -1)),
    Fault("S17 a default that is NaN", "SPEC_BAD_VALUE", {}, ("fk.numeric('x')", "nan"),
          features('"a": fk.numeric("x").fill(float("nan"))')),
    Fault("S17 a default of another type", "SPEC_BAD_VALUE", {},
          ("fk.numeric('x')", "must be a number"),
          features('"a": fk.numeric("x").fill("0")')),
    of_x("SPEC_BAD_VALUE", "S17 a default for text that is none",
         'string("x").fill(0).hash_buckets(9)', "filled with text"),
    of_x("SPEC_BAD_VALUE", "S17 a default that is no integer",
         'integer("x").fill(0.5).hash_buckets(9)', "filled with an int"),
    of_x("SPEC_BAD_SCALE", "S18 a std of 0",
         'numeric("x").standardize(mean=0, std=0)', "std must be positive"),
    of_x("SPEC_BAD_SCALE", "S18 no range",
         'numeric("x").min_max(minimum=1, maximum=1)', "minimum must be below"),
    of_x("SPEC_BAD_SCALE", "S18 a range that is inverted",
         'numeric("x").clip(3, 2)', "low must not exceed high", "(3, 2)"),
    of_x("SPEC_BAD_SCALE", "S18 half of the scale",
         'numeric("x").standardize(mean=0)', "together"),
    Fault("S20 a cross of too many buckets", "SPEC_BAD_VALUE", {"column": "x, y"},
          ("out of range", "2147483648"),
          features('"a": fk.cross(fk.string("x"), fk.string("y"))'
                   ".hash_buckets(2**31)")),
    Fault("S21 a newer format", "VERSION_TOO_NEW", {"file": "spec.json"},
          ("format 99", "format 1", "upgrade featurekit"),
          file("spec.json", json_spec({"name": ""}, version=99))),
    Fault("S22 a field that is not known", "SPEC_UNKNOWN_FIELD", {"file": "spec.json"},
          ("colour",), file("spec.json", json_spec(feature(), colour=1))),
    Fault("S22 a field number that is not known", "SPEC_UNKNOWN_FIELD",
          {"file": "spec.pb"}, ("field 31 of FeatureSpec", "upgrade"),
          file("spec.pb", b"\x08\x01\xfa\x01\x01x")),
    Fault("S23 too large a text", "SPEC_LIMIT", {"file": "spec.json"}, ("too large",),
          lambda folder: file("spec.json", " " * (MAX_TEXT_BYTES + 1))(folder)),
    Fault("S23 too deep", "SPEC_SYNTAX", {"file": "spec.json"}, (),
          file("spec.json", nested(10_000))),
    *(Fault(f"S23 {words}", "SPEC_SYNTAX", {"file": name}, ("not a spec",),
            file(name, content)) for words, name, content in (
          ("JSON that is cut off", "spec.json", json_spec(feature())[:50]),
          ("brackets", "spec.json", "[" * 10_000),
          ("bytes that are none", "spec.pb", b"\xff\xff"))),
    Fault("S23 nothing", "SPEC_SYNTAX", {"file": "spec.pb"}, ("no format version",),
          file("spec.pb", b"")),
    Fault("S23 a repeated field", "SPEC_SYNTAX", {"file": "spec.json"}, ("version",),
          file("spec.json", '{"version": 1, "version": 1}')),
    *(Fault(f"S23 a NaN, {words}", code, {"file": "spec.json"}, says,
            file("spec.json", json_spec(feature({"fill": {"value": {"number": nan}}}))))
      for words, nan, code, says in (
          ("as JSON forbids it", float("nan"), "SPEC_SYNTAX", ("NaN",)),
          ("as text", "NaN", "SPEC_BAD_VALUE", ("finite",)))),
    Fault("S24 a pickle", "SPEC_FILE", {"file": "spec.pkl"}, (".json",),
          file("spec.pkl", b"cos\nsystem\n(S'false'\ntR.")),
    Fault("S24 YAML that makes objects", "SPEC_FILE", {"file": "spec.yaml"}, (".json",),
          file("spec.yaml", "spec: !!python/object/apply:os.system ['false']")),
    Fault("S24 an import in a step", "SPEC_UNKNOWN_FIELD",
          {"file": "spec.textproto"}, ("os",),
          file("spec.textproto", 'version: 1 features { name: "a" column { '
               "steps { os.system {} } } }")),
    Fault("S25 a zone that is a path", "SPEC_BAD_VALUE", {"column": "x"},
          ("../../etc/passwd", "IANA"),
          features('"a": fk.timestamp("x", tz="../../etc/passwd").hour()')),
    Fault("S26 no statistics", "STATS_MISSING", {"column": "x"},
          ("moments(fk.numeric('x'))", "run analyze with this spec"),
          features('"a": fk.numeric("x").standardize()'), parquet(x=[1.0]),
          convert_only=True),
]  # fmt: skip
