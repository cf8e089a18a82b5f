"""Declares tf.train.Example as oracle.Example in protobuf's default pool.

The protobuf runtime is the oracle of the codec; this way it needs no TensorFlow.
"""

from google.protobuf import descriptor_pb2, descriptor_pool, text_format

_DECLARATION = """
name: "oracle.proto" package: "oracle" syntax: "proto3"
message_type {
  name: "BytesList"
  field { name: "value" number: 1 type: TYPE_BYTES label: LABEL_REPEATED }
}
message_type {
  name: "FloatList"
  field { name: "value" number: 1 type: TYPE_FLOAT label: LABEL_REPEATED }
}
message_type {
  name: "Int64List"
  field { name: "value" number: 1 type: TYPE_INT64 label: LABEL_REPEATED }
}
message_type {
  name: "Feature"
  field { name: "bytes_list" number: 1 type_name: ".oracle.BytesList" oneof_index: 0
          label: LABEL_OPTIONAL type: TYPE_MESSAGE }
  field { name: "float_list" number: 2 type_name: ".oracle.FloatList" oneof_index: 0
          label: LABEL_OPTIONAL type: TYPE_MESSAGE }
  field { name: "int64_list" number: 3 type_name: ".oracle.Int64List" oneof_index: 0
          label: LABEL_OPTIONAL type: TYPE_MESSAGE }
  oneof_decl { name: "kind" }
}
message_type {
  name: "Features"
  field { name: "feature" number: 1 type_name: ".oracle.Features.FeatureEntry"
          label: LABEL_REPEATED type: TYPE_MESSAGE }
  nested_type {
    name: "FeatureEntry"
    field { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
    field { name: "value" number: 2 type_name: ".oracle.Feature"
            label: LABEL_OPTIONAL type: TYPE_MESSAGE }
    options { map_entry: true }
  }
}
message_type {
  name: "Example"
  field { name: "features" number: 1 type_name: ".oracle.Features"
          label: LABEL_OPTIONAL type: TYPE_MESSAGE }
}
"""

descriptor_pool.Default().AddSerializedFile(
    text_format.Parse(
        _DECLARATION, descriptor_pb2.FileDescriptorProto()
    ).SerializeToString()
)
