"""What an export says of itself."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was exported; `print(report)` shows it.

    Args:
        path: The model's folder.
        signatures: The ways to call it.
        inputs: The tensors of `serving_default`, by name, with their dtypes.
        outputs: The model's outputs, by name, with dtype and shape of a row.
        golden_rows: Rows whose results are stored and were compared.
        ways: By which ways to compute they were; all agreed.
        bytes: Size of the folder.
        seconds: Wall-clock time.
    """

    path: Path
    signatures: tuple[str, ...]
    inputs: dict[str, str]
    outputs: dict[str, str]
    golden_rows: int
    ways: tuple[str, ...]
    bytes: int
    seconds: float

    def __str__(self) -> str:
        inputs = ", ".join(f"{name} {dtype}" for name, dtype in self.inputs.items())
        outputs = ", ".join(f"{name} {kind}" for name, kind in self.outputs.items())
        return "\n".join(
            [
                f"{self.path}: {self.bytes:,} bytes, {self.seconds:.2f} s",
                f"  signatures {', '.join(self.signatures)}",
                f"  inputs {inputs}",
                f"  outputs {outputs}",
                f"  {self.golden_rows} golden rows agree in {len(self.ways)} ways: "
                + ", ".join(self.ways),
            ]
        )
