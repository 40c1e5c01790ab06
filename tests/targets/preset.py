"""The shapes and tensor types of real models as GGUFs without weights: all that a compile with extern weights reads.

The same bytes as the head of what ../shared/tools/synth_gguf.py makes, so a program compiled from one runs with the other.
"""
import os
import sys
from collections import namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'reference'))
from gguf import Writer  # noqa: E402

Preset = namedtuple('Preset', 'family layers width ff heads kv_heads head_dim vocab ctx rope_base file_type tied', defaults=(True,))
PRESETS = {
    # Its width is no multiple of 256, so that llama-quantize replaces Q4_K by Q5_0 and Q6_K by Q8_0 in most of its matrices.
    'qwen2.5-0.5b-q4_k_m': Preset('qwen2', 24, 896, 4864, 14, 2, 64, 151936, 32768, 1e6, 'Q4_K_M'),
    'qwen2.5-0.5b-q8_0': Preset('qwen2', 24, 896, 4864, 14, 2, 64, 151936, 32768, 1e6, 'Q8_0'),
    'qwen3-0.6b-q8_0': Preset('qwen3', 28, 1024, 3072, 16, 8, 128, 151936, 40960, 1e6, 'Q8_0'),
    'llama3.2-1b-q4_k_m': Preset('llama', 16, 2048, 8192, 32, 8, 64, 128256, 131072, 5e5, 'Q4_K_M'),
    'llama3.2-1b-f16': Preset('llama', 16, 2048, 8192, 32, 8, 64, 128256, 131072, 5e5, 'F16'),
    'llama2-7b-q4_0': Preset('llama', 32, 4096, 11008, 32, 32, 128, 32000, 4096, 1e4, 'Q4_0', False),
    'llama3.1-8b-q4_k_m': Preset('llama', 32, 4096, 14336, 32, 8, 128, 128256, 131072, 5e5, 'Q4_K_M', False),
}
DEFAULT = 'qwen2.5-0.5b-q4_k_m'


def tensor_type(preset, part, layer, columns):
    """llama-quantize's choice. Q4_K_M: better types for attn_v and ffn_down in the first and last eighth of the layers and each third
    between, and for the output matrix, which tied embeddings are too."""
    output = part == ('token_embd' if preset.tied else 'output')
    if preset.file_type == 'Q4_0' and output and columns % 256 == 0:
        return 'Q6_K'
    if preset.file_type != 'Q4_K_M':
        return preset.file_type
    eighth = preset.layers // 8
    more = layer < eighth or layer >= 7 * preset.layers // 8 or (layer - eighth) % 3 == 2
    better = output or (part in ('attn_v', 'ffn_down') and more)
    if columns % 256 == 0:
        return 'Q6_K' if better else 'Q4_K'
    return 'Q8_0' if better else 'Q5_0'


def write(path, name=DEFAULT):
    preset = PRESETS[name]
    family, width, head_dim = preset.family, preset.width, preset.head_dim
    writer = Writer()
    writer.add('general.architecture', 'str', family)
    writer.add('general.name', 'str', 'synthetic ' + name)
    writer.add('general.alignment', 'u32', 32)
    for key, kind, value in (('block_count', 'u32', preset.layers), ('context_length', 'u32', preset.ctx), ('embedding_length', 'u32', width),
                             ('feed_forward_length', 'u32', preset.ff), ('attention.head_count', 'u32', preset.heads),
                             ('attention.head_count_kv', 'u32', preset.kv_heads), ('attention.key_length', 'u32', head_dim),
                             ('attention.value_length', 'u32', head_dim), ('rope.dimension_count', 'u32', head_dim),
                             ('rope.freq_base', 'f32', preset.rope_base), ('attention.layer_norm_rms_epsilon', 'f32', 1e-6),
                             ('vocab_size', 'u32', preset.vocab)):
        writer.add(f'{family}.{key}', kind, value)
    writer.add('tokenizer.ggml.model', 'str', 'no_vocab')

    def matrix(prefix, part, layer, columns, rows):
        writer.tensor(f'{prefix}{part}.weight', tensor_type(preset, part, layer, columns), (columns, rows))

    def vector(name, size):
        writer.tensor(name, 'F32', (size,))

    heads, kv_heads = preset.heads * head_dim, preset.kv_heads * head_dim
    matrix('', 'token_embd', 0, width, preset.vocab)
    for i in range(preset.layers):
        p = f'blk.{i}.'
        vector(p + 'attn_norm.weight', width)
        for part, rows in (('attn_q', heads), ('attn_k', kv_heads), ('attn_v', kv_heads)):
            matrix(p, part, i, width, rows)
        matrix(p, 'attn_output', i, heads, width)
        if family == 'qwen2':
            for part, size in (('attn_q', heads), ('attn_k', kv_heads), ('attn_v', kv_heads)):
                vector(f'{p}{part}.bias', size)
        if family == 'qwen3':
            vector(p + 'attn_q_norm.weight', head_dim)
            vector(p + 'attn_k_norm.weight', head_dim)
        vector(p + 'ffn_norm.weight', width)
        matrix(p, 'ffn_gate', i, width, preset.ff)
        matrix(p, 'ffn_up', i, width, preset.ff)
        matrix(p, 'ffn_down', i, preset.ff, width)
    vector('output_norm.weight', width)
    if not preset.tied:
        matrix('', 'output', 0, width, preset.vocab)
    writer.write_header(path)
    return path
