"""From the steps of an image to its op."""

from featurekit.plan import ops
from featurekit.plan.graph import PlanBuilder
from featurekit.spec import steps as s


def add_image(builder: PlanBuilder, steps: tuple[s.Step, ...], value: int) -> int:
    """The node of decoded images, which a later step may resize."""
    zeros = any(isinstance(step, s.MissingAsZeros) for step in steps)
    if not zeros:
        value = builder.add(ops.RequirePresent(), value)
    missing: ops.MissingTensor = "zeros" if zeros else "refuse"
    (image,) = (step for step in steps if isinstance(step, s.Image))
    resize: ops.ResizeKind = "none"
    if image.shape:
        height, width = image.shape
    for step in steps:
        if isinstance(step, s.Resize):
            height, width = step.height, step.width
            resize = "antialias" if step.antialias else "linear"
    limits = image.max_pixels, missing
    op = ops.DecodeImage(height, width, image.channels, resize, *limits)
    return builder.add(op, value)
