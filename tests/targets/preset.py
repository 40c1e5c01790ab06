"""The shape and tensor types of a real model, qwen2.5-0.5b in the mix q4_k_m, as a GGUF without weights: for compiles with extern weights.

Its width, 896, is no multiple of 256, so that llama-quantize replaces Q4_K by Q5_0 and Q6_K by Q8_0 in most of its matrices.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'reference'))
from gguf import Writer  # noqa: E402

NAME = 'qwen2.5-0.5b-q4_k_m'
LAYERS, WIDTH, FF, HEADS, KV_HEADS, HEAD_DIM, VOCAB, CTX = 24, 896, 4864, 14, 2, 64, 151936, 32768


def file_type(part, layer, columns):
    """llama-quantize's Q4_K_M: better types for attn_v and ffn_down in the first and last eighth of the layers and each third between."""
    more = layer < LAYERS // 8 or layer >= 7 * LAYERS // 8 or (layer - LAYERS // 8) % 3 == 2
    better = part == 'token_embd' or (part in ('attn_v', 'ffn_down') and more)  # the embedding is the output matrix too
    if columns % 256 == 0:
        return 'Q6_K' if better else 'Q4_K'
    return 'Q8_0' if better else 'Q5_0'


def write(path):
    writer = Writer()
    writer.add('general.architecture', 'str', 'qwen2')
    writer.add('general.name', 'str', NAME)
    for key, value in (('block_count', LAYERS), ('context_length', CTX), ('embedding_length', WIDTH), ('feed_forward_length', FF),
                       ('attention.head_count', HEADS), ('attention.head_count_kv', KV_HEADS), ('attention.key_length', HEAD_DIM),
                       ('attention.value_length', HEAD_DIM), ('rope.dimension_count', HEAD_DIM), ('vocab_size', VOCAB)):
        writer.add(f'qwen2.{key}', 'u32', value)
    writer.add('qwen2.rope.freq_base', 'f32', 1e6)
    writer.add('qwen2.attention.layer_norm_rms_epsilon', 'f32', 1e-6)
    writer.add('tokenizer.ggml.model', 'str', 'no_vocab')

    def matrix(prefix, part, layer, columns, rows):
        writer.tensor(f'{prefix}{part}.weight', file_type(part, layer, columns), (columns, rows))

    matrix('', 'token_embd', 0, WIDTH, VOCAB)
    for i in range(LAYERS):
        p = f'blk.{i}.'
        writer.tensor(p + 'attn_norm.weight', 'F32', (WIDTH,))
        for part, rows in (('attn_q', HEADS * HEAD_DIM), ('attn_k', KV_HEADS * HEAD_DIM), ('attn_v', KV_HEADS * HEAD_DIM)):
            matrix(p, part, i, WIDTH, rows)
            writer.tensor(f'{p}{part}.bias', 'F32', (rows,))
        matrix(p, 'attn_output', i, HEADS * HEAD_DIM, WIDTH)
        writer.tensor(p + 'ffn_norm.weight', 'F32', (WIDTH,))
        matrix(p, 'ffn_gate', i, WIDTH, FF)
        matrix(p, 'ffn_up', i, WIDTH, FF)
        matrix(p, 'ffn_down', i, FF, WIDTH)
    writer.tensor('output_norm.weight', 'F32', (WIDTH,))
    writer.write_header(path)
    return path
