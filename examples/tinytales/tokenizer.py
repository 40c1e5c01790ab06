"""A byte-level BPE tokenizer: text becomes bytes, each byte a printable letter (GPT-2's table), and the learnt merges join them.

Text is first split into words by the pattern that GGUF calls `qwen2`; no merge crosses a word. Special tokens are added by the caller, as ids.
"""
import json, re

# The pattern of `qwen2`, with \p{L} written [^\W\d_] and \p{N} written \d, which Python's re knows and which mean the same for the corpus.
WORDS = re.compile(
    r"'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]|(?:(?![\r\n])[\W_])?[^\W\d_]+|\d| ?(?:(?!\s)[\W_])+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SPECIALS = ['<|endoftext|>', '<|im_start|>', '<|im_end|>']


def byte_letters():
    """The letter that stands for each byte: itself where printable, else one from 256 on."""
    printable = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    letters = {b: chr(b) for b in printable}
    for b in range(256):
        if b not in letters:
            letters[b] = chr(256 + len(letters) - len(printable))
    return letters


LETTERS = byte_letters()


class Tokenizer:
    """tokens: id -> text in byte letters; the last three are SPECIALS. merges: pairs in order of rank."""

    def __init__(self, path):
        with open(path) as f:
            data = json.load(f)
        self.tokens, self.merges = data['tokens'], [tuple(m.split(' ')) for m in data['merges']]
        self.ids = {t: i for i, t in enumerate(self.tokens)}
        self.rank = {m: i for i, m in enumerate(self.merges)}
        self.end_of_text, self.start, self.end = (self.ids[s] for s in SPECIALS)
        self.bytes = {v: k for k, v in LETTERS.items()}
        self.known = {}

    def word(self, word):
        if word not in self.known:
            parts = [LETTERS[b] for b in word.encode()]
            while len(parts) > 1:
                rank, i = min((self.rank.get(pair, len(self.rank)), i) for i, pair in enumerate(zip(parts, parts[1:])))
                if rank == len(self.rank):
                    break
                parts[i:i + 2] = [parts[i] + parts[i + 1]]
            self.known[word] = [self.ids[p] for p in parts]
        return self.known[word]

    def encode(self, text):
        """The ids of a text; special tokens in it are ordinary text."""
        return [i for word in WORDS.findall(text) for i in self.word(word)]

    def decode(self, ids):
        special = {self.end_of_text, self.start, self.end}
        return bytes(self.bytes[c] for i in ids if i not in special for c in self.tokens[i]).decode(errors='replace')

    def conversation(self, item, with_story=True):
        """A conversation in ChatML: its ids, and how many of them come before the story."""
        ids = []
        for role in ('system', 'user'):
            if item.get(role):
                ids += [self.start] + self.encode(role + '\n' + item[role]) + [self.end] + self.encode('\n')
        ids += [self.start] + self.encode('assistant\n')
        before = len(ids)
        if with_story:
            ids += self.encode(item['story']) + [self.end] + self.encode('\n')
        return ids, before
