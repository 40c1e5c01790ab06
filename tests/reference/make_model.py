#!/usr/bin/python3
"""Makes a tiny GGUF with random weights: any family, any mix of tensor types, any shape. The same options give the same bytes.

usage: make_model.py OUT.gguf [--family llama|qwen2|qwen3] [--type T[,T...]] [--width 256] [--ff N] [--heads 4] [--kv-heads N]
       [--head-dim N] [--layers 2] [--vocab 512] [--ctx 4096] [--rope-freqs] [--rope-base 10000] [--rope-scale 1] [--rope-dim N]
       [--tied] [--biases] [--tokenizer gpt2|none] [--name TEXT] [--gguf-version 2|3] [--seed 1]

--type: one type for every matrix, or several which the matrices take in turn, or one of the mixes Q2_K_M to Q5_K_M, which give attn_v,
ffn_down and the output the next better types. Where rows are not a multiple of 256, a K type is replaced as llama-quantize does it.

The weights make a network whose numbers mean something: activations stay near 1, Q and K are large enough for attention to look
at few positions (so that an error in position, cache or mask shows at any context length), logits have a standard deviation of about 2.
"""
import argparse
import numpy as np
import quants
from gguf import Writer

# What llama-quantize takes where rows do not fill a block of 256.
FALLBACK = {'Q2_K': 'Q4_0', 'Q3_K': 'Q4_0', 'Q4_K': 'Q5_0', 'Q5_K': 'Q5_1', 'Q6_K': 'Q8_0'}
# (most matrices, attn_v and ffn_down, output)
MIXES = {'Q2_K_M': ('Q2_K', 'Q3_K', 'Q6_K'), 'Q3_K_M': ('Q3_K', 'Q4_K', 'Q6_K'), 'Q4_K_M': ('Q4_K', 'Q6_K', 'Q6_K'), 'Q5_K_M': ('Q5_K', 'Q6_K', 'Q6_K')}


def arguments(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out')
    parser.add_argument('--family', choices=('llama', 'qwen2', 'qwen3'), default='llama')
    parser.add_argument('--type', default='F32')
    parser.add_argument('--width', type=int, default=256)
    parser.add_argument('--ff', type=int, help='default: twice the width')
    parser.add_argument('--heads', type=int, default=4)
    parser.add_argument('--kv-heads', type=int, help='default: as many as heads')
    parser.add_argument('--head-dim', type=int, help='default: width / heads')
    parser.add_argument('--layers', type=int, default=2)
    parser.add_argument('--vocab', type=int, default=512)
    parser.add_argument('--ctx', type=int, default=4096)
    parser.add_argument('--rope-freqs', action='store_true', help='frequency factors as Llama 3.1 has them')
    parser.add_argument('--rope-base', type=float, default=10000.0)
    parser.add_argument('--rope-scale', type=float, default=1.0)
    parser.add_argument('--rope-dim', type=int, help='rotated elements of a head; default: all')
    parser.add_argument('--tied', action='store_true')
    parser.add_argument('--biases', action='store_true', help='on Q, K and V (qwen2 always has them)')
    parser.add_argument('--tokenizer', choices=('gpt2', 'none'), default='none')
    parser.add_argument('--name', default='tiny reference model')
    parser.add_argument('--gguf-version', type=int, choices=(2, 3), default=3)
    parser.add_argument('--seed', type=int, default=1)
    args = parser.parse_args(argv)
    args.ff = args.ff or 2 * args.width
    args.kv_heads = args.kv_heads or args.heads
    args.head_dim = args.head_dim or args.width // args.heads
    args.rope_dim = args.rope_dim or args.head_dim
    return args


class TypeChoice:
    """The type of each matrix, by its role and its place in the file."""

    def __init__(self, text):
        self.mix = MIXES.get(text)
        self.turn = text.split(',')
        self.count = 0

    def pick(self, role, columns):
        if self.mix:
            kind = self.mix[2 if role == 'output' else 1 if role in ('attn_v', 'ffn_down') else 0]
        else:
            kind = self.turn[self.count % len(self.turn)]
        self.count += 1
        return FALLBACK[kind] if kind in FALLBACK and columns % 256 else kind


def add_tokenizer(writer, vocab):
    """Byte-level BPE: 256 bytes, tokens merged from common words, unused ones, and the three special tokens of ChatML."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {b: chr(b) for b in printable}
    for n, b in enumerate(b for b in range(256) if b not in letters):
        letters[b] = chr(256 + n)
    tokens, merges = [letters[b] for b in range(256)], []
    for word in (' the', ' and', ' of', ' to', ' in', 'ing', 'er', 're', 'on', 'at', 'en', 'or', 'it', 'is', ' a', ' fox', ' was', ' he', ' said', 'll'):
        current = ''
        for letter in (letters[b] for b in word.encode()):
            if current and current + letter not in tokens:
                merges.append(current + ' ' + letter)
                tokens.append(current + letter)
            current += letter
    special = ['<|im_start|>', '<|im_end|>', '<|endoftext|>']
    if vocab < len(tokens) + len(special):
        raise SystemExit(f'--vocab must be at least {len(tokens) + len(special)} with a tokenizer')
    kinds = [1] * len(tokens)
    while len(tokens) < vocab - len(special):
        tokens.append('<unused%d>' % len(tokens))
        kinds.append(5)
    writer.add('tokenizer.ggml.model', 'str', 'gpt2')
    writer.add('tokenizer.ggml.pre', 'str', 'qwen2')
    writer.add('tokenizer.ggml.tokens', '[str]', tokens + special)
    writer.add('tokenizer.ggml.token_type', '[i32]', kinds + [3] * len(special))
    writer.add('tokenizer.ggml.merges', '[str]', merges)
    writer.add('tokenizer.ggml.eos_token_id', 'u32', vocab - 2)
    writer.add('tokenizer.ggml.bos_token_id', 'u32', vocab - 1)
    writer.add('tokenizer.ggml.add_bos_token', 'bool', False)
    writer.add('tokenizer.chat_template', 'str', "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}"
               "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")


def rope_freqs(head_dim, base):
    """Llama 3.1's factors (factor 8, low 1, high 4) with an original context of 256, so that a tiny model has all three kinds."""
    wavelength = 2 * np.pi * base ** (2.0 * np.arange(head_dim // 2) / head_dim)
    smooth = np.clip((256 / wavelength - 1) / (4 - 1), 0, 1)
    return 1 / ((1 - smooth) / 8 + smooth)


def make(args):
    rng = np.random.default_rng(args.seed)
    writer = Writer(args.gguf_version)
    types = TypeChoice(args.type)
    a = args.family
    writer.add('general.architecture', 'str', a)
    writer.add('general.name', 'str', args.name)
    for key, value in (('block_count', args.layers), ('context_length', args.ctx), ('embedding_length', args.width), ('feed_forward_length', args.ff),
                       ('attention.head_count', args.heads), ('attention.head_count_kv', args.kv_heads), ('attention.key_length', args.head_dim),
                       ('attention.value_length', args.head_dim), ('rope.dimension_count', args.rope_dim), ('vocab_size', args.vocab)):
        writer.add(f'{a}.{key}', 'u32', value)
    writer.add(f'{a}.rope.freq_base', 'f32', args.rope_base)
    writer.add(f'{a}.attention.layer_norm_rms_epsilon', 'f32', 1e-6)
    if args.rope_scale != 1:
        writer.add(f'{a}.rope.scaling.type', 'str', 'linear')
        writer.add(f'{a}.rope.scaling.factor', 'f32', args.rope_scale)
    if args.tokenizer == 'none':
        writer.add('tokenizer.ggml.model', 'str', 'no_vocab')
    else:
        add_tokenizer(writer, args.vocab)

    def matrix(name, role, columns, rows, gain):
        kind = types.pick(role, columns)
        values = rng.standard_normal((rows, columns)) * gain
        writer.tensor(name, kind, (columns, rows), quants.quantize(kind, values).tobytes())

    def vector(name, values):
        writer.tensor(name, 'F32', (len(values),), quants.quantize('F32', values).tobytes())

    def norm(name, size, mean=1.0):
        vector(name, mean * (1 + 0.1 * rng.standard_normal(size)))

    width, heads, kv = args.width, args.heads * args.head_dim, args.kv_heads * args.head_dim
    unit = 1 / np.sqrt(width)
    # With a tied output the embedding's gain is the logits' too; without, its rows have unit elements.
    matrix('token_embd.weight', 'output' if args.tied else 'embedding', width, args.vocab, 2 * unit if args.tied else 1)
    if args.rope_freqs:
        vector('rope_freqs.weight', rope_freqs(args.rope_dim, args.rope_base))
    # Scores q.k / sqrt(head_dim) get a standard deviation of about 2.9: from the matrices or, in qwen3, from the head norms.
    sharp = 1.7
    for i in range(args.layers):
        p = f'blk.{i}.'
        norm(p + 'attn_norm.weight', width)
        for part, rows, gain in (('attn_q', heads, sharp), ('attn_k', kv, sharp), ('attn_v', kv, 1)):
            matrix(p + part + '.weight', part, width, rows, gain * unit)
            if args.biases or a == 'qwen2':
                vector(p + part + '.bias', 0.3 * rng.standard_normal(rows))
        if a == 'qwen3':
            norm(p + 'attn_q_norm.weight', args.head_dim, sharp)
            norm(p + 'attn_k_norm.weight', args.head_dim, sharp)
        matrix(p + 'attn_output.weight', 'attn_output', heads, width, 1 / np.sqrt(heads))
        norm(p + 'ffn_norm.weight', width)
        matrix(p + 'ffn_gate.weight', 'ffn_gate', width, args.ff, 1.5 * unit)
        matrix(p + 'ffn_up.weight', 'ffn_up', width, args.ff, 1.5 * unit)
        matrix(p + 'ffn_down.weight', 'ffn_down', args.ff, width, 1 / np.sqrt(args.ff))
    norm('output_norm.weight', width)
    if not args.tied:
        matrix('output.weight', 'output', width, args.vocab, 2 * unit)
    writer.write(args.out)


if __name__ == '__main__':
    make(arguments())
