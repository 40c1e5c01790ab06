#!/usr/bin/python3
"""What a decoded token reads, by the emulator's counts. usage: traffic_test.py PRESET ARCH FUSE [--report FILE]

A preset (tests/targets/preset.py) cut to two layers, all weights zero: of the weights, a token reads the cache lines that hold them, and of
the KV cache those of the positions before it, at most 1.03 times their bytes and each line once. Other reads are printed by kernel.
"""
import json
import os
import sys
import tempfile

import emulated

sys.path.insert(0, os.path.join(emulated.harness.ROOT, 'tests', 'targets'))
import harness  # noqa: E402
import preset  # noqa: E402

LAYERS, DEPTH, LINE, MOST = 2, 64, 128, 1.03
ARENA, KV, WEIGHTS = 'device 0', 'device 1', 'device 2'  # in the order in which the engine allocates them


def per_token(kernels, allocation, name):
    """A count of the decode kernels and the head, per token: a token launches the head once."""
    total = 0
    for kernel in kernels:
        tokens = kernel['launches'] if kernel['kernel'] == 'head_logits' else kernels[0]['launches']
        total += kernel['global'].get(allocation, {}).get(name, 0) / tokens
    return total


def main(name, arch, fuse, report, folder):
    preset.PRESETS['cut'] = preset.PRESETS[name]._replace(layers=LAYERS)
    model = preset.write(os.path.join(folder, 'model.gguf'), 'cut')
    program = os.path.join(folder, 'program')
    harness.compile_model(model, program, '--arch', arch, '--fuse', fuse, '--weights=extern', '--ctx', 256)
    emulated.use_card(arch, CUS=8)
    info = json.loads(harness.run(program, 'info', '--json').stdout)
    counts, _ = emulated.counted(program, folder, 'bench', '--weights', model, '-p', 0, '-n', 1, '-d', DEPTH, '-r', 1)
    if report:
        with open(report, 'w') as file:
            json.dump(counts, file, indent=1)
    print(open(os.path.join(folder, 'counts.json.txt')).read())
    kernels = sorted((k for k in counts['kernels'] if k['kernel'].startswith('decode_') or k['kernel'] == 'head_logits'),
                     key=lambda k: (k['kernel'] != 'decode_embed', k['kernel'] != 'decode_model'))
    kv_bytes = info['kv_bytes_per_position'] * (DEPTH + 1)
    failed = []
    for what, allocation, expected in (('weights', WEIGHTS, info['bytes_per_token']), ('KV cache', KV, kv_bytes)):
        lines, fetches = (per_token(kernels, allocation, count) for count in ('lines', 'fetches'))
        print(f'{name} {arch} {fuse}, {what}: {expected} bytes a token; lines {lines * LINE / expected:.4f}, fetches {fetches * LINE / expected:.4f} of them')
        if not 0.9 <= lines * LINE / expected <= MOST:
            failed.append(f'{what}: lines of {lines * LINE / expected:.3f} times the bytes')
        if fetches > lines * MOST:
            failed.append(f'{what}: each line is fetched {fetches / lines:.3f} times')
    for kernel in kernels:
        others = {allocation: traffic['read_bytes'] for allocation, traffic in kernel['global'].items() if allocation not in (WEIGHTS, KV)}
        print(f'  {kernel["kernel"]}: other reads a launch {({k: v // kernel["launches"] for k, v in others.items()})}')
    assert not failed, failed


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as temporary:
        main(*sys.argv[1:4], sys.argv[5] if '--report' in sys.argv else None, temporary)
