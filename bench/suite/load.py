# SPDX-License-Identifier: ISC
"""One run of the load generator: options in, quantities out; see uvinetd-bench(1).

Blocks until the run is over. A run without a single good connection is a LoadFailed with the
generator's own words.
"""
import json
import subprocess

PERCENTILES = ("p50", "p90", "p99", "p999", "max", "mean")


class LoadFailed(Exception):
    """The generator could not measure; the text says why."""


def run_load(binary, address, deadline=300, **options):
    """Runs the generator; `options` are its own with _ for -.

    Returns its report as a dictionary.
    """
    command = [str(binary), "-q", "--json", "-"]
    for name, value in options.items():
        command += ["--" + name.replace("_", "-"), str(value)]
    command += [address] if address else []
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              timeout=deadline)
    except subprocess.TimeoutExpired:
        raise LoadFailed(f"no end of the load in {deadline} s") from None
    except OSError as error:
        raise LoadFailed(f"{binary}: {error.strerror}") from None
    try:
        report = json.loads(done.stdout)
    except ValueError:
        report = None
    if done.returncode != 0 or not isinstance(report, dict):
        raise LoadFailed(_reason(done))
    return report


def quantities(report):
    """The report as flat quantities, named with their units; what it lacks is left out."""
    found = {"connections": report.get("connections"),
             "rate_per_second": report.get("rate_per_second"),
             "errors": sum((report.get("errors") or {}).values())}
    for part, figures in (report.get("latency_us") or {}).items():
        for name in PERCENTILES:
            found[f"{part}_{name}_us"] = (figures or {}).get(name)
    daemon = report.get("daemon") or {}
    found |= {"processes": daemon.get("processes"), "pss_kib": daemon.get("pss_kib"),
              "cpu_us": daemon.get("cpu_us_per_connection"),
              "cpu_with_children_us": daemon.get("cpu_us_per_connection_with_children"),
              "context_switches": daemon.get("context_switches")}
    return {name: value for name, value in found.items() if value is not None}


def read_latencies(path):
    """The connect→first byte latencies in µs of a samples file: start,exec,first_byte,eof in ns."""
    with open(path, encoding="utf-8") as file:
        rows = (line.split(",") for line in file if line[:1].isdigit())
        return [int(row[2]) / 1000 for row in rows]


def _reason(done):
    lines = (done.stderr.strip() or "it said nothing").splitlines()
    return f"uvinetd-bench ended with {done.returncode}: {lines[-1]}"
