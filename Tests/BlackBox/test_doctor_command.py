"""`whyops doctor` and `whyops bench`."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import harness
from bench import Bench


def checks(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> tuple[int, dict[str, tuple[str, str]]]:
    done = harness.run(folder, "doctor", "--json", *arguments, env=env)
    report = json.loads(done.stdout)
    assert report["ok"] == (done.returncode == 0), done.stdout
    return done.returncode, {one["name"]: (one["verdict"], one["text"]) for one in report["checks"]}


def test_a_service_that_runs_is_well(alone: Bench) -> None:
    server = alone.server
    ports = [url.rsplit(":", 1)[1] for url in (server.proxy, server.ingest)]
    env = {"WHYOPS_API_KEY": server.key, "OPENAI_API_KEY": "sk-1", "WHYOPS_OPENAI_BASE_URL": alone.upstream.url + "/v1"}
    place = ["--store", f"sqlite:{server.store}", "--proxy-port", ports[0], "--ingest-port", ports[1]]
    code, found = checks(server.folder, *place, env=env)
    for name in ("settings", "clock", "store", "api key", "proxy port", "ingest port"):
        assert found[name][0] == "ok", (name, found)
    assert "running" in found["proxy port"][1]
    assert "sk-1" not in json.dumps(found)


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        env = {"OPENAI_API_KEY": "sk-1", "WHYOPS_OPENAI_BASE_URL": "http://127.0.0.1:9"}
        code, found = checks(tmp_path, "--proxy-port", str(port), "--ingest-port", "0", env=env)
    assert code == 1
    assert found["store"][0] == "warning" and "There is no store" in found["store"][1]
    assert found["proxy port"] == ("bad", f"another program has {port}")
    assert found["provider openai"][0] == "bad" and "cannot be reached" in found["provider openai"][1]
    code, found = checks(tmp_path, "--proxy-port", "70000")
    assert code == 1 and found["settings"][0] == "bad" and "--proxy-port" in found["settings"][1]
    told = harness.run(tmp_path, "doctor", "--proxy-port", "70000")
    assert told.returncode == 1 and told.stdout.startswith("bad      settings: --proxy-port"), told.stdout


def test_figures_of_this_machine(tmp_path: Path) -> None:
    done = harness.run(tmp_path, "bench", "--seconds", "0.01", "--json")
    rows = json.loads(done.stdout)["rows"]
    assert {row["name"] for row in rows} >= {"v1 encode", "v2 decode and verify", "strip, nothing there"}
    assert all(row["nanoseconds"] > 0 and row["copyNanoseconds"] >= 0 and row["bytes"] > 0 for row in rows)
    plain = harness.run(tmp_path, "bench", "--seconds", "0.01").stdout.splitlines()
    assert [line.split("\t")[:2] for line in plain] == [[row["name"], str(row["bytes"])] for row in rows]
    assert harness.run(tmp_path, "bench", "--seconds", "0").returncode == 2
