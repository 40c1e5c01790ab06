#!/usr/bin/python3
"""What a decoded token reads, by the emulator's counts. usage: traffic_test.py traffic PRESET|demo ARCH FUSE | instructions TYPE ARCH |
phases ARCH FUSE

A preset (tests/targets/preset.py) is cut to two layers, all weights zero, and decodes three tokens; the demo model one behind 520 others.
Of the weights, a token reads the cache lines that hold them, and of the KV cache those of the positions before it: at most 1.03 times their
bytes, and each line once. Other reads are printed by kernel.

instructions: a matrix times a vector in one tensor type, of llama3.2-1b's feed-forward: how many vector instructions a weight takes (of one
lane), and that on the card the estimate is bound by bytes.

phases: what a kernel of many phases did is what its phases did, each of which reads the bytes of weights that the plan gives it, and makes
as many dot products as its own kernel at level op.
"""
import json
import os
import sys
import tempfile

import emulated

sys.path.insert(0, os.path.join(emulated.harness.ROOT, 'tests', 'targets'))
import harness  # noqa: E402
import preset  # noqa: E402

LAYERS, DEPTH, LINE, MOST = 2, 520, 128, 1.03
TOKENS = '1,2,3'
VECTOR = ('vector ALU', 'packed', 'dot', 'transcendental')
KV, WEIGHTS = 'device 1', 'device 2'  # in the order in which the engine allocates them, behind the arena


def prepare(name, arch, fuse, folder):
    """The program's command and its tokens' positions."""
    program = os.path.join(folder, 'program')
    if name == 'demo':
        harness.compile_model(emulated.DEMO, program, '--arch', arch, '--fuse', fuse, '--ctx', 1024)
        return [program, 'bench', '-p', 0, '-n', 1, '-d', DEPTH, '-r', 1], [DEPTH + 1] * 2
    preset.PRESETS['cut'] = preset.PRESETS[name]._replace(layers=LAYERS)
    model = preset.write(os.path.join(folder, 'model.gguf'), 'cut')
    harness.compile_model(model, program, '--arch', arch, '--fuse', fuse, '--weights=extern', '--ctx', 256)
    command = [program, 'logits', '--weights', model, '--step', '--tokens', TOKENS, '-n', 0, '-o', os.path.join(folder, 'logits')]
    return command, list(range(TOKENS.count(',') + 1))


def traffic(name, arch, fuse, folder):
    command, positions = prepare(name, arch, fuse, folder)
    emulated.use_card(arch, CUS=8)
    info = json.loads(harness.run(command[0], 'info', '--json').stdout)
    counts, _ = emulated.counted(*command[:1], folder, *command[1:])
    print(open(os.path.join(folder, 'counts.json.txt')).read())
    kernels = [k for k in counts['kernels'] if k['kernel'].startswith('decode_') or k['kernel'] == 'head_logits']
    steps = {k['kernel']: len(positions) for k in kernels}
    if name == 'demo' and fuse != 'model':  # the head also runs behind a prompt
        steps['head_logits'] = next(k['launches'] for k in kernels if k['kernel'] == 'head_logits')

    def per_token(allocation, count):
        return sum(k['global'].get(allocation, {}).get(count, 0) / steps[k['kernel']] for k in kernels)

    kv_bytes = info['kv_bytes_per_position'] * sum(positions) / len(positions)
    failed = []
    for what, allocation, expected in (('weights', WEIGHTS, info['bytes_per_token']), ('KV cache', KV, kv_bytes)):
        lines, fetches = (per_token(allocation, count) for count in ('lines', 'fetches'))
        print(f'{name} {arch} {fuse}, {what}: {expected:.0f} bytes a token; '
              f'lines {lines * LINE / expected:.4f}, fetches {fetches * LINE / expected:.4f} of them')
        if not 0.97 <= lines * LINE / expected <= MOST:
            failed.append(f'{what}: lines of {lines * LINE / expected:.3f} times the bytes')
        if fetches > lines * MOST:
            failed.append(f'{what}: each line is fetched {fetches / lines:.3f} times')
    for kernel in kernels:
        others = {allocation: traffic['read_bytes'] // kernel['launches'] for allocation, traffic in kernel['global'].items()
                  if allocation not in (WEIGHTS, KV)}
        print(f'  {kernel["kernel"]}: other bytes read a launch: {others}')
    assert not failed, failed


def instructions(kind, arch, folder):
    shape = preset.PRESETS['llama3.2-1b-q4_k_m']._replace(layers=1, vocab=2048, file_type=kind)
    preset.PRESETS['cut'] = shape
    model = preset.write(os.path.join(folder, 'model.gguf'), 'cut')
    program = os.path.join(folder, 'program')
    harness.compile_model(model, program, '--arch', arch, '--fuse', 'op', '--weights=extern', '--ctx', 256)
    emulated.use_card(arch, CUS=emulated.whole_card(arch))
    counts, _ = emulated.counted(program, folder, 'logits', '--weights', model, '--step', '--tokens', 1, '-n', 0,
                                 '-o', os.path.join(folder, 'logits'))
    kernel = next(k for k in counts['kernels'] if k['kernel'] == 'decode_gateup_v0')
    vector = sum(kernel['instructions'][unit] for unit in VECTOR)
    time = kernel['estimate']
    weights = 2 * shape.ff * shape.width
    print(f'{kind} {arch}: {vector * kernel["wave_size"] / weights:.3f} vector instructions a weight; estimate for {counts["product"]}: '
          f'bytes {time["bytes_us"]:.1f} us, vector ALU {time["vector_us"]:.1f} us, LDS {time["lds_us"]:.1f} us')
    assert time['bound_by'] == 'bytes', time


def numbers(tree):
    """The leaves of counts, by their path; distinct lines apart, which phases may share."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from (((key, *path), leaf) for path, leaf in numbers(value))
        elif not key.endswith('lines'):
            yield (key,), value


def phases(arch, fuse, folder):
    def kernels_of(level):
        program = os.path.join(folder, level)
        harness.compile_model(emulated.DEMO, program, '--arch', arch, '--fuse', level, '--debug-info')
        counts, _ = emulated.counted(program, folder, 'logits', '--step', '--tokens', TOKENS, '-n', 0, '-o', os.path.join(folder, 'logits'))
        print(open(os.path.join(folder, 'counts.json.txt')).read())
        return counts['kernels']

    emulated.use_card(arch, CUS=8)
    kernels = [kernel for kernel in kernels_of(fuse) if kernel['kernel'].startswith('decode_') and 'phases' in kernel]
    assert kernels, 'no kernel has phases'
    found = {}
    for kernel in kernels:
        whole, summed = {}, {}
        for part in ('instructions', 'lds', 'global'):
            whole.update({(part, *path): count for path, count in numbers(kernel[part])})
            for phase in kernel['phases']:
                for path, count in numbers(phase[part]):
                    summed[part, *path] = summed.get((part, *path), 0) + count
        assert whole == summed, {path: (whole.get(path), summed.get(path)) for path in whole | summed if whole.get(path) != summed.get(path)}
        for phase in kernel['phases']:
            assert phase['phase'] not in found, phase['phase']
            found[phase['phase']] = phase
    apart = {kernel['kernel']: kernel for kernel in kernels_of('op')}
    plan = json.loads(harness.run(harness.LLMC, 'plan', emulated.DEMO, '--arch', arch, '--fuse', fuse, '--json').stdout)
    tokens = TOKENS.count(',') + 1
    bytes_of = {phase['name']: phase['weight_bytes'] for phase in plan['phases']}
    for phase in ('qkv', 'attn', 'o', 'gateup', 'down') + (('head',) if fuse == 'model' else ()):
        lines = found[phase]['global'][WEIGHTS]['lines']
        assert lines * LINE == bytes_of[phase] * tokens, f'{phase}: {lines} lines, not those of {bytes_of[phase]} bytes a token'
        name = 'head_logits' if phase == 'head' else 'decode_attn' if phase == 'attn' else f'decode_{phase}_v0'
        dots = found[phase]['instructions']['dot']
        assert dots == apart[name]['instructions']['dot'], f'{phase}: {dots} dot products'
        assert (dots > 0) == (phase != 'attn'), phase
    for phase in ('rest', 'barrier'):
        assert WEIGHTS not in found[phase]['global'], phase


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as temporary:
        {'traffic': traffic, 'instructions': instructions, 'phases': phases}[sys.argv[1]](*sys.argv[2:], temporary)
