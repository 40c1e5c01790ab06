#!/usr/bin/python3
"""Does a program draw from the distribution its options ask for? usage: sampling_test.py [CASE...]

A model with the same logits at every position (flat_model.py) answers at length; the counts of its tokens are compared with the
probabilities that numpy computes from the program's logits, with llama.cpp's meaning and order of the options: penalties, top-k, top-p,
min-p, temperature. With penalties the distribution changes with every token, so the test is that of a martingale: the deviation d of
the counts from the summed probabilities has the covariance C = sum of (diag(p) - p p'), and d' C^-1 d is a chi-square; with one fixed
p that is Pearson's. Seeds are fixed, so the outcome is too. Every case also says which slightly other options it must tell apart.
"""
import os
import re
import sys
import tempfile

os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')  # its matrices are too small for threads
import numpy as np  # noqa: E402

import flat_model  # noqa: E402
import harness  # noqa: E402

SEEDS, LENGTH = (1, 2, 3), 2000
PROMPT = 'Once upon'
# The tokens that can come; everything below counts in their numbers, -1 for the others.
PLACE = {int(token): place for place, token in enumerate(flat_model.LIKELY)}
# A right program is beyond this normal deviate once in 30,000 cases; a wrong one must be far beyond.
MOST, WRONG = 4.0, 6.0
OFF = dict(temp=1.0, top_k=0, top_p=1.0, min_p=0.0, repeat_penalty=1.0, repeat_last_n=64, presence_penalty=0.0, frequency_penalty=0.0)
DEFAULTS = dict(OFF, temp=0.8, top_k=40, top_p=0.95, min_p=0.05)

# name: (options off the neutral ones, options that the test must not take for these)
CASES = {
    'plain': ({}, dict(temp=0.9)),
    'temperature': (dict(temp=0.6), dict(temp=0.65)),
    'hot': (dict(temp=1.7), dict(temp=1.4)),
    'top-k': (dict(top_k=10), dict(top_k=11)),
    'top-p': (dict(top_p=0.7), dict(top_p=0.75)),
    'top-p after top-k': (dict(top_k=20, top_p=0.8), dict(top_k=0, top_p=0.8)),
    'min-p': (dict(min_p=0.1), dict(min_p=0.08)),
    'repeat penalty': (dict(repeat_penalty=1.5), dict(repeat_penalty=1.2)),
    'window': (dict(repeat_penalty=1.5, repeat_last_n=8), dict(repeat_penalty=1.5, repeat_last_n=32)),
    'presence': (dict(presence_penalty=0.9), dict(presence_penalty=0.3)),
    'frequency': (dict(frequency_penalty=0.4), dict(frequency_penalty=0.15)),
    'all': (dict(temp=0.9, top_k=30, top_p=0.9, min_p=0.02, repeat_penalty=1.2, presence_penalty=0.2, frequency_penalty=0.1),
            dict(temp=0.9, top_k=30, top_p=0.9, min_p=0.02, repeat_penalty=1.2, presence_penalty=0.2, frequency_penalty=0.2)),
}


def distributions(logits, before, o):
    """Probabilities of each next token, one row a position. before: [position, token], how often a token is in the window before it."""
    seen = before > 0
    penalised = np.where(logits > 0, logits / o['repeat_penalty'], logits * o['repeat_penalty']) - o['presence_penalty']
    rows = np.where(seen, penalised - before * o['frequency_penalty'], logits)
    order = np.argsort(-rows, axis=1, kind='stable')
    kept = np.take_along_axis(rows, order, 1)
    masses = np.exp(kept - kept[:, :1])
    if o['top_k'] > 0:
        masses[:, o['top_k']:] = 0
    if o['top_p'] < 1:
        mass_before = np.cumsum(masses, axis=1) - masses
        masses[mass_before >= o['top_p'] * masses.sum(1, keepdims=True)] = 0
    masses[masses < o['min_p']] = 0
    heated = np.where(masses > 0, np.exp((kept - kept[:, :1]) / o['temp']), 0)
    p = np.empty_like(rows)
    np.put_along_axis(p, order, heated / heated.sum(1, keepdims=True), 1)
    return p


def counts_before(prompt, answer, vocab, last_n):
    """[position of the answer, token]: how often the token is among the last_n before it."""
    text = np.array(prompt + answer)
    running = np.zeros((len(text) + 1, vocab))
    known = np.flatnonzero(text >= 0)
    running[known + 1, text[known]] = 1
    running = np.cumsum(running, axis=0)
    ends = np.arange(len(prompt), len(text))
    return running[ends] - running[np.maximum(0, ends - last_n)]


def deviate(logits, prompt, answers, o):
    """How far the answers are from the options' distribution, as a standard normal deviate; infinite where an impossible token came."""
    vocab = len(logits)
    penalised = o['repeat_penalty'] != 1 or o['presence_penalty'] != 0 or o['frequency_penalty'] != 0
    counts, expected, covariance = np.zeros(vocab), np.zeros(vocab), np.zeros((vocab, vocab))
    for a in answers:
        # Without penalties one row stands for all.
        p = distributions(logits, counts_before(prompt, a, vocab, o['repeat_last_n']) if penalised else np.zeros((1, vocab)), o)
        rows = np.arange(len(a)) if penalised else 0
        if (p[rows, a] == 0).any():
            return np.inf
        times = len(a) / len(p)
        counts += np.bincount(a, minlength=vocab)
        expected += times * p.sum(0)
        covariance += times * (np.diag(p.sum(0)) - p.T @ p)
    # Tokens that are expected fewer than 5 times count together.
    common = expected >= 5
    cells = np.zeros((common.sum() + 1, vocab))
    cells[np.arange(common.sum()), np.flatnonzero(common)] = 1
    cells[-1, ~common] = 1
    d, c = cells @ (counts - expected), cells @ covariance @ cells.T
    if c[-1, -1] < 1:
        d, c = d[:-1], c[:-1, :-1]
    values, vectors = np.linalg.eigh(c)
    solid = values > 1e-9 * values.max()
    degrees = solid.sum()
    chi_square = (((vectors.T @ d)[solid]) ** 2 / values[solid]).sum()
    # Wilson and Hilferty: the cube root of a chi-square over its degrees is nearly normal.
    return ((chi_square / degrees) ** (1 / 3) - (1 - 2 / (9 * degrees))) / np.sqrt(2 / (9 * degrees))


def flags(o):
    return [word for name, value in o.items() for word in ('--' + name.replace('_', '-'), str(value))]


def draw(program, options):
    answers = []
    for seed in SEEDS:
        done = harness.run(program, '--raw', '-p', PROMPT, '-n', LENGTH, '-s', seed, '-t', 1, *options)
        answer = [PLACE.get(ord(c), -1) for c in done.stdout[:-1]]
        assert min(answer) >= 0, 'a token that is all but impossible'
        assert len(answer) == LENGTH and f'answer {LENGTH} tokens' in done.stderr, (len(answer), done.stderr)
        answers.append(answer)
    assert answers[0] != answers[1], 'two seeds gave one text'
    return answers


def check(name, logits, prompt, answers, right, wrong):
    good, bad = deviate(logits, prompt, answers, right), deviate(logits, prompt, answers, wrong)
    print(f'{name}: deviate {good:.2f} (at most {MOST}), against other options {bad:.1f} (at least {WRONG})')
    assert good <= MOST, f'{name}: the draws are not from the distribution of {right}'
    assert bad >= WRONG, f'{name}: the test cannot tell {right} from {wrong}'


def main(names):
    with tempfile.TemporaryDirectory() as folder:
        model = flat_model.write(os.path.join(folder, 'flat.gguf'))
        program = os.path.join(folder, 'flat')
        harness.compile_model(model, program, '--arch', 'native', '--ctx', flat_model.CTX)
        prompt = [int(i) for i in re.findall(r'\d+', harness.run(harness.LLMC, 'tokenize', model, '-p', PROMPT).stdout)]
        rows, _ = harness.program_logits(program, prompt + [40, 50, 60], 4, folder)
        assert np.ptp(rows, axis=0).max() < 1e-4, 'the logits are not the same at every position'
        logits = rows[-1][flat_model.LIKELY].astype(np.float64)
        assert np.delete(rows[-1], flat_model.LIKELY).max() < logits.max() - 25
        prompt = [PLACE.get(token, -1) for token in prompt]
        for name in names or CASES:
            right, wrong = CASES[name]
            check(name, logits, prompt, draw(program, flags(dict(OFF, **right))), dict(OFF, **right), dict(OFF, **wrong))
        if not names:
            check('defaults', logits, prompt, draw(program, []), DEFAULTS, OFF)


if __name__ == '__main__':
    main(sys.argv[1:])
