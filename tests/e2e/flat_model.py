"""A model whose logits are the same at every position, whatever the tokens: sampling without penalties is then a row of independent
draws from one known distribution, and one long answer replaces thousands of short ones.

Every token has the same embedding, so every position holds the same activations; the output looks at one of their elements only, which
carries the logits that were asked for. Bytes 33 to 126, one token each, are likely; every other token (the ends of generation too)
lies 30 below, so an answer has one character a token and never ends by itself.
"""
import sys

import numpy as np

import harness

sys.path.insert(0, harness.REFERENCE)
import make_model  # noqa: E402
from gguf import Writer  # noqa: E402

WIDTH, HEAD, FF, VOCAB, CTX = 64, 32, 64, 512, 8192
LIKELY = np.arange(33, 127)


def write(path, template=True, layers=1, seed=1):
    rng = np.random.default_rng(seed)
    writer = Writer()
    writer.add('general.architecture', 'str', 'llama')
    writer.add('general.name', 'str', 'flat')
    for key, value in (('block_count', layers), ('context_length', CTX), ('embedding_length', WIDTH), ('feed_forward_length', FF),
                       ('attention.head_count', WIDTH // HEAD), ('attention.head_count_kv', 1), ('attention.key_length', HEAD),
                       ('attention.value_length', HEAD), ('rope.dimension_count', HEAD), ('vocab_size', VOCAB)):
        writer.add(f'llama.{key}', 'u32', value)
    writer.add('llama.rope.freq_base', 'f32', 10000.0)
    writer.add('llama.attention.layer_norm_rms_epsilon', 'f32', 1e-6)
    make_model.add_tokenizer(writer, VOCAB)

    def tensor(name, values):
        values = np.asarray(values, '<f4')
        writer.tensor(name, 'F32', values.shape[::-1], values.tobytes())

    row = rng.standard_normal(WIDTH)
    row[0] = 100
    tensor('token_embd.weight', np.tile(row, (VOCAB, 1)))
    for i in range(layers):
        tensor(f'blk.{i}.attn_norm.weight', np.ones(WIDTH))
        for name, rows, columns in (('attn_q', WIDTH, WIDTH), ('attn_k', HEAD, WIDTH), ('attn_v', HEAD, WIDTH), ('attn_output', WIDTH, WIDTH),
                                    ('ffn_gate', FF, WIDTH), ('ffn_up', FF, WIDTH), ('ffn_down', WIDTH, FF)):
            tensor(f'blk.{i}.{name}.weight', rng.standard_normal((rows, columns)) / 100)
        tensor(f'blk.{i}.ffn_norm.weight', np.ones(WIDTH))
    logits = np.full(VOCAB, -30.0)
    logits[LIKELY] = 1.5 * rng.standard_normal(len(LIKELY))
    output_norm, output = np.zeros(WIDTH), np.zeros((VOCAB, WIDTH))
    output_norm[0] = 1
    output[:, 0] = logits / np.sqrt(WIDTH)  # the first element of the normalised row is about sqrt(width)
    tensor('output_norm.weight', output_norm)
    tensor('output.weight', output)
    writer.write(path)
    if not template:
        with open(path, 'r+b') as file:
            data = file.read()
            file.seek(data.index(b'tokenizer.chat_template'))
            file.write(b'tokenizer.nota_template')
    return path
