"""The program as a whole: help, failures, and processes of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from cli.running import run, write_parquet, write_spec

import featurekit as fk
from featurekit.cli import verify as verify_command
from featurekit.cli.commands import app
from featurekit.cli.exit_codes import ExitCode, exit_code
from featurekit.errors import FeatureKitError, MissingDependencyError

COMMANDS = [command.callback.__name__ for command in app.registered_commands]  # type: ignore[union-attr]
PROGRAM = [sys.executable, "-m", "featurekit.cli.main"]


class TestHelp:
    def test_names_all_commands(self) -> None:
        done = run("--help")
        assert done.code == 0
        for name in COMMANDS:
            assert f" {name} " in done.stdout
        for code in ExitCode:
            assert f" {code} " in done.stdout

    @pytest.mark.parametrize("command", COMMANDS)
    def test_shows_an_example(self, command: str) -> None:
        done = run(command, "--help")
        assert (done.code, done.stderr) == (0, "")
        assert f"Example: featurekit {command} " in done.stdout
        assert "--json" in done.stdout

    def test_version(self) -> None:
        assert run("--version").stdout == f"featurekit {fk.__version__}\n"

    def test_loads_nothing_heavy(self) -> None:
        code = (
            "import sys, featurekit.cli.main; "
            "print({n.partition('.')[0] for n in sys.modules})"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        heavy = {"numpy", "pyarrow", "numba", "google", "tensorflow", "keras"}
        assert not heavy & eval(done.stdout)


class TestFailures:
    def test_every_error_has_a_code(self) -> None:
        def below(kind: type[FeatureKitError]) -> set[type[FeatureKitError]]:
            return {kind}.union(*map(below, kind.__subclasses__()))

        for kind in below(FeatureKitError) - {MissingDependencyError}:
            assert exit_code(kind("x")) in (1, 2, 3)
        assert exit_code(MissingDependencyError("Keras", "tensorflow")) == 3

    def test_a_bug_keeps_its_traceback(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        from typer.testing import CliRunner

        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("oh")

        monkeypatch.setattr(verify_command, "Terminal", broken)
        done = CliRunner().invoke(app, ["verify", str(tmp_path), "--json"])
        assert done.exit_code == 70
        assert "Traceback" in done.stderr and "RuntimeError: oh" in done.stderr
        assert json.loads(done.stdout)["error"]["code"] == "BUG"

    def test_control_c(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        def interrupt(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(verify_command, "Terminal", interrupt)
        done = run("verify", tmp_path)
        assert (done.code, done.stderr) == (130, "interrupted\n")

    def test_names_cannot_control_the_terminal(self, tmp_path: Path) -> None:
        done = run("verify", tmp_path / "a\x1b[31m[bold]\n")
        assert "\x1b" not in done.stderr
        assert "[bold]" in done.stderr


class TestProgram:
    """As users run it: in a process of its own."""

    def start(self, *arguments: object, **options: Any) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [*PROGRAM, *map(str, arguments)], stdout=pipe, stderr=pipe, text=True,
            **options,
        )  # fmt: skip

    def test_several_workers(self, tmp_path: Path) -> None:
        spec = write_spec(tmp_path, '"x": fk.numeric("x").standardize()')
        for index in range(4):
            write_parquet(tmp_path, {"x": [1.0 * index]}, f"{index}.parquet")
        process = self.start(
            "analyze", "--spec", spec, "--output", tmp_path / "s.json",
            tmp_path / "*.parquet", "--workers", 2, "--json",
        )  # fmt: skip
        out, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
        assert json.loads(out)["rows_read"] == 4

    def test_output_that_is_not_utf8(self, tmp_path: Path) -> None:
        source = write_parquet(tmp_path, {"日本": ["é"]})
        env = {**os.environ, "PYTHONIOENCODING": "ascii"}
        process = self.start("infer", source, "--json", env=env)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        assert json.loads(out)["columns"][0]["name"] == "日本"
        process = self.start("infer", source, env=env)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")

    @pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
    def test_control_c(self, tmp_path: Path) -> None:
        spec = write_spec(tmp_path, '"x": fk.numeric("x")')
        source = tmp_path / "rows.csv"
        source.write_text("x\n" + "1\n" * 4_000_000)
        process = self.start("analyze", "--spec", spec, "--output",
                             tmp_path / "s.json", source)  # fmt: skip
        time.sleep(0.3)  # it computes for two seconds, most of the first are imports
        while process.poll() is None:  # Python drops one that falls into a callback
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130, (out, err)
        assert err == "interrupted\n"
        assert not (tmp_path / "s.json").exists()

    def test_without_typer(self) -> None:
        code = (
            "import sys; sys.modules['typer'] = None; "
            "from featurekit.cli.main import main; main()"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True
        )
        assert done.returncode == 3
        assert "featurekit[cli]" in done.stderr and "Traceback" not in done.stderr

    def test_help_loads_nothing_heavy(self) -> None:
        code = (
            "import sys; sys.argv = ['featurekit', '--help']\n"
            "from featurekit.cli.main import main\n"
            "try: main()\n"
            "finally: print(*sys.modules, file=sys.stderr)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        loaded = {name.partition(".")[0] for name in done.stderr.split()}
        assert "typer" in loaded
        assert not loaded & {"numpy", "pyarrow", "numba", "tensorflow", "google"}
