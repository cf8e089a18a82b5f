"""What both protocols do with a request once they have read it."""

from dataclasses import dataclass

from featurekit.errors import RequestError, RowError
from featurekit.serve.server.batching import Batcher
from featurekit.serve.server.loaded_version import Arrays, LoadedVersion
from featurekit.serve.server.metrics import Metrics
from featurekit.serve.server.observation import Observation
from featurekit.serve.server.request_body import Limits
from featurekit.serve.server.signatures import Signature
from featurekit.serve.server.versions import Versions


@dataclass(frozen=True, slots=True)
class Predictor:
    """One served model.

    Args:
        name: As requests name it.
        versions: Its versions.
        batcher: Joins requests.
        limits: What one request may cost.
        metrics: What is counted.
        observation: Where the rows go that were answered, or refused.
    """

    name: str
    versions: Versions
    batcher: Batcher
    limits: Limits
    metrics: Metrics
    observation: Observation

    def check_name(self, name: str) -> None:
        """Refuses a request for another model."""
        if name != self.name:
            raise RequestError(
                "the server has no such model",
                code="NO_SUCH_MODEL",
                got=name,
                expected=self.name,
            )

    async def run(
        self, model: LoadedVersion, signature: Signature, inputs: Arrays
    ) -> Arrays:
        """The outputs of a signature."""
        rows = len(next(iter(inputs.values())))
        self.limits.check_rows(rows)
        try:
            found = await self.batcher.call(model, signature.name, inputs, rows)
        except RowError:
            # Where a source breaks, its rows are refused: they are to be seen, too.
            self.observation.put(model, signature, inputs)
            raise
        self.observation.put(model, signature, inputs)
        return found
