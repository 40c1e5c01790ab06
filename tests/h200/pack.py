#!/usr/bin/python3
"""Packs what a machine with a card needs into one archive: small programs with their models and true logits, the demo, programs of the
presets with extern weights, and the scripts that run them. usage: pack.py OUT.tar.xz [--arch sm_90] [--only golden,matrix,demo,bench]

Nothing of llmc has to be built or installed on the card's machine: python3 with numpy and the driver are enough.
"""
import argparse
import concurrent.futures
import importlib.util
import lzma
import os
import shutil
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'e2e'))
import cases  # noqa: E402
import harness  # noqa: E402

LEVELS = ('op', 'block', 'model')
PRESETS = ('qwen2.5-0.5b-q4_k_m', 'qwen2.5-0.5b-q8_0', 'qwen3-0.6b-q8_0', 'llama3.2-1b-q4_k_m', 'llama3.2-1b-f16', 'llama2-7b-q4_0',
           'llama3.1-8b-q4_k_m')
DEMO = os.path.join(harness.ROOT, 'examples', 'tinytales', 'tinytales-q8_0.gguf')
SYNTH = os.path.join(os.path.dirname(harness.ROOT), 'shared', 'tools', 'synth_gguf.py')


class HeaderOnly:
    """A file that keeps its first write, the GGUF's header, and leaves a hole for the rest: all that a compile with extern weights reads."""

    def __init__(self, path):
        self.file, self.size = open(path, 'wb'), 0

    def write(self, data):
        if self.size == 0:
            self.file.write(data)
        self.size += len(data)

    def close(self):
        self.file.truncate(self.size)
        self.file.close()


def preset_header(preset, path):
    """The preset's GGUF with the weights left out: same header, same size."""
    spec = importlib.util.spec_from_file_location('synth_gguf', SYNTH)
    synth = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(synth)
    synth.open = lambda name, mode: HeaderOnly(name)
    arguments, sys.argv = sys.argv, [SYNTH, preset, path]
    try:
        synth.main()
    finally:
        sys.argv = arguments


def compile_all(jobs, workers):
    """Compiles (program, model, arguments) side by side."""
    def compile_one(job):
        program, model, arguments = job
        harness.compile_model(model, program, *arguments)
        print(os.path.basename(program), flush=True)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        list(pool.map(compile_one, jobs))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out')
    parser.add_argument('--arch', default='sm_90')
    parser.add_argument('--only', default='golden,matrix,demo,bench')
    parser.add_argument('--levels', default=','.join(LEVELS))
    parser.add_argument('--presets', default=','.join(PRESETS))
    parser.add_argument('--names', default='', help='only golden and matrix cases whose names contain one of these')
    parser.add_argument('--ctx', help='of the presets; default: the model\'s, at most 8192')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    parts, levels = arguments.only.split(','), arguments.levels.split(',')
    wanted = lambda name: any(part in name for part in arguments.names.split(','))
    with tempfile.TemporaryDirectory() as folder:
        bundle = os.path.join(folder, 'bundle')
        os.makedirs(bundle)
        path = lambda name: os.path.join(bundle, name)
        jobs = []

        def add(program, model, *options):
            for level in levels:
                jobs.append((path(f'{program}.{level}'), model, ('--arch', arguments.arch, '--fuse', level, *options)))

        for name in filter(wanted, cases.GOLDENS if 'golden' in parts else ()):
            add(f'golden.{name}', harness.golden_base(name) + '.gguf')
            for suffix in ('json', 'logits'):
                shutil.copy(f'{harness.golden_base(name)}.{suffix}', path(f'tiny-{name}.{suffix}'))
        for name in filter(wanted, cases.CASES if 'matrix' in parts else ()):
            case = cases.CASES[name]
            add(f'matrix.{name}', harness.make_model(path(f'{name}.gguf'), *case['model']), '--ctx', case['ctx'])
        if 'demo' in parts:
            add('demo', DEMO, '--ptxas=auto')
        if 'bench' in parts:
            for preset in arguments.presets.split(','):
                model = os.path.join(folder, f'{preset}.gguf')
                preset_header(preset, model)
                add(f'bench.{preset}', model, '--weights=extern', '--ptxas=auto', *(('--ctx', arguments.ctx) if arguments.ctx else ()))
            shutil.copy(SYNTH, path('synth_gguf.py'))
        compile_all(jobs, arguments.jobs)
        for script in ('../e2e/cases.py', '../e2e/harness.py', '../e2e/logits_test.py', 'run.py'):
            shutil.copy(os.path.join(HERE, script), bundle)
        shutil.copytree(harness.REFERENCE, path('reference'), ignore=shutil.ignore_patterns('__pycache__'))
        # Every program holds the same runtime: one dictionary over all of them makes the archive small.
        filters = [{'id': lzma.FILTER_LZMA2, 'preset': 6, 'dict_size': 256 << 20}]
        with lzma.open(arguments.out, 'w', format=lzma.FORMAT_XZ, filters=filters) as packed, tarfile.open(fileobj=packed, mode='w|') as archive:
            for name in sorted(os.listdir(bundle)):
                archive.add(path(name), arcname=name)
    print(f'{arguments.out}: {os.path.getsize(arguments.out) / 2**20:.1f} MiB')


if __name__ == '__main__':
    main()
