#!/usr/bin/env python3
"""Measures times and memory of the release binary, beside PyTorch's where it is at hand.

Usage: python3 benches/figures.py [--pytorch PYTHON] [--rounds 5]     after `cargo build --release`
"""
import argparse
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
NN = ROOT / 'target/release/nn'
SCRIPTS = ROOT / 'benches/scripts'
ONE_THREAD = dict(os.environ, OMP_NUM_THREADS='1', MKL_NUM_THREADS='1', RAYON_NUM_THREADS='1')


def run(command):
    """Wall time in seconds, peak memory in MB, output."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ONE_THREAD, cwd=ROOT)
    out, err = child.stdout.read(), child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f'{shlex.join(map(str, command))} failed:\n{err[-2000:]}')
    return time.perf_counter() - start, usage.ru_maxrss / 1024, out


def best(command, rounds):
    runs = [run(command) for _ in range(rounds)]
    return min(r[0] for r in runs), min(r[1] for r in runs)


def inner(nn, python, script, rounds):
    """The times a script measures itself, best of some runs that alternate between the two."""
    times = [{}, {}]
    for _ in range(rounds):
        for found, command in zip(times, (nn, python)):
            if command:
                for name, value in re.findall(r'^(\w+) ([\d.e+-]+)$', run(command + [script])[2], re.M):
                    found[name] = min(float(value), found.get(name, 1e9))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--pytorch', help='a Python that has torch')
    parser.add_argument('--rounds', type=int, default=5)
    options = parser.parse_args()
    nn, python = [NN, '--threads', '1'], [options.pytorch] if options.pytorch else None

    print(f'binary: {NN.stat().st_size / 1e6:.1f} MB')
    tutorial = ROOT / 'scripts/neural_networks_tutorial.nn'
    for what, args, theirs in [
        ('print(1)', ['-c', 'print(1)'], ['-c', 'import torch; print(1)']),
        ('tutorial', [tutorial], [tutorial]),
    ]:
        wall, memory = best(nn + args, options.rounds)
        line = f'{what}: {wall * 1e3:.1f} ms, {memory:.1f} MB'
        if python:
            wall, memory = best(python + theirs, 2)
            line += f'   PyTorch: {wall * 1e3:.0f} ms, {memory:.0f} MB'
        print(line)
    for script in ['lenet_step', 'small_ops']:
        ours, others = inner(nn, python, SCRIPTS / f'{script}.nn', options.rounds)
        for name, value in ours.items():
            beside = f'   PyTorch: {others[name] * 1e6:.2f} µs, {others[name] / value:.1f} times as long' if name in others else ''
            print(f'{name}: {value * 1e6:.2f} µs{beside}')
    for script in ['scalar_cycles', 'many_steps']:
        wall, memory, _ = run(nn + [SCRIPTS / f'{script}.nn'])
        print(f'{script}: {wall:.1f} s, {memory:.1f} MB at most')


if __name__ == '__main__':
    main()
