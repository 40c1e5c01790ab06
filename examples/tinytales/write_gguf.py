#!/usr/bin/env python3
"""Write the trained model as a GGUF: matrices in Q8_0, norms in float32, with the tokenizer and the ChatML template.

usage: write_gguf.py WEIGHTS.npz TOKENIZER.json OUT.gguf
"""
import argparse, json
import numpy as np
import gguf

CHAT_TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")
NORMAL, CONTROL = 1, 3
CONTEXT, HEAD, ROPE_BASE, EPSILON = 1024, 64, 10000.0, 1e-6
PARTS = ['attn_norm', 'attn_q', 'attn_q_norm', 'attn_k', 'attn_k_norm', 'attn_v', 'attn_output', 'ffn_norm', 'ffn_gate', 'ffn_up', 'ffn_down']


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('weights')
    ap.add_argument('tokenizer')
    ap.add_argument('out')
    a = ap.parse_args()
    weights = np.load(a.weights)
    with open(a.tokenizer) as f:
        tokenizer = json.load(f)
    tokens = tokenizer['tokens']
    layers = sum(name.endswith('.attn_q.weight') for name in weights.files)
    vocabulary, width = weights['token_embd.weight'].shape
    assert vocabulary == len(tokens)
    metadata = [
        ('general.architecture', 'str', 'qwen3'), ('general.type', 'str', 'model'), ('general.name', 'str', 'TinyTales'),
        ('general.description', 'str', 'Tells small stories about an animal and a thing; trained from nothing on stories that a grammar wrote'),
        ('general.size_label', 'str', '5M'), ('general.license', 'str', 'mit'), ('general.languages', '[str]', ['en']),
        ('general.alignment', 'u32', gguf.ALIGNMENT), ('general.quantization_version', 'u32', 2), ('general.file_type', 'u32', 7),
        ('qwen3.block_count', 'u32', layers), ('qwen3.context_length', 'u32', CONTEXT), ('qwen3.embedding_length', 'u32', width),
        ('qwen3.feed_forward_length', 'u32', weights['blk.0.ffn_up.weight'].shape[0]),
        ('qwen3.attention.head_count', 'u32', weights['blk.0.attn_q.weight'].shape[0] // HEAD),
        ('qwen3.attention.head_count_kv', 'u32', weights['blk.0.attn_k.weight'].shape[0] // HEAD),
        ('qwen3.attention.key_length', 'u32', HEAD), ('qwen3.attention.value_length', 'u32', HEAD),
        ('qwen3.attention.layer_norm_rms_epsilon', 'f32', EPSILON), ('qwen3.rope.dimension_count', 'u32', HEAD), ('qwen3.rope.freq_base', 'f32', ROPE_BASE),
        ('qwen3.vocab_size', 'u32', vocabulary),
        ('tokenizer.ggml.model', 'str', 'gpt2'), ('tokenizer.ggml.pre', 'str', 'qwen2'), ('tokenizer.ggml.tokens', '[str]', tokens),
        ('tokenizer.ggml.token_type', '[i32]', [CONTROL if t.startswith('<|') and t.endswith('|>') else NORMAL for t in tokens]),
        ('tokenizer.ggml.merges', '[str]', tokenizer['merges']),
        ('tokenizer.ggml.bos_token_id', 'u32', tokens.index('<|endoftext|>')), ('tokenizer.ggml.eos_token_id', 'u32', tokens.index('<|im_end|>')),
        ('tokenizer.ggml.padding_token_id', 'u32', tokens.index('<|endoftext|>')), ('tokenizer.ggml.add_bos_token', 'bool', False),
        ('tokenizer.chat_template', 'str', CHAT_TEMPLATE)]
    names = ['token_embd.weight'] + ['blk.%d.%s.weight' % (i, part) for i in range(layers) for part in PARTS] + ['output_norm.weight']
    assert sorted(names) == sorted(weights.files)
    gguf.write(a.out, metadata, [(n, gguf.Q8_0 if weights[n].ndim == 2 else gguf.F32, weights[n].astype(np.float32)) for n in names])


if __name__ == '__main__':
    main()
