#!/usr/bin/python3
"""The reference: a forward pass of llama, qwen2 and qwen3 models in float64, from a GGUF.

usage: forward.py MODEL.gguf --tokens 1,2,3 [-n K] -o OUT.logits [--activations exact|int8]

Writes float32 rows of n_vocab logits, one per prompt position and then one after each of K greedy tokens, and prints
{"prompt":[...],"greedy":[...],"n_vocab":N}. With --activations int8, vectors are rounded to 8 bits in blocks of 32 before they meet
quantised weights, as llmc's programs do: the error that this adds against `exact` is the one to expect from them.
Needs numpy only; written apart from the compiler, for its tests.
"""
import argparse
import json
import sys
import numpy as np
from gguf import Reader


class Model:
    def __init__(self, path, activations='exact'):
        self.file = Reader(path)
        meta = self.file.metadata
        self.family = meta['general.architecture']
        if self.family not in ('llama', 'qwen2', 'qwen3'):
            raise ValueError(f'unknown architecture {self.family}')
        key = lambda name, *default: meta.get(f'{self.family}.{name}', *default)
        self.int8 = activations == 'int8'
        self.layers = key('block_count')
        self.heads = key('attention.head_count')
        self.kv_heads = key('attention.head_count_kv', self.heads)
        self.head_dim = key('attention.key_length', key('embedding_length') // self.heads)
        self.eps = key('attention.layer_norm_rms_epsilon')
        self.vocab = self.file.tensors['token_embd.weight'][1][1]
        self.output = 'output.weight' if 'output.weight' in self.file.tensors else 'token_embd.weight'
        self.weights = {}
        # Angle of pair i at position p: p / scale * base^(-2i / rope_dim) / factor_i.
        self.rope_dim = key('rope.dimension_count', self.head_dim)
        scale = 1.0 if key('rope.scaling.type', 'linear') == 'none' else key('rope.scaling.factor', None) or 1.0
        i = np.arange(self.rope_dim // 2)
        self.frequencies = float(key('rope.freq_base', 10000.0)) ** (-2.0 * i / self.rope_dim) / scale
        if 'rope_freqs.weight' in self.file.tensors:
            self.frequencies = self.frequencies / self.file.matrix('rope_freqs.weight')
        self.keys = [np.zeros((0, self.kv_heads, self.head_dim)) for _ in range(self.layers)]
        self.values = [np.zeros((0, self.kv_heads, self.head_dim)) for _ in range(self.layers)]

    def weight(self, name):
        if name not in self.weights:
            self.weights[name] = self.file.matrix(name)
        return self.weights[name]

    def multiply(self, x, name):
        """x [tokens, columns] times the matrix `name` [rows, columns], transposed."""
        if self.int8 and self.file.tensors[name][0] not in ('F32', 'F16', 'BF16'):
            blocks = x.reshape(len(x), -1, 32)
            scale = np.abs(blocks).max(2, keepdims=True) / 127
            q = np.rint(np.divide(blocks, scale, out=np.zeros_like(blocks), where=scale != 0))
            x = (q * scale).reshape(x.shape)
        return x @ self.weight(name).T

    def project(self, x, name):
        y = self.multiply(x, name + '.weight')
        return y + self.weight(name + '.bias') if name + '.bias' in self.file.tensors else y

    def norm(self, x, name):
        return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + self.eps) * self.weight(name)

    def rope(self, x, positions):
        """x [tokens, heads, head_dim]. llama turns neighbours (2i, 2i + 1), the qwens (i, i + rope_dim / 2)."""
        angles = positions[:, None, None] * self.frequencies
        cos, sin = np.cos(angles), np.sin(angles)
        half = self.rope_dim // 2
        first = slice(0, self.rope_dim, 2) if self.family == 'llama' else slice(0, half)
        second = slice(1, self.rope_dim, 2) if self.family == 'llama' else slice(half, self.rope_dim)
        out = x.copy()
        out[..., first] = x[..., first] * cos - x[..., second] * sin
        out[..., second] = x[..., first] * sin + x[..., second] * cos
        return out

    def attend(self, q, layer, start):
        """q [tokens, heads, head_dim] against all keys and values so far; query t sees positions up to start + t."""
        keys, values = self.keys[layer], self.values[layer]
        group = self.heads // self.kv_heads
        out = np.empty_like(q)
        for begin in range(0, len(q), 256):
            end = min(begin + 256, len(q))
            seen = start + end
            future = np.triu(np.full((end - begin, end - begin), -np.inf), 1)  # only the last columns can lie ahead of a query
            for head in range(self.heads):
                scores = (q[begin:end, head] / np.sqrt(self.head_dim)) @ keys[:seen, head // group].T
                scores[:, start + begin:] += future
                scores -= scores.max(1, keepdims=True)
                np.exp(scores, out=scores)
                out[begin:end, head] = (scores @ values[:seen, head // group]) / scores.sum(1, keepdims=True)
        return out

    def forward(self, tokens):
        """Logits [tokens, vocab] of `tokens`, which continue the sequence so far."""
        start = len(self.keys[0])
        positions = np.arange(start, start + len(tokens), dtype=np.float64)
        x = self.file.rows('token_embd.weight', np.asarray(tokens))
        for i in range(self.layers):
            p = f'blk.{i}.'
            h = self.norm(x, p + 'attn_norm.weight')
            q = self.project(h, p + 'attn_q').reshape(len(tokens), self.heads, self.head_dim)
            k = self.project(h, p + 'attn_k').reshape(len(tokens), self.kv_heads, self.head_dim)
            v = self.project(h, p + 'attn_v').reshape(len(tokens), self.kv_heads, self.head_dim)
            if self.family == 'qwen3':
                q, k = self.norm(q, p + 'attn_q_norm.weight'), self.norm(k, p + 'attn_k_norm.weight')
            self.keys[i] = np.concatenate([self.keys[i], self.rope(k, positions)])
            self.values[i] = np.concatenate([self.values[i], v])
            attended = self.attend(self.rope(q, positions), i, start)
            x = x + self.multiply(attended.reshape(len(tokens), -1), p + 'attn_output.weight')
            h = self.norm(x, p + 'ffn_norm.weight')
            gate = self.multiply(h, p + 'ffn_gate.weight')
            x = x + self.multiply(gate / (1 + np.exp(-gate)) * self.multiply(h, p + 'ffn_up.weight'), p + 'ffn_down.weight')
        return self.multiply(self.norm(x, 'output_norm.weight'), self.output)


def run(path, prompt, count, activations='exact'):
    """(logits [prompt + count, vocab] in float64, greedy tokens)."""
    model = Model(path, activations)
    rows, greedy = [model.forward(prompt)], []
    for _ in range(count):
        greedy.append(int(rows[-1][-1].argmax()))
        rows.append(model.forward(greedy[-1:]))
    return np.concatenate(rows), greedy


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('model')
    parser.add_argument('--tokens', required=True, help='token ids with commas between, or @FILE that holds them')
    parser.add_argument('-n', type=int, default=0, help='greedy tokens after the prompt')
    parser.add_argument('-o', required=True, help='where the logits go')
    parser.add_argument('--activations', choices=('exact', 'int8'), default='exact')
    args = parser.parse_args()
    text = open(args.tokens[1:]).read() if args.tokens.startswith('@') else args.tokens
    prompt = [int(t) for t in text.replace(',', ' ').split()]
    logits, greedy = run(args.model, prompt, args.n, args.activations)
    logits.astype('<f4').tofile(args.o)
    json.dump({'prompt': prompt, 'greedy': greedy, 'n_vocab': logits.shape[1]}, sys.stdout, separators=(',', ':'))
    print()


if __name__ == '__main__':
    main()
