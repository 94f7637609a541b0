#!/usr/bin/env python3
"""Has Python with PyTorch write what golden scripts are expected to print.

Usage: PYTHON tests/reference.py [SCRIPT.nn ...]     from the repository's root; all golden scripts when none is named

PYTHON is CPython 3.11 with torch 2.15 (the language areas need no torch). Scripts that say `# expected by hand: ...` or
`# torch: 1` in their first lines are left alone: their expected files cannot come from today's PyTorch.
"""
import os
import pathlib
import subprocess
import sys

WORKER = r'''
import os, sys
script, seed, argv = sys.argv[1], sys.argv[2], sys.argv[3:]
text = open(script, "rb").read()
if b"torch" in text:
    import torch
    torch.set_num_threads(1)
    if seed:
        torch.manual_seed(int(seed))
if seed:
    import random
    random.seed(int(seed))
sys.argv = [script] + argv
sys.path[0] = os.path.dirname(os.path.abspath(script))
import types
main = types.ModuleType("__main__")
main.__file__ = script
sys.modules["__main__"] = main

def ours(e, seen):
    # Only the script's own frames are shown: the library has none of PyTorch's.
    if e is None or id(e) in seen:
        return
    seen.add(id(e))
    frames, tb = [], e.__traceback__
    while tb is not None:
        if os.path.dirname(os.path.abspath(tb.tb_frame.f_code.co_filename)) == os.path.dirname(os.path.abspath(script)):
            frames.append(tb)
        tb = tb.tb_next
    for a, b in zip(frames, frames[1:] + [None]):
        a.tb_next = b
    e.__traceback__ = frames[0] if frames else None
    ours(e.__cause__, seen)
    ours(e.__context__, seen)

sys.setrecursionlimit(1000)
try:
    exec(compile(text, script, "exec"), main.__dict__)
except SystemExit:
    raise
except BaseException as e:
    ours(e, set())
    if e.__cause__ is None and e.__context__ is not None and e.__context__.__traceback__ is None:
        e.__suppress_context__ = True
    sys.stdout.flush()
    sys.__excepthook__(type(e), e, e.__traceback__)
    sys.exit(1)
'''


def directives(text):
    found = {}
    for line in text.splitlines():
        if not line.startswith('# '):
            break
        name, colon, value = line[2:].partition(':')
        if colon:
            found[name.strip()] = value.strip()
    return found


def write(script):
    wishes = directives(script.read_bytes().decode('utf-8', 'replace'))
    if 'expected by hand' in wishes or wishes.get('torch') == '1':
        return 'left alone'
    command = [sys.executable, '-W', 'ignore', '-c', WORKER, str(script), wishes.get('seed', '')]
    stdin = wishes.get('stdin', '').replace('\\n', '\n')
    env = dict(os.environ, NO_COLOR='1', PYTHONIOENCODING='utf-8')
    done = subprocess.run(command + wishes.get('args', '').split(), input=stdin.encode(), capture_output=True, env=env)
    fails = 'errors' in script.parts
    if done.returncode != int(wishes.get('status', fails)):
        return f'exit status {done.returncode}\n' + done.stderr.decode()
    if fails:
        script.with_suffix('.err').write_bytes(done.stderr)
        if done.stdout:
            script.with_suffix('.out').write_bytes(done.stdout)
    else:
        script.with_suffix('.out').write_bytes(done.stdout)
    return ''


def main():
    scripts = [pathlib.Path(name) for name in sys.argv[1:]] or sorted(pathlib.Path('tests/golden').rglob('*.nn'))
    for script in scripts:
        problem = write(script)
        if problem:
            print(f'{script}: {problem}')


if __name__ == '__main__':
    main()
