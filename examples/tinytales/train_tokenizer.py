#!/usr/bin/env python3
"""Learn a byte-level BPE of 2,048 tokens from a corpus.

usage: train_tokenizer.py CORPUS_DIR TOKENIZER.json [--lines N]

Counts the words of the first N conversations (split as tokenizer.py says), then joins the most frequent pair of neighbours again and again; of
equally frequent pairs the alphabetically first. 256 bytes, 1,789 merges and 3 special tokens make 2,048. The file holds the tokens in order of id and the
merges in order of rank.
"""
import argparse, collections, json, os
import tokenizer

VOCABULARY = 2048


def learn(counts, merges_wanted):
    """The merges of a table word -> count. Only the words that hold the pair just joined are counted anew."""
    words = [([tokenizer.LETTERS[b] for b in w.encode()], n) for w, n in counts.items()]
    pairs, where = collections.Counter(), collections.defaultdict(set)
    for k, (parts, n) in enumerate(words):
        for pair in zip(parts, parts[1:]):
            pairs[pair] += n
            where[pair].add(k)
    merges = []
    while len(merges) < merges_wanted:
        best = min(pairs, key=lambda p: (-pairs[p], p))
        if pairs[best] < 2:
            raise SystemExit('the corpus is too small for %d merges: %d found' % (merges_wanted, len(merges)))
        merges.append(best)
        for k in where.pop(best):
            parts, n = words[k]
            for pair in zip(parts, parts[1:]):
                pairs[pair] -= n
            i = 0
            while i + 1 < len(parts):
                if (parts[i], parts[i + 1]) == best:
                    parts[i:i + 2] = [parts[i] + parts[i + 1]]
                i += 1
            for pair in zip(parts, parts[1:]):
                pairs[pair] += n
                where[pair].add(k)
        del pairs[best]
    return merges


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('corpus')
    ap.add_argument('out')
    ap.add_argument('--lines', type=int, default=20000)
    a = ap.parse_args()
    counts, characters = collections.Counter(), 0
    with open(os.path.join(a.corpus, 'train.jsonl')) as f:
        for _, line in zip(range(a.lines), f):
            item = json.loads(line)
            for text in (item['system'], item['user'], item['story'], 'system\n', 'user\n', 'assistant\n'):
                counts.update(tokenizer.WORDS.findall(text))
                characters += len(text)
    merges = learn(counts, VOCABULARY - 256 - len(tokenizer.SPECIALS))
    tokens = [tokenizer.LETTERS[b] for b in range(256)] + [x + y for x, y in merges] + tokenizer.SPECIALS
    assert len(set(tokens)) == VOCABULARY
    with open(a.out, 'w') as f:
        json.dump({'tokens': tokens, 'merges': ['%s %s' % m for m in merges]}, f)
    t = tokenizer.Tokenizer(a.out)
    assert all(t.decode(t.encode(w)) == w for w in counts)
    print('%d tokens from %d words; %.2f characters a token' % (len(tokens), len(counts), characters / sum(n * len(t.word(w)) for w, n in counts.items())))


if __name__ == '__main__':
    main()
