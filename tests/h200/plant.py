"""Plants a fault into a program's plan, so that its grid barriers cannot complete; everything else, hashes too, stays as a program must be."""
import ctypes
import ctypes.util
import json
import re
import shutil
import struct

HASH_DIGITS = 16
# What is changed, by fault. No length changes, so every section stays where it is.
FAULTS = {
    # One workgroup comes to a barrier that waits for all.
    'missing': (rb'"grid":0(,"kernel":"decode_(?:model|block))', rb'"grid":1\1'),
    # More workgroups than can be resident at once.
    'oversubscribed': (rb'"blocks_per_unit":\d', rb'"blocks_per_unit":9'),
}


def xxh3(data):
    library = ctypes.CDLL(ctypes.util.find_library('xxhash'))
    library.XXH3_64bits.restype = ctypes.c_uint64
    library.XXH3_64bits.argtypes = (ctypes.c_char_p, ctypes.c_size_t)
    return b'%016x' % library.XXH3_64bits(bytes(data), len(data))


def sections(image):
    """Name to (offset, size), from the section table of a 64-bit ELF."""
    table, = struct.unpack_from('<Q', image, 0x28)
    entry_bytes, count, names = struct.unpack_from('<HHH', image, 0x3A)
    entries = [struct.unpack_from('<IIQQQQ', image, table + i * entry_bytes) for i in range(count)]
    at = entries[names][4]
    return {bytes(image[at + e[0]:image.index(0, at + e[0])]).decode(): (e[4], e[5]) for e in entries}


def plant(program, out, fault):
    pattern, replacement = FAULTS[fault]
    image = bytearray(open(program, 'rb').read())
    found = sections(image)
    at, size = found['.llmc.manifest']
    manifest = bytes(image[at:at + size - HASH_DIGITS])
    name = json.loads(manifest)['targets'][0]['plan']
    plan_at, plan_size = found[name]
    plan = bytes(image[plan_at:plan_at + plan_size])
    changed, count = re.subn(pattern, replacement, plan)
    assert count > 0 and len(changed) == len(plan), f'{program}: {count} places of {pattern}'
    assert manifest.count(xxh3(plan)) == 1, f'{program}: the manifest does not name the hash of {name}'
    manifest = manifest.replace(xxh3(plan), xxh3(changed))
    image[plan_at:plan_at + plan_size] = changed
    image[at:at + size] = manifest + xxh3(manifest)
    shutil.copy(program, out)
    with open(out, 'r+b') as file:
        file.write(image)
