#!/usr/bin/python3
"""Writes blocks of every tensor type with random bits, and the numbers they stand for, for the test of the compiler's de-quantiser.

usage: dequantize_table.py OUT

A record a type: u32 number, u32 count of elements, u64 bytes of the blocks, the blocks, count float32 values. The numbers are computed
exactly in float64 and rounded once, which is what float32 arithmetic gives too (see common/dequantize.cpp).
"""
import struct
import sys
import numpy as np
import quants

# Where a block's float16 scales stand.
SCALES = {'Q4_0': (0,), 'Q4_1': (0, 2), 'Q5_0': (0,), 'Q5_1': (0, 2), 'Q8_0': (0,), 'Q2_K': (80, 82), 'Q3_K': (108,), 'Q4_K': (0, 2), 'Q5_K': (0, 2), 'Q6_K': (208,)}


def random_blocks(rng, name, count):
    """Every bit random, but scales finite: of any magnitude, subnormal and negative ones too."""
    if name == 'F32':
        values = rng.integers(0, 1 << 32, count, dtype=np.uint32)
        return np.where((values >> 23) & 255 == 255, 0, values).astype('<u4').view(np.uint8)
    if name in ('F16', 'BF16'):
        exponent = 31 << 10 if name == 'F16' else 255 << 7
        values = np.arange(1 << 16, dtype=np.uint32)  # all of them
        return np.where(values & exponent == exponent, 0, values).astype('<u2').view(np.uint8)
    blocks = rng.integers(0, 256, (count, quants.TYPES[name][2]), dtype=np.uint8)
    for at in SCALES[name]:
        half = rng.integers(0, 1 << 16, count, dtype=np.uint16)
        half[(half >> 10) & 31 == 31] = 0x8001
        blocks[:, at:at + 2] = half.astype('<u2').view(np.uint8).reshape(-1, 2)
    return blocks.reshape(-1)


def main():
    rng = np.random.default_rng(20)
    with open(sys.argv[1], 'wb') as file:
        for name, (number, _, _) in quants.TYPES.items():
            blocks = random_blocks(rng, name, 256)
            values = quants.dequantize(name, blocks).astype('<f4')
            file.write(struct.pack('<IIQ', number, values.size, blocks.size) + blocks.tobytes() + values.tobytes())


if __name__ == '__main__':
    main()
