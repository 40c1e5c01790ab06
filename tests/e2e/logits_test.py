#!/usr/bin/env python3
"""A program's logits against the truth. usage: logits_test.py matrix CASE ARCH FUSE | golden FAMILY-TYPE ARCH FUSE

matrix: a model of cases.py is made, compiled and run; the float64 reference runs over the same tokens (the prompt and the program's own
greedy ones), so rows of the prompt and of decoding are compared alike. golden: the true logits beside the models in ../shared/goldens;
skipped (exit 77) where those are absent.
"""
import json
import os
import sys
import tempfile

import cases
import harness


def check(name, measured, reference, bar):
    error = harness.nmse(measured, reference)
    print(f'{name}: NMSE {error:.3e}, bar {bar:.1e}')
    assert error <= bar, f'{name}: NMSE {error:.3e} is above {bar:.1e}'


def matrix(name, arch, fuse, folder):
    case = cases.CASES[name]
    model = harness.make_model(os.path.join(folder, 'model.gguf'), *case['model'])
    program = os.path.join(folder, 'program')
    harness.compile_model(model, program, '--arch', arch, '--fuse', fuse, '--ctx', case['ctx'])
    vocab = json.loads(harness.run(program, 'info', '--json').stdout)['n_vocab']
    for length in case['prompts']:
        tokens = harness.prompt_tokens(length, vocab)
        measured, greedy = harness.program_logits(program, tokens, case['n'], folder)
        reference = harness.reference_logits(model, tokens + greedy, folder)
        check(f'{name}, {length} tokens', measured[:length], reference[:length], case['bar'])
        check(f'{name}, decoded after {length}', measured[length:], reference[length:], case['bar'])


def golden(name, arch, fuse, folder):
    base = os.path.join(harness.GOLDENS, 'logits', f'tiny-{name}')
    if not os.path.exists(base + '.gguf'):
        print(f'skipped: {base}.gguf is not there')
        sys.exit(77)
    program = os.path.join(folder, 'program')
    harness.compile_model(base + '.gguf', program, '--arch', arch, '--fuse', fuse)
    truth = json.load(open(base + '.json'))
    prompt = truth['prompt']
    measured, _ = harness.program_logits(program, prompt, 0, folder)
    reference = harness.read_logits(base + '.logits', measured.shape[1])[:len(prompt)]
    family, file_type = name.split('-', 1)
    check(name, measured, reference, cases.golden_bar(family, file_type))


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as temporary:
        {'matrix': matrix, 'golden': golden}[sys.argv[1]](*sys.argv[2:5], temporary)
