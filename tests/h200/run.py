#!/usr/bin/env python3
"""Runs on the card's machine, in the folder where pack.py's archive was unpacked: every golden and matrix program against its truth, the
demo, programs whose barriers cannot complete, and `bench` of the presets. usage: run.py [--only golden,matrix,demo,fault,bench] [--out RESULTS.json] [--depths 0] [--minutes 8]

Prints one line a program and a summary; exits 1 where anything failed. Models of the matrix are made here, beside their programs, and
removed; those of the presets (synth_gguf.py) under --models and kept.
"""
import argparse
import concurrent.futures
import glob
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import cases  # noqa: E402
import harness  # noqa: E402
import logits_test  # noqa: E402

harness.REFERENCE = os.path.join(HERE, 'reference')
DEMO_PROMPTS = ('Tell me a story about a fox and a lantern.', 'Tell me a story about an owl and a kite.')


def attempt(results, name, action):
    start = time.time()
    try:
        answer, failed = action(), False
    except Exception as error:  # a failure is a row of the table, not the end of the run
        answer, failed = str(error)[-1500:], True
    results[name] = dict(failed=failed, answer=answer, seconds=time.time() - start)
    print(f'{"FAILED" if failed else "ok":7}{name} ({time.time() - start:.1f} s)' + (f'\n{answer}' if failed else ''), flush=True)


def programs_of(kind):
    """Name of the model to its programs, one a level."""
    programs = {}
    for program in sorted(glob.glob(os.path.join(HERE, f'{kind}.*'))):
        name = os.path.basename(program)[len(kind) + 1:].rsplit('.', 1)[0]
        programs.setdefault(name, []).append(program)
    return programs


def compare_golden(results, name, programs):
    for program in programs:
        with tempfile.TemporaryDirectory() as folder:
            attempt(results, os.path.basename(program), lambda: logits_test.check_golden(name, os.path.join(HERE, f'tiny-{name}'), program, folder))


def compare_matrix(results, name, programs):
    model = harness.make_model(os.path.join(HERE, f'{name}.gguf'), *cases.CASES[name]['model'])
    for program in programs:
        with tempfile.TemporaryDirectory() as folder:
            attempt(results, os.path.basename(program), lambda: logits_test.check_matrix(name, model, program, folder))
    os.remove(model)


def demo(program):
    stories = []
    for prompt in DEMO_PROMPTS:
        done = harness.run(program, '-p', prompt, '--temp', '0')
        print(f'> {prompt}\n{done.stdout}\n{done.stderr.strip()}', flush=True)
        stories.append(dict(prompt=prompt, story=done.stdout, timings=done.stderr))
    return stories


# A wait on the device ends after one second; that and all else beside the start must be over within two.
MOST_SECONDS = 2.0
FAULT_MESSAGES = {'missing': 'a wait between workgroups ran into its limit', 'oversubscribed': 'workgroups of decode_'}


def fault(healthy, program, message):
    command = ('bench', '--weights', os.path.join(HERE, 'fault.gguf'), '-p', 0, '-n', 8, '-r', 1, '-o', 'json')
    start = json.loads(harness.run(healthy, *command).stdout)[0]['start_ms'] / 1e3
    before = time.time()
    done = harness.run(program, *command, code=5)
    seconds = time.time() - before - start
    print(f'    {seconds:.2f} s beside the start of {start:.2f} s: {done.stderr.strip()}', flush=True)
    assert message in done.stderr, done.stderr
    assert seconds < MOST_SECONDS, f'{seconds:.2f} s'
    harness.run(healthy, *command)  # the card is as it was
    return dict(seconds=seconds, message=done.stderr)


def bench(program, model, depths, prompt):
    rows = []
    for depth in depths:
        done = harness.run(program, 'bench', '--weights', model, '-p', prompt, '-n', 128, '-d', depth, '-r', 5, '-o', 'json')
        rows += json.loads(done.stdout)
    for row in rows:
        print('   ', {key: row[key] for key in ('n_prompt', 'n_gen', 'avg_ts', 'stddev_ts', 'gb_per_s', 'start_ms', 'ttft_ms') if key in row}, flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', default='golden,matrix,demo,fault,bench')
    parser.add_argument('--out')
    parser.add_argument('--depths', default='0')
    parser.add_argument('--prompt', default='512')
    parser.add_argument('--models', default=tempfile.gettempdir())
    parser.add_argument('--minutes', type=float, default=8)
    parser.add_argument('--jobs', type=int, default=max(1, (os.cpu_count() or 1) // 2), help='comparisons of logits side by side')
    arguments = parser.parse_args()
    end = time.time() + 60 * arguments.minutes
    results = {}
    parts = arguments.only.split(',')

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for kind, compare in (('golden', compare_golden), ('matrix', compare_matrix)):
            if kind in parts:
                list(pool.map(lambda item: compare(results, *item), programs_of(kind).items()))
    for program in sorted(glob.glob(os.path.join(HERE, 'demo.*'))) if 'demo' in parts else ():
        attempt(results, os.path.basename(program), lambda: demo(program))
    for kind, message in FAULT_MESSAGES.items() if 'fault' in parts else ():
        for program in programs_of('fault').get(kind, ()):
            healthy = program.replace(f'fault.{kind}.', 'fault.none.')
            attempt(results, os.path.basename(program), lambda: fault(healthy, program, message))
    if 'bench' in parts:
        for preset, programs in programs_of('bench').items():
            if time.time() > end:
                print(f'no time left for {preset}')
                continue
            model = os.path.join(arguments.models, f'{preset}.gguf')
            if not os.path.exists(model):
                subprocess.run([sys.executable, os.path.join(HERE, 'synth_gguf.py'), preset, model], check=True)
            for program in programs:
                attempt(results, os.path.basename(program), lambda: bench(program, model, arguments.depths.split(','), arguments.prompt))
    if arguments.out:
        json.dump(results, open(arguments.out, 'w'), indent=1)
    failed = [name for name, result in results.items() if result['failed']]
    print(f'{len(results) - len(failed)} passed, {len(failed)} failed' + (': ' + ', '.join(failed) if failed else ''))
    sys.exit(bool(failed))


if __name__ == '__main__':
    main()
