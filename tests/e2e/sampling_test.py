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

import numpy as np

import flat_model
import harness

SEEDS, LENGTH = (1, 2, 3), 2000
PROMPT = 'Once upon'
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


def distribution(logits, history, o):
    """Probabilities of the next token. history: ids so far, the prompt's too."""
    logits = logits.copy()
    window = history[-o['repeat_last_n']:] if o['repeat_last_n'] >= 0 else history
    seen, counts = np.unique(window, return_counts=True) if o['repeat_last_n'] != 0 else ([], 0)
    l = logits[seen]
    logits[seen] = np.where(l > 0, l / o['repeat_penalty'], l * o['repeat_penalty']) - counts * o['frequency_penalty'] - o['presence_penalty']
    order = np.argsort(-logits, kind='stable')
    if o['top_k'] > 0:
        order = order[:o['top_k']]
    kept = logits[order]
    masses = np.exp(kept - kept[0])
    if o['top_p'] < 1:
        n = 1 + int(np.searchsorted(np.cumsum(masses) / masses.sum(), o['top_p']))
        order, kept, masses = order[:n], kept[:n], masses[:n]
    if o['min_p'] > 0:
        keep = masses >= o['min_p']
        order, kept = order[keep], kept[keep]
    heated = np.exp((kept - kept[0]) / o['temp'])
    p = np.zeros(len(logits))
    p[order] = heated / heated.sum()
    return p


def deviate(logits, prompt, answers, o):
    """How far the answers are from the options' distribution, as a standard normal deviate; infinite where an impossible token came."""
    vocab = len(logits)
    penalised = o['repeat_penalty'] != 1 or o['presence_penalty'] != 0 or o['frequency_penalty'] != 0
    counts, expected, covariance = np.zeros(vocab), np.zeros(vocab), np.zeros((vocab, vocab))
    if not penalised:
        p = distribution(logits, [], dict(o, repeat_last_n=0))
        n = sum(len(a) for a in answers)
        for a in answers:
            counts += np.bincount(a, minlength=vocab)
        expected, covariance = n * p, n * (np.diag(p) - np.outer(p, p))
        if counts[p == 0].any():
            return np.inf
    else:
        for a in answers:
            steps = np.array([distribution(logits, (prompt + a)[:len(prompt) + i], o) for i in range(len(a))])
            if (steps[np.arange(len(a)), a] == 0).any():
                return np.inf
            counts += np.bincount(a, minlength=vocab)
            expected += steps.sum(0)
            covariance += np.diag(steps.sum(0)) - steps.T @ steps
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
        answer = [ord(c) for c in done.stdout[:-1]]
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
        logits = rows[-1].astype(np.float64)
        for name in names or CASES:
            right, wrong = CASES[name]
            check(name, logits, prompt, draw(program, flags(dict(OFF, **right))), dict(OFF, **right), dict(OFF, **wrong))
        if not names:
            check('defaults', logits, prompt, draw(program, []), DEFAULTS, OFF)


if __name__ == '__main__':
    main(sys.argv[1:])
