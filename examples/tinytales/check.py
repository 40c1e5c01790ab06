#!/usr/bin/env python3
"""Read the GGUF back, let it tell stories about pairs of subjects that training never held, and check them.

usage: check.py MODEL.gguf TOKENIZER.json [--count N] [--show N] [--sample SAMPLE.npz --weights WEIGHTS.npz] [--prompt TEXT]

Each story is told greedily and again at temperature 0.8. It must end by itself within 300 tokens, name both subjects at least twice, and name no
animal of the list but its subjects and one friend. With --sample and --weights the logits that training saved are compared with those of model.py on
the trained weights and on the GGUF. With --prompt, only that prompt is answered. Exits 1 if any check fails.
"""
import argparse, random, re, sys, time
import numpy as np
import corpus, gguf
from model import Model
from tokenizer import Tokenizer

LONGEST = 300


def tell(model, tokenizer, item, temperature, rng):
    """(the text, whether it ended by itself, tokens)."""
    model.reset()
    ids, _ = tokenizer.conversation(item, with_story=False)
    for i in ids:
        logits = model.step(i)
    told = []
    while len(told) < LONGEST:
        if temperature:
            p = np.exp((logits - logits.max()).astype(np.float64) / temperature)
            token = int(rng.choice(len(p), p=p / p.sum()))
        else:
            token = int(logits.argmax())
        if token == tokenizer.end:
            return tokenizer.decode(told), True, len(told)
        told.append(token)
        logits = model.step(token)
    return tokenizer.decode(told), False, len(told)


def faults(text, ended, hero, other):
    found = [] if ended else ['did not end']
    count = lambda noun: len(re.findall(r'\b%s(?:s|es)?\b' % re.escape(noun), text, re.I))
    found += ['names %s %d times' % (s, count(s)) for s in (hero, other) if count(s) < 2]
    friends = set(a.lower() for a in corpus.ANY_ANIMAL.findall(text)) - {hero, other}
    if len(friends) > (0 if other in corpus.ANIMALS else 1):
        found.append('other animals: ' + ', '.join(sorted(friends)))
    return found


def compare(sample_path, weights_path, metadata, tensors):
    """NMSE of model.py against the logits that PyTorch gave."""
    sample, weights = np.load(sample_path), np.load(weights_path)
    for name, t in (('trained weights', {n: weights[n].astype(np.float32) for n in weights.files}), ('GGUF', tensors)):
        model = Model(metadata, t)
        logits = np.array([model.step(int(i)) for i in sample['ids']])
        truth = sample['logits'].astype(np.float64)
        print('logits against training, %s: NMSE %.2e, same best token at %.1f%% of %d positions' % (
            name, ((logits - truth) ** 2).sum() / (truth ** 2).sum(), 100 * (logits.argmax(1) == truth.argmax(1)).mean(), len(logits)))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('model')
    ap.add_argument('tokenizer')
    ap.add_argument('--count', type=int, default=20)
    ap.add_argument('--show', type=int, default=5)
    ap.add_argument('--seed', type=int, default=1)
    ap.add_argument('--sample')
    ap.add_argument('--weights')
    ap.add_argument('--prompt')
    a = ap.parse_args()
    metadata, tensors = gguf.read(a.model)
    tokenizer, rng = Tokenizer(a.tokenizer), np.random.default_rng(a.seed)
    assert tokenizer.tokens == metadata['tokenizer.ggml.tokens'] and ['%s %s' % m for m in tokenizer.merges] == metadata['tokenizer.ggml.merges']
    if a.sample:
        compare(a.sample, a.weights, metadata, tensors)
    model = Model(metadata, tensors)
    if a.prompt:
        for temperature in (0, 0.8):
            print(tell(model, tokenizer, {'user': a.prompt}, temperature, rng)[0] + '\n')
        return
    pairs = [('fox', 'lantern', False)]
    chooser = random.Random(a.seed)
    while len(pairs) < a.count:
        pairs.append(corpus.choose(chooser, True))
    bad, tokens, start = 0, 0, time.time()
    for k, (hero, other, two) in enumerate(pairs):
        item = {'user': corpus.ask_for(hero, other)}
        for temperature in (0, 0.8):
            text, ended, n = tell(model, tokenizer, item, temperature, rng)
            tokens += n
            found = faults(text, ended, hero, other)
            bad += bool(found)
            if k < a.show or found:
                print('>> %s (temperature %g)%s\n%s\n' % (item['user'], temperature, ' FAULT: ' + '; '.join(found) if found else '', text))
    print('%d stories about %d held-out pairs, %d with a fault; %.0f tokens each; %.1f ms a token' % (
        2 * len(pairs), len(pairs), bad, tokens / (2 * len(pairs)), (time.time() - start) / tokens * 1e3))
    sys.exit(bad > 0)


if __name__ == '__main__':
    main()
