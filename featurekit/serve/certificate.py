"""The certificate: an exported model proves itself, in every way to compute."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import tensorflow as tf

from featurekit.errors import FeatureKitError
from featurekit.plan.lower import compile_spec
from featurekit.plan.stats import Stats
from featurekit.serve.artifact import EXTRA, Description, damages, declaration
from featurekit.serve.golden import Golden, digest_of
from featurekit.serve.graph_check import check_graph
from featurekit.serve.replay import Replay, replay_preprocessing, replay_signatures
from featurekit.spec.feature_spec import FeatureSpec


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was replayed of an exported model, and what came of it.

    Args:
        path: The model's folder.
        description: Versions, fingerprints, and the digest of every file.
        rows: Golden rows.
        digest: SHA-256 of what was agreed on: golden rows, features, and outputs.
        problems: Why the model may not be used; none where it is sound.
        replays: Each way to compute, and where it differs. Empty where a file is
            damaged, or the graph does more than compute: nothing is run then.
    """

    path: Path
    description: Description
    rows: int
    digest: str
    problems: tuple[FeatureKitError, ...] = ()
    replays: tuple[Replay, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether the model is whole, and reproduces itself in every way."""
        return not self.problems

    def require(self) -> None:
        """Refuses a model that is not sound.

        Raises:
            ArtifactError: The first of the problems.
        """
        for problem in self.problems:
            raise problem


def certify(path: str | PathLike[str]) -> Certificate:
    """Replays the golden rows of an exported model, in every way to compute.

    The rows are unusual values, drawn ones, and those that were given at the export.
    Their features have to come out in every bit by batch conversion, by the row path,
    by the Keras layer, and by the signatures `transform` and `transform_examples` of
    the graph; all other signatures have to give the stored outputs within 1e-4.

    Args:
        path: The folder that `featurekit.export` wrote.

    Returns:
        The certificate, also of a model that is not sound. All damaged files, and all
        features and outputs that differ, are among its problems.

    Raises:
        ArtifactError: The folder is no exported model.
        VersionTooNewError: A newer featurekit wrote it.

    Example:
        >>> import featurekit as fk, tempfile
        >>> spec = fk.FeatureSpec({"size": fk.numeric("size").fill(0).clip(0, 9)})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     report = fk.export(None, spec, fk.Stats({}), f"{folder}/1")
        ...     certificate = fk.certify(f"{folder}/1")
        >>> certificate.sound
        True
        >>> [one.way for one in certificate.replays][:4]
        ['batch', 'rows', 'layer', 'transform']
    """
    root = Path(path)
    description = Description.open(root)
    problems: list[FeatureKitError] = list(damages(root, description.digests))
    replays: list[Replay] = []
    if not problems:
        spec, stats = declaration(root)
        try:
            check_graph(root)
            for one in _replays(root, spec, stats):
                replays.append(one)
                _note(problems, one.require)
        except FeatureKitError as error:
            problems.append(error)
    return Certificate(
        root,
        description,
        description.golden_rows,
        digest_of(description.digests),
        tuple(problems),
        tuple(replays),
    )


def _replays(root: Path, spec: FeatureSpec, stats: Stats) -> Iterator[Replay]:
    rows = Golden.open(root / EXTRA)
    yield from replay_preprocessing(spec, stats, rows)
    graph = tf.saved_model.load(str(root))
    plan = compile_spec(spec, stats, serving=True)
    inputs = [one for one in spec.serving_inputs if one.name in plan.columns]
    yield from replay_signatures(graph.signatures, spec, stats, inputs, rows)


def _note(problems: list[FeatureKitError], check: Callable[[], None]) -> None:
    try:
        check()
    except FeatureKitError as error:
        problems.append(error)
