#!/usr/bin/env python3
"""Writes runtime/tokenizer/unicode_class_table.inc: the class of every code point (other, letter, number, space), from the
Unicode data of the Python that runs it. Letters are the general categories L*, numbers N*; spaces are the property White_Space.

    scripts/make_unicode_classes.py > runtime/tokenizer/unicode_class_table.inc
"""
import unicodedata

# The property White_Space (PropList.txt), unchanged since Unicode 6.3; str.isspace() is another set (it adds U+001C to U+001F).
WHITE_SPACE = {*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}
OTHER, LETTER, NUMBER, SPACE = range(4)
BLOCK = 256  # code points a block


def class_of(code):
    if code in WHITE_SPACE:
        return SPACE
    return {'L': LETTER, 'N': NUMBER}.get(unicodedata.category(chr(code))[0], OTHER)


def rows(values, per_line):
    return ''.join('  ' + ', '.join(map(str, values[i:i + per_line])) + ',\n' for i in range(0, len(values), per_line))


def main():
    classes = [class_of(code) for code in range(0x110000)]
    last = max(code for code, kind in enumerate(classes) if kind != OTHER)
    blocks, numbers, index = [], {}, []
    for start in range(0, last + 1, BLOCK):
        block = tuple(classes[start:start + BLOCK])
        if block not in numbers:
            numbers[block] = len(blocks)
            blocks.append(block)
        index.append(numbers[block])
    assert len(blocks) <= 256
    packed = [sum(block[i + k] << 2 * k for k in range(4)) for block in blocks for i in range(0, BLOCK, 4)]
    print('// Made by scripts/make_unicode_classes.py from Unicode %s: do not edit.' % unicodedata.unidata_version)
    print('// block_of[code point / 256] is the number of a block; a block is 256 classes of 2 bits, least significant first.')
    print('constexpr u8 block_of[%d] = {\n%s};' % (len(index), rows(index, 32)))
    print('constexpr u8 blocks[%d] = {\n%s};' % (len(packed), rows(packed, 32)))


main()
