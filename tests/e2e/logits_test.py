#!/usr/bin/python3
"""A program's logits against the truth. usage: logits_test.py matrix CASE ARCH FUSE | golden FAMILY-TYPE ARCH FUSE

Prompts go through the program twice: in chunks (the prefill kernels) and, shorter ones, token by token (the decode kernels).

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


STEPPED = 200  # longest prompt that is also fed token by token


def check_matrix(name, model, program, folder):
    case = cases.CASES[name]
    vocab = json.loads(harness.run(program, 'info', '--json').stdout)['vocab']
    for length in case['prompts']:
        tokens = harness.prompt_tokens(length, vocab)
        measured, greedy = harness.program_logits(program, tokens, case['n'], folder)
        reference = harness.reference_logits(model, tokens + greedy, folder)
        check(f'{name}, {length} tokens', measured[:length], reference[:length], case['bar'])
        check(f'{name}, decoded after {length}', measured[length:], reference[length:], case['bar'])
        if length <= STEPPED:
            stepped, _ = harness.program_logits(program, tokens, 0, folder, '--step')
            check(f'{name}, {length} tokens one by one', stepped, reference[:length], case['bar'])


def check_golden(name, base, program, folder):
    prompt = json.load(open(base + '.json'))['prompt']
    family, file_type = name.split('-', 1)
    for arguments in ([], ['--step']):
        measured, _ = harness.program_logits(program, prompt, 0, folder, *arguments)
        reference = harness.read_logits(base + '.logits', measured.shape[1])[:len(prompt)]
        check(' '.join([name, *arguments]), measured, reference, cases.golden_bar(family, file_type))


def matrix(name, arch, fuse, folder):
    model = harness.make_model(os.path.join(folder, 'model.gguf'), *cases.CASES[name]['model'])
    program = os.path.join(folder, 'program')
    harness.compile_model(model, program, '--arch', arch, '--fuse', fuse, '--ctx', cases.CASES[name]['ctx'])
    check_matrix(name, model, program, folder)


def golden(name, arch, fuse, folder):
    base = harness.golden_base(name)
    if not os.path.exists(base + '.gguf'):
        print(f'skipped: {base}.gguf is not there')
        sys.exit(77)
    program = os.path.join(folder, 'program')
    harness.compile_model(base + '.gguf', program, '--arch', arch, '--fuse', fuse)
    check_golden(name, base, program, folder)


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as temporary:
        {'matrix': matrix, 'golden': golden}[sys.argv[1]](*sys.argv[2:5], temporary)
