"""GGUF's tensor types in numpy, from the description of the format: what a block's bytes mean, and simple quantisers.

dequantize() works in float64 and is exact: a float16 scale times a sub-scale times a value needs fewer than 53 bits. The quantisers
round to nearest with a scale from the block's extremes; they are not llama.cpp's (which search for better scales), but any block is
as good as another for a test.
"""
import numpy as np

#       name: (number, elements a block, bytes a block)
TYPES = {
    'F32': (0, 1, 4), 'F16': (1, 1, 2), 'BF16': (30, 1, 2),
    'Q4_0': (2, 32, 18), 'Q4_1': (3, 32, 20), 'Q5_0': (6, 32, 22), 'Q5_1': (7, 32, 24), 'Q8_0': (8, 32, 34),
    'Q2_K': (10, 256, 84), 'Q3_K': (11, 256, 110), 'Q4_K': (12, 256, 144), 'Q5_K': (13, 256, 176), 'Q6_K': (14, 256, 210),
}
NAMES = {number: name for name, (number, _, _) in TYPES.items()}


def row_bytes(name, columns):
    _, elements, size = TYPES[name]
    if columns % elements:
        raise ValueError(f'{columns} columns are not a multiple of the block of {name}, {elements}')
    return columns // elements * size


# ---- from bytes to numbers ------------------------------------------------------------------------------------------------------

def _half(b, at):
    """float16 fields at byte `at` of every block, as a column of float64."""
    return np.ascontiguousarray(b[:, at:at + 2]).view('<f2').astype(np.float64)


def _bits(b, count):
    """Little-endian bit arrays: bit i of each block's `b` bytes as column i."""
    return np.unpackbits(b, axis=1, bitorder='little')[:, :count].astype(np.int64)


def _nibbles(q):
    """32-element blocks: low nibbles are elements 0..15, high nibbles are 16..31."""
    return np.concatenate([q & 15, q >> 4], axis=1).astype(np.int64)


def _q4_0(b): return (_nibbles(b[:, 2:]) - 8) * _half(b, 0)
def _q4_1(b): return _nibbles(b[:, 4:]) * _half(b, 0) + _half(b, 2)
def _q5_0(b): return (_nibbles(b[:, 6:]) + 16 * _bits(b[:, 2:6], 32) - 16) * _half(b, 0)
def _q5_1(b): return (_nibbles(b[:, 8:]) + 16 * _bits(b[:, 4:8], 32)) * _half(b, 0) + _half(b, 2)
def _q8_0(b): return b[:, 2:].view(np.int8) * _half(b, 0)


def _two_bits(q):
    """64 bytes to 256 values: per 32 bytes, first the lowest bit pairs of all, then the next pairs."""
    q = q.reshape(-1, 2, 1, 32)
    shifts = np.array([0, 2, 4, 6], np.uint8).reshape(1, 1, 4, 1)
    return ((q >> shifts) & 3).reshape(-1, 256).astype(np.int64)


def _four_bits(q):
    """128 bytes to 256 values: per 32 bytes, first the low nibbles, then the high ones."""
    q = q.reshape(-1, 4, 1, 32)
    return np.concatenate([q & 15, q >> 4], axis=2).reshape(-1, 256).astype(np.int64)


def _q2_k(b):
    scales, q = b[:, :16], _two_bits(b[:, 16:80])
    d = _half(b, 80) * (scales & 15)
    m = _half(b, 82) * (scales >> 4)
    return q * np.repeat(d, 16, 1) - np.repeat(m, 16, 1)


def _q3_k(b):
    third = b[:, :32].reshape(-1, 1, 32)
    third = ((third >> np.arange(8, dtype=np.uint8).reshape(1, 8, 1)) & 1).reshape(-1, 256).astype(np.int64)
    q = _two_bits(b[:, 32:96]) + 4 * third - 4
    packed = b[:, 96:108].astype(np.int64)
    low = np.concatenate([packed[:, :8] & 15, packed[:, :8] >> 4], axis=1)
    high = np.concatenate([(packed[:, 8:] >> s) & 3 for s in (0, 2, 4, 6)], axis=1)
    scales = (low + 16 * high - 32) * _half(b, 108)
    return q * np.repeat(scales, 16, 1)


def _scales_k4(packed):
    """The 12 bytes of Q4_K and Q5_K: eight 6-bit scales and eight 6-bit minimums."""
    p = packed.astype(np.int64)
    scales = np.concatenate([p[:, 0:4] & 63, (p[:, 8:12] & 15) + 16 * (p[:, 0:4] >> 6)], axis=1)
    mins = np.concatenate([p[:, 4:8] & 63, (p[:, 8:12] >> 4) + 16 * (p[:, 4:8] >> 6)], axis=1)
    return scales, mins


def _q45_k(b, q):
    scales, mins = _scales_k4(b[:, 4:16])
    return q * np.repeat(scales * _half(b, 0), 32, 1) - np.repeat(mins * _half(b, 2), 32, 1)


def _q4_k(b): return _q45_k(b, _four_bits(b[:, 16:]))


def _q5_k(b):
    fifth = b[:, 16:48].reshape(-1, 1, 32)
    fifth = ((fifth >> np.arange(8, dtype=np.uint8).reshape(1, 8, 1)) & 1).reshape(-1, 256).astype(np.int64)
    return _q45_k(b, _four_bits(b[:, 48:]) + 16 * fifth)


def _q6_k(b):
    low = b[:, :128].reshape(-1, 2, 64)
    low = np.concatenate([low & 15, low >> 4], axis=2).reshape(-1, 256).astype(np.int64)  # per 128 values: 64 low nibbles, 64 high ones
    q = low + 16 * _two_bits(b[:, 128:192]) - 32
    scales = b[:, 192:208].view(np.int8) * _half(b, 208)
    return q * np.repeat(scales, 16, 1)


_DEQUANTIZE = {'Q4_0': _q4_0, 'Q4_1': _q4_1, 'Q5_0': _q5_0, 'Q5_1': _q5_1, 'Q8_0': _q8_0,
               'Q2_K': _q2_k, 'Q3_K': _q3_k, 'Q4_K': _q4_k, 'Q5_K': _q5_k, 'Q6_K': _q6_k}


def dequantize(name, data):
    """A flat uint8 array of whole blocks to a flat float64 array."""
    data = np.ascontiguousarray(data)
    if name == 'F32':
        return data.view('<f4').astype(np.float64)
    if name == 'F16':
        return data.view('<f2').astype(np.float64)
    if name == 'BF16':
        return (data.view('<u2').astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    with np.errstate(invalid='ignore'):
        return _DEQUANTIZE[name](data.reshape(-1, TYPES[name][2])).reshape(-1)


# ---- from numbers to bytes ------------------------------------------------------------------------------------------------------

def _f2(x):
    return np.asarray(x, np.float64).astype('<f2')


def _bytes_of(x):
    """A column of float16 as two columns of bytes."""
    return np.ascontiguousarray(x.reshape(-1, 1)).view(np.uint8).reshape(-1, 2)


def _div(a, b):
    """a / b, and 0 where b is 0."""
    return np.divide(a, b, out=np.zeros(np.broadcast(a, b).shape), where=b != 0)


def _extreme(x):
    """The value of largest magnitude along the last axis, with its sign."""
    return np.take_along_axis(x, np.abs(x).argmax(-1)[..., None], -1)


def _round(x, low, high):
    return np.clip(np.rint(x), low, high).astype(np.int64)


def _pack_nibbles(q):
    return (q[:, :16] | q[:, 16:] << 4).astype(np.uint8)


def _pack_bits(bits):
    return np.packbits(bits.astype(np.uint8), axis=1, bitorder='little')


def _quantize_simple(x, bits, minimum):
    x = x.reshape(-1, 32)
    if minimum:
        low = x.min(1, keepdims=True)
        d, m = _f2((x.max(1, keepdims=True) - low) / (2 ** bits - 1)), _f2(low)
        q = _round(_div(x - m.astype(np.float64), d.astype(np.float64)), 0, 2 ** bits - 1)
        head = [_bytes_of(d), _bytes_of(m)]
    else:
        half = 2 ** (bits - 1)
        d = _f2(_extreme(x) / -half)
        q = _round(_div(x, d.astype(np.float64)), -half, half - 1) + half
        head = [_bytes_of(d)]
    if bits == 5:
        head.append(_pack_bits(q >> 4))
    return np.concatenate(head + [_pack_nibbles(q & 15)], axis=1)


def _quantize_q8_0(x):
    x = x.reshape(-1, 32)
    d = _f2(np.abs(x).max(1, keepdims=True) / 127)
    q = _round(_div(x, d.astype(np.float64)), -127, 127).astype(np.int8)
    return np.concatenate([_bytes_of(d), q.view(np.uint8)], axis=1)


def _with_minimums(x, size, top, scale_top):
    """Sub-blocks of `size` with a scale and a minimum of at most scale_top each: (d, dmin, scales, mins, q)."""
    x = x.reshape(-1, 256 // size, size)
    low = np.minimum(x.min(2), 0)
    scale = (np.maximum(x.max(2), 0) - low) / top
    d, dmin = _f2(scale.max(1, keepdims=True) / scale_top), _f2((-low).max(1, keepdims=True) / scale_top)
    d8, m8 = d.astype(np.float64), dmin.astype(np.float64)
    scales, mins = _round(_div(scale, d8), 0, scale_top), _round(_div(-low, m8), 0, scale_top)
    q = _round(_div(x + (m8 * mins)[..., None], (d8 * scales)[..., None]), 0, top)
    return d, dmin, scales, mins, q.reshape(-1, 256)


def _pack_two_bits(q):
    q = q.reshape(-1, 2, 4, 32)
    return (q[:, :, 0] | q[:, :, 1] << 2 | q[:, :, 2] << 4 | q[:, :, 3] << 6).reshape(-1, 64).astype(np.uint8)


def _pack_four_bits(q):
    q = q.reshape(-1, 4, 2, 32)
    return (q[:, :, 0] | q[:, :, 1] << 4).reshape(-1, 128).astype(np.uint8)


def _pack_planes(bits):
    """256 single bits to 32 bytes: bit j of byte l is element 32 * j + l."""
    bits = bits.reshape(-1, 8, 32)
    return sum(bits[:, j] << j for j in range(8)).astype(np.uint8)


def _quantize_q2_k(x):
    d, dmin, scales, mins, q = _with_minimums(x, 16, 3, 15)
    return np.concatenate([(scales | mins << 4).astype(np.uint8), _pack_two_bits(q), _bytes_of(d), _bytes_of(dmin)], axis=1)


def _quantize_q45_k(x, bits):
    d, dmin, s, m, q = _with_minimums(x, 32, 2 ** bits - 1, 63)
    packed = np.concatenate([s[:, :4] | (s[:, 4:] >> 4) << 6, m[:, :4] | (m[:, 4:] >> 4) << 6, (s[:, 4:] & 15) | (m[:, 4:] & 15) << 4], axis=1)
    parts = [_bytes_of(d), _bytes_of(dmin), packed.astype(np.uint8)]
    if bits == 5:
        parts.append(_pack_planes(q >> 4))
    return np.concatenate(parts + [_pack_four_bits(q & 15)], axis=1)


def _signed_scales(x, half, scale_half):
    """Sub-blocks of 16 with a signed scale: (d, scales, q), q in -half..half-1."""
    x = x.reshape(-1, 16, 16)
    scale = _extreme(x)[..., 0] / -half
    d = _f2(_extreme(scale) / -scale_half)
    d8 = d.astype(np.float64)
    scales = _round(_div(scale, d8), -scale_half, scale_half - 1)
    q = _round(_div(x, (d8 * scales)[..., None]), -half, half - 1)
    return d, scales, q.reshape(-1, 256)


def _quantize_q3_k(x):
    d, scales, q = _signed_scales(x, 4, 32)
    q, s = q + 4, scales + 32
    low = s & 15
    high = s >> 4
    packed = np.concatenate([low[:, :8] | low[:, 8:] << 4, high[:, 0:4] | high[:, 4:8] << 2 | high[:, 8:12] << 4 | high[:, 12:16] << 6], axis=1)
    return np.concatenate([_pack_planes(q >> 2), _pack_two_bits(q & 3), packed.astype(np.uint8), _bytes_of(d)], axis=1)


def _quantize_q6_k(x):
    d, scales, q = _signed_scales(x, 32, 128)
    q = q + 32
    low = (q & 15).reshape(-1, 2, 2, 64)
    low = (low[:, :, 0] | low[:, :, 1] << 4).reshape(-1, 128).astype(np.uint8)
    return np.concatenate([low, _pack_two_bits(q >> 4), scales.astype(np.int8).view(np.uint8), _bytes_of(d)], axis=1)


_QUANTIZE = {
    'Q4_0': lambda x: _quantize_simple(x, 4, False), 'Q4_1': lambda x: _quantize_simple(x, 4, True),
    'Q5_0': lambda x: _quantize_simple(x, 5, False), 'Q5_1': lambda x: _quantize_simple(x, 5, True), 'Q8_0': _quantize_q8_0,
    'Q2_K': _quantize_q2_k, 'Q3_K': _quantize_q3_k, 'Q4_K': lambda x: _quantize_q45_k(x, 4), 'Q5_K': lambda x: _quantize_q45_k(x, 5),
    'Q6_K': _quantize_q6_k,
}


def quantize(name, x):
    """Numbers to a flat uint8 array of whole blocks."""
    x = np.asarray(x, np.float64).reshape(-1)
    if name == 'F32':
        return x.astype('<f4').view(np.uint8)
    if name == 'F16':
        return x.astype('<f2').view(np.uint8)
    if name == 'BF16':
        bits = x.astype(np.float32).view(np.uint32)
        return ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16).astype('<u2').view(np.uint8)
    return np.ascontiguousarray(_QUANTIZE[name](x)).reshape(-1)
