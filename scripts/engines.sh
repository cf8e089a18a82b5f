#!/usr/bin/env bash
# Fetches what the engines of `python -m benchmarks.engines` need, from package
# registries alone, into $FEATUREKIT_ENGINES or ~/.cache/featurekit-engines. What is
# there already stays as it is; what cannot be had is skipped, with the reason.
# (Dask comes with the dependency group "engines", which `make setup` installs.)
set -euo pipefail
cd "$(dirname "$0")/.."
python=$PWD/.venv/bin/python
uv=$PWD/.venv/bin/uv
[ -x "$python" ] || { echo "run make setup first" >&2; exit 1; }
cache=${FEATUREKIT_ENGINES:-${XDG_CACHE_HOME:-$HOME/.cache}/featurekit-engines}
mkdir -p "$cache"
work=$(mktemp -d "$cache/.fetch-XXXXXX")
trap 'rm -rf "$work"' EXIT
beam=$("$python" -c 'import importlib.metadata as m; print(m.version("apache-beam"))')
spark=$(sed -n 's/^SPARK_VERSION = "\(.*\)"$/\1/p' benchmarks/engines/cache.py)
log=$work/log

# Beam would fetch Prism from a release page; it is a Go program like any other.
prism() {
  mkdir "$work/prism"
  GOBIN=$work/prism go install "github.com/apache/beam/sdks/v2/go/cmd/prism@v$beam"
  mv "$work/prism/prism" "$1"
}

# PySpark holds Spark. The runner names older versions of Beam and PySpark; it runs what
# the pipelines consist of on these ones, too.
spark() {
  "$uv" pip install --quiet --python "$python" --target "$work/spark" --no-deps \
    "pyspark==$spark" py4j==0.10.9.9 beam-pyspark-runner==0.0.3
  mv "$work/spark" "$1"
}

flink() {
  local version
  version=$("$python" -c 'from apache_beam.options.pipeline_options import FlinkRunnerOptions as f; print(f.PUBLISHED_FLINK_VERSIONS[-1])' 2>/dev/null)
  mkdir "$work/flink"
  (cd "$work" && mvn -q -B dependency:copy -DoutputDirectory="$work/flink" \
    "-Dartifact=org.apache.beam:beam-runners-flink-$version-job-server:$beam")
  mv "$work"/flink/*.jar "$1"
}

# fetch <name> <file of the cache> <needed programs>...
fetch() {
  local name=$1 target=$cache/$2 program
  shift 2
  if [ -e "$target" ]; then echo "$name: there"; return; fi
  for program in "$@"; do
    command -v "$program" >/dev/null || { echo "$name: skipped, no $program"; return; }
  done
  echo "$name: fetching (minutes, once)"
  # In a process of its own: `set -e` does not hold within a condition.
  if (export -f "$name"; export work python uv beam spark
      bash -euo pipefail -c "$name \"\$1\"" - "$target") >"$log" 2>&1; then
    echo "$name: done"
  else
    sed -i 's/\x1b\[[0-9;]*m//g' "$log"
    echo "$name: skipped, $({ grep -m1 -iE 'error|fail' "$log" || tail -1 "$log"; } | cut -c1-300)"
  fi
}

fetch prism "prism-$beam" go
fetch spark "spark-$spark" java
fetch flink "flink-job-server-$beam.jar" java mvn
