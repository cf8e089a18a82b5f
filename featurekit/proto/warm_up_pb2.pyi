from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LoggedRequest(_message.Message):
    __slots__ = ("classify", "regress", "predict")
    CLASSIFY_FIELD_NUMBER: _ClassVar[int]
    REGRESS_FIELD_NUMBER: _ClassVar[int]
    PREDICT_FIELD_NUMBER: _ClassVar[int]
    classify: LoggedExamples
    regress: LoggedExamples
    predict: LoggedTensors
    def __init__(self, classify: _Optional[_Union[LoggedExamples, _Mapping]] = ..., regress: _Optional[_Union[LoggedExamples, _Mapping]] = ..., predict: _Optional[_Union[LoggedTensors, _Mapping]] = ...) -> None: ...

class LoggedTensors(_message.Message):
    __slots__ = ("request",)
    class Request(_message.Message):
        __slots__ = ("signature", "inputs")
        class InputsEntry(_message.Message):
            __slots__ = ("key", "value")
            KEY_FIELD_NUMBER: _ClassVar[int]
            VALUE_FIELD_NUMBER: _ClassVar[int]
            key: str
            value: bytes
            def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
        SIGNATURE_FIELD_NUMBER: _ClassVar[int]
        INPUTS_FIELD_NUMBER: _ClassVar[int]
        signature: Signature
        inputs: _containers.ScalarMap[str, bytes]
        def __init__(self, signature: _Optional[_Union[Signature, _Mapping]] = ..., inputs: _Optional[_Mapping[str, bytes]] = ...) -> None: ...
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: LoggedTensors.Request
    def __init__(self, request: _Optional[_Union[LoggedTensors.Request, _Mapping]] = ...) -> None: ...

class LoggedExamples(_message.Message):
    __slots__ = ("request",)
    class Request(_message.Message):
        __slots__ = ("signature", "input")
        SIGNATURE_FIELD_NUMBER: _ClassVar[int]
        INPUT_FIELD_NUMBER: _ClassVar[int]
        signature: Signature
        input: LoggedExamples.Input
        def __init__(self, signature: _Optional[_Union[Signature, _Mapping]] = ..., input: _Optional[_Union[LoggedExamples.Input, _Mapping]] = ...) -> None: ...
    class Input(_message.Message):
        __slots__ = ("list",)
        LIST_FIELD_NUMBER: _ClassVar[int]
        list: LoggedExamples.List
        def __init__(self, list: _Optional[_Union[LoggedExamples.List, _Mapping]] = ...) -> None: ...
    class List(_message.Message):
        __slots__ = ("examples",)
        EXAMPLES_FIELD_NUMBER: _ClassVar[int]
        examples: _containers.RepeatedScalarFieldContainer[bytes]
        def __init__(self, examples: _Optional[_Iterable[bytes]] = ...) -> None: ...
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: LoggedExamples.Request
    def __init__(self, request: _Optional[_Union[LoggedExamples.Request, _Mapping]] = ...) -> None: ...

class Signature(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...
