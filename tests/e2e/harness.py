"""What the end-to-end tests share: running llmc and its programs, making tiny models, reading logits."""
import json
import os
import subprocess
import sys

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REFERENCE = os.path.join(ROOT, 'tests', 'reference')
GOLDENS = os.path.join(os.path.dirname(ROOT), 'shared', 'goldens')
PYTHON = sys.executable
LLMC = os.environ.get('LLMC', os.path.join(ROOT, 'build', 'bin', 'llmc'))


def run(*command, code=0, timeout=600, **options):
    """Runs a command that must exit with `code`; the finished process, output as text."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=timeout, **options)
    if done.returncode != code:
        raise AssertionError(f'{" ".join(map(str, command))[:400]}\nexit {done.returncode}, expected {code}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}')
    return done


def golden_base(name):
    return os.path.join(GOLDENS, 'logits', f'tiny-{name}')


def make_model(path, *arguments):
    run(PYTHON, os.path.join(REFERENCE, 'make_model.py'), path, *arguments)
    return path


def compile_model(model, program, *arguments):
    return run(LLMC, 'compile', model, '-o', program, *arguments)


def read_logits(path, n_vocab):
    return np.fromfile(path, '<f4').reshape(-1, n_vocab)


def program_logits(program, tokens, n, folder, *arguments):
    """The rows a program computes, and the greedy tokens it chose. One thread, since tests run side by side."""
    out = os.path.join(folder, 'measured.logits')
    done = run(program, 'logits', '--tokens', ','.join(map(str, tokens)), '-n', n, '-o', out, '-t', 1, *arguments)
    answer = json.loads(done.stdout)
    assert answer['prompt'] == list(tokens), answer['prompt'][:8]
    assert len(answer['greedy']) == n
    return read_logits(out, answer['n_vocab']), answer['greedy']


def reference_logits(model, tokens, folder):
    out = os.path.join(folder, 'reference.logits')
    done = run(PYTHON, os.path.join(REFERENCE, 'forward.py'), model, '--tokens', ','.join(map(str, tokens)), '-o', out)
    return read_logits(out, json.loads(done.stdout)['n_vocab'])


def nmse(measured, reference):
    assert measured.shape == reference.shape, (measured.shape, reference.shape)
    assert np.isfinite(measured).all(), 'a logit is not finite'
    difference = measured.astype(np.float64) - reference
    return float((difference ** 2).sum() / (reference.astype(np.float64) ** 2).sum())


def prompt_tokens(length, n_vocab, seed=1):
    return np.random.default_rng(seed).integers(0, n_vocab - 8, length).tolist()
