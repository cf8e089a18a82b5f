"""Preprocessing in training: layers on dense columns."""

from benchmarks.suite import Bar, Case, Group, Suite

_BATCHES = (256, 4096)


def _names(batch: int) -> tuple[str, str, str, str]:
    return (
        f"featurekit: FeatureLayer, batch {batch}",
        f"featurekit: host backend, batch {batch}",
        f"Keras FeatureSpace, batch {batch}",
        f"tf.data alone, batch {batch}",
    )


def _group(batch: int) -> Group:
    layer, host, space, identity = _names(batch)
    options = {"batch": batch}
    return Group(
        f"Batches of {batch}",
        layer,
        (
            Case(layer, "layers_featurekit:layer", options=options),
            Case(host, "layers_featurekit:host", options=options),
            Case(space, "layers_feature_space:layer", options=options),
            Case(identity, "layers_featurekit:identity", options=options),
        ),
    )


def _bars(batch: int, wanted: float) -> tuple[Bar, ...]:
    layer, host, space, _ = _names(batch)
    return (
        Bar(f"FeatureLayer, FeatureSpace, {batch}", layer, space, "cpu", wanted),
        Bar(f"host backend, FeatureSpace, {batch}", host, space, "cpu", 4),
    )


SUITE = Suite(
    name="layers",
    title="Layers in training",
    about=(
        "The features of the suite `transform` on dense columns that were batched "
        "beforehand, mapped by tf.data without parallel calls. FeatureLayer also "
        "replaces missing values and checks every row; FeatureSpace is given filled "
        "columns. The host backend reads Arrow batches and needs no TensorFlow."
    ),
    rows=100_000,
    groups=tuple(map(_group, _BATCHES)),
    bars=(*_bars(256, 2.0), *_bars(4096, 1.5)),
)
