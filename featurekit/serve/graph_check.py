"""What the graph of a SavedModel may do: compute, and nothing else.

TensorFlow runs whatever a graph says, and there are operations that read and write
files, send data, or call Python. No preprocessing and no model needs one of them.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from google.protobuf.message import DecodeError
from tensorflow.core.framework.function_pb2 import FunctionDef
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
from tensorflow.python.framework import op_def_registry

from featurekit.errors import ArtifactError

GRAPH = "saved_model.pb"

_STATE = frozenset(
    """
    AssignAddVariableOp AssignSubVariableOp AssignVariableOp DisableCopyOnRead
    ReadVariableOp ResourceGather ResourceGatherNd VarHandleOp VarIsInitializedOp
    VariableShape
    HashTableV2 InitializeTableV2 LookupTableExportV2
    LookupTableFindV2 LookupTableImportV2 LookupTableInsertV2 LookupTableSizeV2
    MutableDenseHashTableV2 MutableHashTableOfTensorsV2 MutableHashTableV2
    AnonymousHashTable AnonymousMutableDenseHashTable AnonymousMutableHashTable
    TensorArrayCloseV3 TensorArrayConcatV3 TensorArrayGatherV3 TensorArrayReadV3
    TensorArrayScatterV3 TensorArraySizeV3 TensorArraySplitV3 TensorArrayV3
    TensorArrayWriteV3
    Case If StatefulPartitionedCall While
    Assert CheckNumerics CheckNumericsV2 CudnnRNN CudnnRNNV2 CudnnRNNV3 Empty
    GuaranteeConst
    Multinomial ParameterizedTruncatedNormal RandomGamma RandomPoissonV2 RandomShuffle
    RandomStandardNormal RandomUniform RandomUniformInt RngReadAndSkip RngSkip
    StatefulRandomBinomial StatefulStandardNormalV2 StatefulTruncatedNormal
    StatefulUniform StatefulUniformFullInt StatefulUniformInt StatelessRandomGetAlg
    TruncatedNormal
    """.split()  # noqa: SIM905
)
"""Operations with a state that stays inside of the process: variables, tables, random
numbers, calls. All others that TensorFlow calls stateful are refused."""

# TensorFlow calls these stateless, or some of them, though they reach outside.
_OUTSIDE = re.compile(
    r"Abort|CustomCall|Dataset|Debug|File(?!name)|Host|ImmutableConst|Infeed|Iterator"
    r"|Mlir|Outfeed|PyFunc|Reader|Recv|Rpc|Send|Summary|TPU|Tpu|XlaLaunch"
)
_VARIABLES = frozenset({"MergeV2Checkpoints", "RestoreV2", "SaveV2"})
"""Files of variables: only in the two functions that TensorFlow itself writes."""
_FILE_INPUT = {"InitializeTableFromTextFileV2": 1, "ReadFile": 0}
"""Which input names the file of an operation that reads one: only where it is bound to
an asset of the model, as in the functions that fill tables."""
_SAVER = re.compile(r"__inference__traced_(save|restore)_\d+")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]+")


def check_graph(root: Path) -> None:
    """Refuses a graph that could do something else than compute.

    Args:
        root: The folder of the SavedModel.

    Raises:
        ArtifactError: The graph reads, writes, sends, or calls code (GRAPH_OP); names
            a file outside of the folder (UNSAFE_PATH); or is none (ARTIFACT_DAMAGED).
    """
    path = root / GRAPH
    for graph in _open(path).meta_graphs:
        for function, op in forbidden_ops(graph):
            raise ArtifactError(
                "the graph has an operation that does more than compute",
                code="GRAPH_OP",
                file=str(path),
                got=f"{op} in {function}",
                expected="no files, no network, no Python, no operation that "
                "TensorFlow does not have",
                hint="build the model of keras.ops, and load only models that you "
                "exported",
            )
        for asset in graph.asset_file_def:
            if not _PLAIN_NAME.fullmatch(asset.filename) or asset.filename == "..":
                raise ArtifactError(
                    "a file of the graph has no plain name",
                    code="UNSAFE_PATH",
                    file=str(path),
                    got=asset.filename,
                    expected="letters, digits, '.', '_' and '-'",
                )


def _open(path: Path) -> SavedModel:
    found = SavedModel()
    try:
        found.ParseFromString(path.read_bytes())
    except (OSError, DecodeError) as error:
        raise ArtifactError(
            f"the graph cannot be read: {error}",
            code="ARTIFACT_DAMAGED",
            file=str(path),
        ) from None
    return found


def forbidden_ops(graph: MetaGraphDef) -> Iterator[tuple[str, str]]:
    """Functions and their operations that do more than compute."""
    library = graph.graph_def.library.function
    functions = {one.signature.name: one.node_def for one in library}
    savers = {name for name in functions if _SAVER.fullmatch(name)}
    fillers = {one.signature.name for one in library if _reads_assets_only(one, graph)}
    for name, nodes in {"the main graph": graph.graph_def.node, **functions}.items():
        for node in nodes:
            if node.op in functions:
                continue
            if node.op in _VARIABLES and name in savers:
                continue
            if node.op in _FILE_INPUT and name in fillers:
                continue
            if not _only_computes(node.op) or _reads_descriptor(node):
                yield name, node.op
        # Called by a signature, they would read and write files after all.
        if name in functions and (called := _called(nodes) & (savers | fillers)):
            yield name, min(called)


def _reads_assets_only(function: FunctionDef, graph: MetaGraphDef) -> bool:
    """Whether a function reads files, each of which is an asset of the model."""
    readers = [node for node in function.node_def if node.op in _FILE_INPUT]
    objects = graph.object_graph_def
    bound = objects.concrete_functions[function.signature.name].bound_inputs
    names = [one.name for one in function.signature.input_arg]
    if not readers or len(bound) != len(names):
        return False
    kinds = {
        name: objects.nodes[index].WhichOneof("kind")
        for name, index in zip(names, bound, strict=True)
    }
    return all(
        kinds.get(node.input[_FILE_INPUT[node.op]]) == "asset" for node in readers
    )


def _only_computes(op: str) -> bool:
    known = op_def_registry.get(op)
    if known is None or op in _VARIABLES or op in _FILE_INPUT:
        return False
    if known.is_stateful:
        return op in _STATE
    return _OUTSIDE.search(op) is None


def _reads_descriptor(node: NodeDef) -> bool:
    """Whether an operation on protobuf messages takes their description of a file."""
    source = (
        node.attr["descriptor_source"].s if "descriptor_source" in node.attr else b""
    )
    return source not in (b"", b"local://")


def _called(nodes: Iterable[NodeDef]) -> set[str]:
    """The functions that nodes name."""
    found = set()
    for node in nodes:
        found.add(node.op)
        for value in node.attr.values():
            found.add(value.func.name)
            found.update(one.name for one in value.list.func)
    return found
