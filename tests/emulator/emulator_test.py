#!/usr/bin/python3
"""Unmodified programs for AMD cards on the emulator. usage: emulator_test.py demo ARCH FUSE[,FUSE...] | golden FAMILY-TYPE ARCH |
story ARCH FUSE | races ARCH FUSE

demo: the demo model's logits, fed in chunks (the prefill kernels) and token by token (the decode kernels), against the float64 reference:
the format's bar, and the same best token wherever the reference's two best lie apart; then the program's own selftest.
golden: the true logits beside the models in ../shared/goldens; skipped (exit 77) where those are absent.
story: a whole answer, greedily.
races: logits and a sampled answer with every access checked for order and waves in random order, equal to those without.
"""
import os
import re
import sys
import tempfile

import emulated
import numpy as np

import cases
import harness
import logits_test

UNITS = 6
SAMPLING = ('--temp', 0.8, '--top-k', 40, '--top-p', 0.9, '--min-p', 0.02, '--repeat-penalty', 1.1)
PROMPT = 'Tell me a story about a fox and a lantern.'


def same_best(measured, reference):
    """Rows whose best token differs though the reference's two best differ by more than 0.05 standard deviations of its logits."""
    ranked = np.sort(reference, axis=1)
    clear = ranked[:, -1] - ranked[:, -2] > 0.05 * reference.std(axis=1)
    return int((clear & (measured.argmax(1) != reference.argmax(1))).sum())


def demo(arch, levels, folder):
    tokens = harness.prompt_tokens(20, 2048, seed=3)
    reference = harness.reference_logits(emulated.DEMO, tokens, folder)
    for fuse in levels.split(','):
        program = os.path.join(folder, 'program-' + fuse)
        harness.compile_model(emulated.DEMO, program, '--arch', arch, '--fuse', fuse)
        for way in ([], ['--step']):
            measured, _ = harness.program_logits(program, tokens, 0, folder, *way)
            name = ' '.join([arch, fuse, *way])
            logits_test.check(name, measured, reference, cases.BARS['Q8_0'])
            wrong = same_best(measured, reference)
            assert wrong == 0, f'{name}: another best token in {wrong} of {len(tokens)} rows'
        print(harness.run(program, 'selftest').stdout)
        # As many workgroups as the real card holds: other slices of matrices, other pieces of the context.
        emulated.use_card(arch, CUS=emulated.whole_card(arch))
        measured, _ = harness.program_logits(program, tokens[:3], 0, folder, '--step')
        logits_test.check(f'{arch} {fuse}, whole card', measured, reference[:3], cases.BARS['Q8_0'])
        emulated.use_card(arch, CUS=UNITS)


def golden(name, arch, folder):
    logits_test.golden(name, arch, 'block', folder)


def story(arch, fuse, folder):
    program = os.path.join(folder, 'program')
    harness.compile_model(emulated.DEMO, program, '--arch', arch, '--fuse', fuse)
    told = harness.run(program, '-p', PROMPT, '--temp', '0', '-n', '300').stdout
    print(told)
    for noun in ('fox', 'lantern'):
        assert len(re.findall(rf'\b{noun}(?:s|es)?\b', told, re.I)) >= 2, f'the story does not name the {noun} twice'
    assert 60 < len(told.split()) < 290 and told.rstrip()[-1] in '.!?"', 'the story does not end by itself'


def races(arch, fuse, folder):
    program = os.path.join(folder, 'program')
    harness.compile_model(emulated.DEMO, program, '--arch', arch, '--fuse', fuse)
    tokens = harness.prompt_tokens(5, 2048, seed=3)

    def outputs():
        logits, _ = harness.program_logits(program, tokens, 1, folder)
        return logits, harness.run(program, '-p', PROMPT, '-n', 8, '-s', 1, *SAMPLING).stdout

    # At level model vectors are polled: what a coherent load takes, its writer has published with it.
    check = 'ordered' if fuse == 'model' else 'all'
    plain, plain_text = outputs()
    for seed in (1, 2):
        emulated.use_card(arch, CUS=8, RACES=check, STRESS=1, SEED=seed)
        stressed, text = outputs()
        assert (plain == stressed).all(), f'seed {seed}: the order of waves changes the logits'
        assert text == plain_text and len(text) > 8, f'seed {seed}: {text!r}, not {plain_text!r}'
    emulated.use_card(arch, CUS=emulated.whole_card(arch), RACES=check)
    harness.program_logits(program, tokens[:2], 1, folder)


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as temporary:
        case, arguments = sys.argv[1], sys.argv[2:]
        emulated.use_card(arguments[1] if case == 'golden' else arguments[0], CUS=UNITS)
        {'demo': demo, 'golden': golden, 'story': story, 'races': races}[case](*arguments, temporary)
