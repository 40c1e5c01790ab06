#!/usr/bin/python3
"""Packs what a machine with a card needs into one archive: small programs, the golden models and true logits, the demo, and the scripts
that run them. usage: pack.py OUT.tar.xz [--arch sm_90] [--only golden,matrix,demo,fault,bench]

Nothing of llmc has to be built or installed on the card's machine: python3 with numpy and the driver are enough. To keep the archive
small, programs have extern weights: a golden model's GGUF is there once for all levels, and those of the matrix and of the presets, whose
weights are random, are made on the card's machine. Only the demo's programs hold their weights.
"""
import argparse
import concurrent.futures
import lzma
import os
import shutil
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'e2e'), os.path.join(HERE, '..', 'targets')]
import cases  # noqa: E402
import harness  # noqa: E402
import plant  # noqa: E402
import preset  # noqa: E402

LEVELS = ('op', 'block', 'model')
FAULTY = 'llama-Q4_0'  # the golden model of the part `fault`
DEMO = os.path.join(harness.ROOT, 'examples', 'tinytales', 'tinytales-q8_0.gguf')
SYNTH = os.path.join(os.path.dirname(harness.ROOT), 'shared', 'tools', 'synth_gguf.py')


def compile_all(jobs, workers):
    """Compiles (program, model, arguments) side by side."""
    def compile_one(job):
        program, model, arguments = job
        harness.compile_model(model, program, *arguments)
        print(os.path.basename(program), flush=True)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        list(pool.map(compile_one, jobs))


def write_archive(out, folder):
    """Programs differ in a few kernels only: in order of names one of the same kind is always within the dictionary."""
    filters = [{'id': lzma.FILTER_LZMA2, 'preset': 9, 'dict_size': 64 << 20}]
    with lzma.open(out, 'w', format=lzma.FORMAT_XZ, filters=filters) as packed, tarfile.open(fileobj=packed, mode='w|') as archive:
        for name in sorted(os.listdir(folder)):
            archive.add(os.path.join(folder, name), arcname=name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out')
    parser.add_argument('--arch', default='sm_90')
    parser.add_argument('--only', default='golden,matrix,demo,fault,bench')
    parser.add_argument('--levels', default=','.join(LEVELS))
    parser.add_argument('--presets', default=','.join(preset.PRESETS))
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
        ptxas = ('--ptxas=auto',) if arguments.arch.startswith('sm_') else ()

        def add(program, model, *options):
            for level in levels:
                jobs.append((path(f'{program}.{level}'), model, ('--arch', arguments.arch, '--fuse', level, *options)))

        for name in filter(wanted, cases.GOLDENS if 'golden' in parts else ()):
            base = harness.golden_base(name)
            add(f'golden.{name}', base + '.gguf', '--weights=extern')
            for suffix in ('gguf', 'json', 'logits'):
                shutil.copy(f'{base}.{suffix}', bundle)
        for name in filter(wanted, cases.CASES if 'matrix' in parts else ()):
            case = cases.CASES[name]
            model = harness.make_model(os.path.join(folder, f'{name}.gguf'), *case['model'])
            add(f'matrix.{name}', model, '--weights=extern', '--ctx', case['ctx'])
        faulty = [level for level in levels if level != 'op'] if 'fault' in parts else []
        for level in faulty:
            jobs.append((path(f'fault.none.{level}'), harness.golden_base(FAULTY) + '.gguf',
                         ('--arch', arguments.arch, '--fuse', level, '--weights=extern', '--ptxas=auto')))
            shutil.copy(harness.golden_base(FAULTY) + '.gguf', path('fault.gguf'))
        if 'demo' in parts:
            add('demo', DEMO, *ptxas)
        if 'bench' in parts:
            for name in arguments.presets.split(','):
                model = preset.write(os.path.join(folder, f'{name}.gguf'), name)
                add(f'bench.{name}', model, '--weights=extern', *ptxas, *(('--ctx', arguments.ctx) if arguments.ctx else ()))
            shutil.copy(SYNTH, path('synth_gguf.py'))
        compile_all(jobs, arguments.jobs)
        for level in faulty:
            for fault in plant.FAULTS:
                plant.plant(path(f'fault.none.{level}'), path(f'fault.{fault}.{level}'), fault)
                harness.run(path(f'fault.{fault}.{level}'), 'info')  # still a whole program
        for script in ('../e2e/cases.py', '../e2e/harness.py', '../e2e/logits_test.py', 'run.py'):
            shutil.copy(os.path.join(HERE, script), bundle)
        shutil.copytree(harness.REFERENCE, path('reference'), ignore=shutil.ignore_patterns('__pycache__'))
        write_archive(arguments.out, bundle)
    print(f'{arguments.out}: {os.path.getsize(arguments.out) / 2**20:.1f} MiB')


if __name__ == '__main__':
    main()
