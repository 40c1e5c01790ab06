#!/usr/bin/python3
"""Writes broken GGUF files into a folder, and cases.txt, which says how each must be refused.

usage: make_broken.py FOLDER

A line of cases.txt: NAME, the exit code, and then, separated by tabs, words that the message must hold. The names of the first groups
are those of the fault: header, counts, strings, arrays, duplicates, alignment, dims, offsets, types, metadata, shapes.
"""
import os
import struct
import sys

BAD_INPUT, UNSUPPORTED = 3, 4
U8, I32, U32, F32, BOOL, STRING, ARRAY, U64 = 0, 5, 4, 6, 7, 8, 9, 10
T_F32, T_F16, T_Q4_0, T_Q4_K = 0, 1, 2, 12

cases = []
folder = None


def case(name, code, words, data):
    with open(os.path.join(folder, name + '.gguf'), 'wb') as file:
        file.write(data)
    cases.append('\t'.join([name, str(code), *words]))


def string(text):
    data = text if isinstance(text, bytes) else text.encode()
    return struct.pack('<Q', len(data)) + data


def text(value):
    return struct.pack('<I', STRING) + string(value)


def u32(value):
    return struct.pack('<II', U32, value)


def f32(value):
    return struct.pack('<If', F32, value)


def array(element, count, body=b''):
    return struct.pack('<IIQ', ARRAY, element, count) + body


def tensor(name, kind, dims, offset):
    return string(name) + struct.pack('<I%dQIQ' % len(dims), len(dims), *dims, kind, offset)


def gguf(keys=(), tensors=(), data=b'', n_tensors=None, n_keys=None, version=3, magic=b'GGUF'):
    """keys: (name, packed value); tensors: packed entries; data: what stands behind them, aligned to 32."""
    head = magic + struct.pack('<IQQ', version, len(tensors) if n_tensors is None else n_tensors, len(keys) if n_keys is None else n_keys)
    head += b''.join(string(k) + v for k, v in keys) + b''.join(tensors)
    return head + b'\0' * (-len(head) % 32) + data if data else head


def header():
    whole = gguf([('general.architecture', text('llama'))])
    case('header-empty', BAD_INPUT, ['truncated header at offset 0'], b'')
    case('header-magic-only', BAD_INPUT, ['truncated header at offset 4'], whole[:4])
    case('header-23-bytes', BAD_INPUT, ['truncated header at offset 16'], whole[:23])
    case('header-wrong-magic', BAD_INPUT, ['not a GGUF file', 'GGML'], gguf(magic=b'GGML'))
    case('header-hostile-magic', BAD_INPUT, ['not a GGUF file', '\\x1b[2J'], b'\x1b[2J' + bytes(64))
    case('header-version-1', BAD_INPUT, ['version 1', '2 and 3'], gguf(version=1))
    case('header-version-4', BAD_INPUT, ['version 4', '2 and 3'], gguf(version=4))
    case('header-big-endian', BAD_INPUT, ['big-endian', 'version 3'], b'GGUF' + struct.pack('>IQQ', 3, 0, 0))


def counts():
    filler = bytes(4096)
    for label, count in (('2e63', 1 << 63), ('2e32', 1 << 32), ('2e64-1', (1 << 64) - 1), ('one-too-many', 4096 // 14 + 1)):
        case(f'counts-keys-{label}', BAD_INPUT, ['metadata entries', str(count)], gguf(n_keys=count) + filler)
    for label, count in (('2e63', 1 << 63), ('2e32', 1 << 32), ('2e64-1', (1 << 64) - 1)):
        case(f'counts-tensors-{label}', BAD_INPUT, ['tensors', str(count)], gguf(n_tensors=count) + filler)
    case('counts-more-keys-than-there-are', BAD_INPUT, ['truncated metadata key'], gguf([('a', u32(1))], n_keys=2) + b'\xff' * 12)


def strings():
    case('strings-key-2e62', BAD_INPUT, ['truncated metadata key', str(1 << 62)], gguf(n_keys=1) + struct.pack('<Q', 1 << 62) + b'key' + bytes(64))
    case('strings-key-past-the-end', BAD_INPUT, ['truncated metadata key'], gguf(n_keys=1) + struct.pack('<Q', 65) + bytes(64))
    case('strings-value-2e64-1', BAD_INPUT, ['truncated string'], gguf([('a', struct.pack('<IQ', STRING, (1 << 64) - 1) + bytes(64))]))
    case('strings-token-of-2-gib', BAD_INPUT, ['truncated string', str(1 << 31)],
         gguf([('tokenizer.ggml.tokens', array(STRING, 2, string('a') + struct.pack('<Q', 1 << 31)) + bytes(64))]))
    case('strings-empty-key', BAD_INPUT, ['empty metadata key'], gguf([('', u32(1))]))
    case('strings-key-too-long', BAD_INPUT, ['65536 bytes', '65535'], gguf([('k' * 65536, u32(1))]))
    case('strings-tensor-name-past-the-end', BAD_INPUT, ['truncated tensor name'], gguf(tensors=[struct.pack('<Q', 1 << 40) + bytes(64)]))
    case('strings-tensor-name-too-long', BAD_INPUT, ['65 bytes', '64'], gguf(tensors=[tensor('n' * 65, T_F32, (8,), 0)], data=bytes(32)))
    case('strings-tensor-name-empty', BAD_INPUT, ['0 bytes'], gguf(tensors=[tensor('', T_F32, (8,), 0)], data=bytes(32)))


def arrays():
    nested = b''
    for _ in range(1000):
        nested = struct.pack('<IQ', ARRAY, 1) + nested
    case('arrays-2e61-elements', BAD_INPUT, ["key 'a'", str(1 << 61)], gguf([('a', array(U64, 1 << 61, bytes(64)))]))
    case('arrays-of-strings-2e61', BAD_INPUT, ["key 'a'", str(1 << 61)], gguf([('a', array(STRING, 1 << 61, bytes(64)))]))
    case('arrays-nested-1000-deep', BAD_INPUT, ['nests arrays', '4 deep'], gguf([('a', struct.pack('<I', ARRAY) + nested + struct.pack('<IQ', U8, 0))]))
    case('arrays-inner-count', BAD_INPUT, ["key 'a'", str(1 << 60)], gguf([('a', array(ARRAY, 1, struct.pack('<IQ', U32, 1 << 60)) + bytes(64))]))
    case('arrays-element-type', BAD_INPUT, ['value type 13'], gguf([('a', array(13, 1, bytes(64)))]))
    case('arrays-value-type', BAD_INPUT, ['value type 4294967295'], gguf([('a', struct.pack('<I', 0xffffffff) + bytes(64))]))
    case('arrays-boolean-2', BAD_INPUT, ['boolean of value 2'], gguf([('a', struct.pack('<IB', BOOL, 2))]))
    case('arrays-boolean-in-array', BAD_INPUT, ['boolean of value 7'], gguf([('a', array(BOOL, 3, b'\1\0\7'))]))


def duplicates():
    million = 1000000
    keys = [string('key.%06d' % i) + u32(i) for i in range(million)]
    keys[-1] = string('key.000123') + u32(1)
    case('duplicates-key-among-a-million', BAD_INPUT, ['duplicate metadata key', "'key.000123'"], gguf(n_keys=million) + b''.join(keys))
    tensors = [tensor('t%06d' % i, T_F32, (8,), 32 * i) for i in range(million)]
    tensors[-1] = tensor('t000123', T_F32, (8,), 0)
    case('duplicates-tensor-among-a-million', BAD_INPUT, ['duplicate tensor name', "'t000123'"], gguf(n_tensors=million) + b''.join(tensors))
    case('duplicates-key', BAD_INPUT, ['duplicate metadata key', "'a'", 'offset 24'], gguf([('a', u32(1)), ('b', u32(1)), ('a', u32(1))]))
    case('duplicates-key-hostile', BAD_INPUT, ['duplicate metadata key', "'a\\n\\x1b[31mb'"], gguf([('a\n\x1b[31mb', u32(1))] * 2))


def alignment():
    key = 'general.alignment'
    for value in (0, 3, 1 << 31, 24):
        case(f'alignment-{value}', BAD_INPUT, [key, str(value)], gguf([(key, u32(value))], [tensor('t', T_F32, (8,), 0)], bytes(64)))
    case('alignment-string', BAD_INPUT, [key, 'string'], gguf([(key, text('32'))], [tensor('t', T_F32, (8,), 0)], bytes(64)))
    case('alignment-negative', BAD_INPUT, [key, '-32'], gguf([(key, struct.pack('<Ii', I32, -32))]))


def dims():
    data = bytes(4096)
    one = lambda kind, shape, offset=0: gguf(tensors=[tensor('bad', kind, shape, offset)], data=data)
    case('dims-zero', BAD_INPUT, ["'bad'", 'size 0 in dimension 1'], one(T_F32, (32, 0)))
    case('dims-negative', BAD_INPUT, ["'bad'", 'size -1 in dimension 0'], one(T_F32, ((1 << 64) - 1,)))
    case('dims-product-wraps', BAD_INPUT, ["'bad'", 'overflows'], one(T_F32, (1 << 32, 1 << 32)))
    case('dims-product-wraps-to-little', BAD_INPUT, ["'bad'", 'overflows'], one(T_F32, (32, (1 << 59) + 1, 1 << 5)))
    case('dims-bytes-wrap', BAD_INPUT, ["'bad'", '64 bits'], one(T_F32, (1 << 62,)))
    case('dims-bytes-wrap-quantised', BAD_INPUT, ["'bad'", 'past the end'], one(T_Q4_0, (1 << 62,)))
    case('dims-row-not-whole-blocks', BAD_INPUT, ["'bad'", '48', 'Q4_0', '32'], one(T_Q4_0, (48, 2)))
    case('dims-row-not-whole-k-blocks', BAD_INPUT, ["'bad'", '128', 'Q4_K', '256'], one(T_Q4_K, (128, 2)))
    case('dims-none', BAD_INPUT, ["'bad'", '0 dimensions'], one(T_F32, ()))
    case('dims-five', BAD_INPUT, ["'bad'", '5 dimensions'], one(T_F32, (8, 1, 1, 1, 1)))
    case('dims-2e32-1', BAD_INPUT, ["'bad'", '4294967295 dimensions'], gguf(tensors=[string('bad') + struct.pack('<I', 0xffffffff) + bytes(64)]))


def offsets():
    data = bytes(4096)
    two = lambda a, b, size=(8,): gguf(tensors=[tensor('first', T_F32, size, a), tensor('second', T_F32, size, b)], data=data)
    case('offsets-sum-wraps', BAD_INPUT, ["'second'", 'past the end'], two(0, (1 << 64) - 32))
    case('offsets-sizes-wrap-together', BAD_INPUT, ["'first'", 'past the end'], two(0, 1 << 63, (1 << 61,)))
    case('offsets-past-the-end', BAD_INPUT, ["'second'", 'past the end'], two(0, 4096))
    case('offsets-last-byte-past-the-end', BAD_INPUT, ["'second'", 'past the end'], two(0, 4064, (9,)))
    case('offsets-unaligned', BAD_INPUT, ["'second'", '33', 'alignment'], two(0, 33))
    case('offsets-overlap', BAD_INPUT, ["'first'", "'second'", 'overlap'], two(0, 32, (16,)))
    case('offsets-same', BAD_INPUT, ["'first'", "'second'", 'overlap'], two(64, 64))
    case('offsets-no-data', BAD_INPUT, ["'first'", 'past the end'], gguf(tensors=[tensor('first', T_F32, (8,), 0)]))


class Model:
    """A small correct llama model, to be spoiled in one place."""

    def __init__(self, family='llama'):
        self.family = family
        self.keys = {'general.architecture': text(family)}
        for key, value in (('block_count', 2), ('context_length', 128), ('embedding_length', 64), ('feed_forward_length', 96),
                           ('attention.head_count', 2), ('attention.head_count_kv', 1), ('vocab_size', 40)):
            self.keys[f'{family}.{key}'] = u32(value)
        self.keys[f'{family}.attention.layer_norm_rms_epsilon'] = f32(1e-5)
        self.tensors = {'token_embd.weight': (T_Q4_0, (64, 40)), 'output_norm.weight': (T_F32, (64,))}
        for i in range(2):
            for name, kind, shape in (('attn_norm', T_F32, (64,)), ('attn_q', T_Q4_0, (64, 64)), ('attn_k', T_Q4_0, (64, 32)), ('attn_v', T_Q4_0, (64, 32)),
                                      ('attn_output', T_Q4_0, (64, 64)), ('ffn_norm', T_F32, (64,)), ('ffn_gate', T_Q4_0, (64, 96)),
                                      ('ffn_up', T_Q4_0, (64, 96)), ('ffn_down', T_Q4_0, (96, 64))):
                self.tensors[f'blk.{i}.{name}.weight'] = (kind, shape)

    def bytes(self):
        offset, entries = 0, []
        sizes = {T_F32: (1, 4), T_F16: (1, 2), T_Q4_0: (32, 18), T_Q4_K: (256, 144)}
        for name, (kind, shape) in self.tensors.items():
            entries.append(tensor(name, kind, shape, offset))
            elements = 1
            for size in shape:
                elements *= size
            block, size = sizes.get(kind, (1, 4))
            offset += -(-elements // block * size // 32) * 32
        return gguf(list(self.keys.items()), entries, bytes(offset + 32))


def spoiled(name, code, words, key=None, value=None, tensors=None, family='llama'):
    """The model with a key set (or removed, where value is None), or with tensors replaced (or removed, where None)."""
    model = Model(family)
    if key:
        model.keys.pop(key, None)
        if value is not None:
            model.keys[key] = value
    for tensor_name, entry in (tensors or {}).items():
        model.tensors.pop(tensor_name, None)
        if entry:
            model.tensors[tensor_name] = entry
    case(name, code, words, model.bytes())


def types():
    for number, name in ((4, 'Q4_2 (removed)'), (31, 'Q4_0_4_4 (removed)'), (9999, 'unknown'), (20, 'IQ4_NL'), (23, 'IQ4_XS'), (39, 'MXFP4'), (24, 'I8')):
        spoiled(f'types-{number}', UNSUPPORTED, ["'blk.1.ffn_up.weight'", name, 'F32, F16, BF16, Q4_0', 'Q6_K'],
                tensors={'blk.1.ffn_up.weight': (number, (64, 96))})
    spoiled('types-quantised-norm', UNSUPPORTED, ["'blk.0.ffn_norm.weight'", 'Q4_0'], tensors={'blk.0.ffn_norm.weight': (T_Q4_0, (64,))})


def metadata():
    spoiled('metadata-unknown-architecture', UNSUPPORTED, ["'mamba'", 'llama, qwen2, qwen3'], 'general.architecture', text('mamba'))
    spoiled('metadata-hostile-architecture', UNSUPPORTED, ["'*/\\n#include \"/etc/passwd\" //'"], 'general.architecture', text('*/\n#include "/etc/passwd" //'))
    spoiled('metadata-no-architecture', BAD_INPUT, ['general.architecture', 'missing'], 'general.architecture')
    spoiled('metadata-architecture-a-number', BAD_INPUT, ['general.architecture', 'must be a string', 'u32'], 'general.architecture', u32(1))
    for key in ('block_count', 'context_length', 'embedding_length', 'feed_forward_length', 'attention.head_count', 'attention.layer_norm_rms_epsilon'):
        spoiled(f'metadata-no-{key}', BAD_INPUT, [f"'llama.{key}'", 'missing'], f'llama.{key}')
        spoiled(f'metadata-{key}-a-string', BAD_INPUT, [f"'llama.{key}'", 'must be'], f'llama.{key}', text('2'))
    spoiled('metadata-block-count-array', BAD_INPUT, ["'llama.block_count'", 'array'], 'llama.block_count', array(U32, 1, bytes(4)))
    spoiled('metadata-block-count-float', BAD_INPUT, ["'llama.block_count'", 'f32'], 'llama.block_count', f32(2))
    for label, key, value in (('heads-0', 'attention.head_count', 0), ('kv-heads-0', 'attention.head_count_kv', 0), ('kv-heads-more', 'attention.head_count_kv', 4),
                              ('blocks-0', 'block_count', 0), ('blocks-100000', 'block_count', 100000), ('blocks-2e32-1', 'block_count', 0xffffffff),
                              ('width-0', 'embedding_length', 0), ('ff-0', 'feed_forward_length', 0), ('context-0', 'context_length', 0),
                              ('head-size-0', 'attention.key_length', 0), ('rope-size-0', 'rope.dimension_count', 0), ('rope-size-more', 'rope.dimension_count', 64),
                              ('rope-size-odd', 'rope.dimension_count', 31), ('width-huge', 'embedding_length', 0xffffffff)):
        spoiled(f'metadata-{label}', BAD_INPUT, [f"'llama.{key}'", str(value)], f'llama.{key}', u32(value))
    spoiled('metadata-blocks-missing', BAD_INPUT, ["'blk.2.attn_norm.weight' is missing"], 'llama.block_count', u32(3))
    spoiled('metadata-blocks-extra', BAD_INPUT, ["'blk.1.", '1 blocks'], 'llama.block_count', u32(1))
    spoiled('metadata-heads-do-not-divide', BAD_INPUT, ["'llama.attention.head_count'", '3', '64'], 'llama.attention.head_count', u32(3))
    spoiled('metadata-head-size-16', UNSUPPORTED, ['16 elements', '32 to 256'], 'llama.attention.key_length', u32(16))
    spoiled('metadata-value-size', UNSUPPORTED, ['32 elements for keys and 64'], 'llama.attention.value_length', u32(64))
    for label, value in (('nan', float('nan')), ('inf', float('inf')), ('0', 0), ('negative', -1e-5), ('2', 2)):
        spoiled(f'metadata-epsilon-{label}', BAD_INPUT, ["'llama.attention.layer_norm_rms_epsilon'"], 'llama.attention.layer_norm_rms_epsilon', f32(value))
    for label, value in (('nan', float('nan')), ('0', 0), ('negative', -1)):
        spoiled(f'metadata-rope-base-{label}', BAD_INPUT, ["'llama.rope.freq_base'"], 'llama.rope.freq_base', f32(value))
    spoiled('metadata-rope-scaling', UNSUPPORTED, ["'yarn'", 'llama.rope.scaling.type'], 'llama.rope.scaling.type', text('yarn'))
    spoiled('metadata-rope-scale-negative', BAD_INPUT, ["'llama.rope.scaling.factor'"], 'llama.rope.scaling.factor', f32(-2))
    spoiled('metadata-experts', UNSUPPORTED, ['8 experts'], 'llama.expert_count', u32(8))
    spoiled('metadata-shard', UNSUPPORTED, ['split into 2'], 'split.count', u32(2))
    spoiled('metadata-tokens-none', BAD_INPUT, ["'tokenizer.ggml.tokens'", ' 0 tokens', '40 rows'], 'tokenizer.ggml.tokens', array(STRING, 0))
    spoiled('metadata-tokens-fewer', BAD_INPUT, ["'tokenizer.ggml.tokens'", ' 1 tokens', '40 rows'], 'tokenizer.ggml.tokens', array(STRING, 1, string('a')))
    spoiled('metadata-vocab-size', BAD_INPUT, ["'llama.vocab_size'", ' 41 tokens', '40 rows'], 'llama.vocab_size', u32(41))
    case('metadata-vocabulary-only', BAD_INPUT, ["'llama.block_count'", 'missing'], gguf([('general.architecture', text('llama'))]))


def shapes():
    spoiled('shapes-q', BAD_INPUT, ["'blk.0.attn_q.weight'", '[64, 96]', '[64, 64]'], tensors={'blk.0.attn_q.weight': (T_Q4_0, (64, 96))})
    spoiled('shapes-transposed', BAD_INPUT, ["'blk.1.ffn_down.weight'", '[64, 96]', '[96, 64]'], tensors={'blk.1.ffn_down.weight': (T_Q4_0, (64, 96))})
    spoiled('shapes-three-dims', BAD_INPUT, ["'blk.1.ffn_up.weight'", '[64, 96, 2]'], tensors={'blk.1.ffn_up.weight': (T_Q4_0, (64, 96, 2))})
    spoiled('shapes-norm', BAD_INPUT, ["'output_norm.weight'", '[63]', '[64]'], tensors={'output_norm.weight': (T_F32, (63,))})
    spoiled('shapes-output', BAD_INPUT, ["'output.weight'", '[64, 39]', '[64, 40]'], tensors={'output.weight': (T_F16, (64, 39))})
    spoiled('shapes-embedding-width', BAD_INPUT, ["'token_embd.weight'", '[32, 40]', '[64, 40]'], tensors={'token_embd.weight': (T_F16, (32, 40))})
    spoiled('shapes-vocabulary-too-large', UNSUPPORTED, ['300000 tokens', '262144'], tensors={'token_embd.weight': (T_Q4_0, (64, 300000))})
    spoiled('shapes-rope-freqs', BAD_INPUT, ["'rope_freqs.weight'", '[32]', '[16]'], tensors={'rope_freqs.weight': (T_F32, (32,))})
    spoiled('shapes-rope-freqs-zero', BAD_INPUT, ["'rope_freqs.weight' holds 0"], tensors={'rope_freqs.weight': (T_F32, (16,))})
    for name in ('token_embd.weight', 'output_norm.weight', 'blk.0.attn_norm.weight', 'blk.1.attn_v.weight', 'blk.1.ffn_down.weight'):
        spoiled(f'shapes-no-{name[:-7]}', BAD_INPUT, [f"'{name}' is missing"], tensors={name: None})
    spoiled('shapes-no-bias', BAD_INPUT, ["'blk.0.attn_q.bias' is missing"], family='qwen2')
    spoiled('shapes-no-head-norm', BAD_INPUT, ["'blk.0.attn_q_norm.weight' is missing"], family='qwen3')
    spoiled('shapes-extra', BAD_INPUT, ["'blk.0.ffn_gate_inp.weight'", 'no place'], tensors={'blk.0.ffn_gate_inp.weight': (T_F32, (64,))})
    spoiled('shapes-extra-hostile', BAD_INPUT, ["'*/\\n??/\"'", 'no place'], tensors={'*/\n??/"': (T_F32, (64,))})


def main():
    global folder
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for group in (header, counts, strings, arrays, duplicates, alignment, dims, offsets, types, metadata, shapes):
        group()
    with open(os.path.join(folder, 'cases.txt'), 'w') as file:
        file.write('\n'.join(cases) + '\n')


if __name__ == '__main__':
    main()
