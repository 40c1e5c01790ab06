#!/usr/bin/python3
"""Programs and llmc seen from outside: texts, files, messages and exit codes. usage: outside_test.py CASE... | --list

Each case is a function below and compiles what it needs. The demo model tells stories; tiny models with random weights, and the flat one
(flat_model.py: it never ends by itself), stand for everything else.
"""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import flat_model
import harness

sys.path.insert(0, os.path.join(harness.ROOT, 'tests', 'targets'))
import preset  # noqa: E402

DEMO = os.path.join(harness.ROOT, 'examples', 'tinytales', 'tinytales-q8_0.gguf')
PROMPT = 'Tell me a story about a fox and a lantern.'
TOKENIZERS = os.path.join(harness.GOLDENS, 'tokenizers')
GREEDY = ('--temp', '0')


def program_of(model, folder, *arguments, name='program'):
    program = os.path.join(folder, name)
    harness.compile_model(model, program, '--arch', 'native', *arguments)
    return program


def tiny(folder, *arguments, name='tiny.gguf'):
    return harness.make_model(os.path.join(folder, name), '--tokenizer', 'gpt2', '--type', 'Q8_0', '--layers', '1', *arguments)


def text_of(program, *arguments, **options):
    return harness.run(program, *arguments, **options).stdout


def refused(code, command, *says, **options):
    """The command ends with `code`, prints nothing to standard output, and its message holds every one of `says`."""
    done = harness.run(*command, code=code, **options)
    assert done.stdout == '', done.stdout[:200]
    for words in says:
        assert words in done.stderr, f'{" ".join(map(str, command))}\nno "{words}" in:\n{done.stderr}'
    return done.stderr


def same_bytes(a, b):
    with open(a, 'rb') as x, open(b, 'rb') as y:
        return x.read() == y.read()


def write(path, data):
    with open(path, 'wb') as file:
        file.write(data)
    return path


def story(folder):
    program = program_of(DEMO, folder)
    done = harness.run(program, '-p', PROMPT, *GREEDY)
    text, tokens = done.stdout, int(re.search(r'answer (\d+) token', done.stderr)[1])
    print(text, done.stderr)  # the time to first token is for bench; here it is only shown
    assert text.count('fox') >= 2 and text.count('lantern') >= 2, text
    assert tokens < 300 and 'context' not in done.stderr.split('[ prompt')[1], 'the story does not end by itself'
    assert text.endswith('.\n') and '<|' not in text, text[-20:]
    for _ in range(4):
        assert text_of(program, '-p', PROMPT, *GREEDY) == text
    for threads in ('1', '2'):
        assert text_of(program, '-p', PROMPT, *GREEDY, '-t', threads) == text, f'other text with {threads} threads'
    # A stop text anywhere in the answer, within or across tokens, ends it; nothing of the stop text is printed.
    for at in (57, 58, 59, 101, 203):
        stop = text[at:at + 9]
        expected = text[:text.index(stop)]
        assert text_of(program, '-p', PROMPT, *GREEDY, '-r', 'never said', '-r', stop) == expected + ('' if expected.endswith('\n') else '\n'), stop
    first = harness.run(program, '-p', PROMPT, *GREEDY, '-n', '5')
    assert 'answer 5 tokens' in first.stderr and text.startswith(first.stdout.rstrip('\n'))
    sampled = [text_of(program, '-p', PROMPT, '--temp', '1.5', '-s', seed) for seed in ('7', '7', '8')]
    assert sampled[0] == sampled[1] != sampled[2]
    assert text_of(program, '-p', PROMPT, *GREEDY, '-sys', 'You tell small stories.') != ''
    assert text_of(program, '-p', PROMPT, *GREEDY, '--raw') != text, 'the chat template makes no difference'
    harness.run(program, 'selftest')


def fusion(folder):
    """Every level tells one story, and its logits, by the same tokens, agree."""
    tokens = harness.prompt_tokens(60, 2000)
    texts, logits = [], []
    for level in ('op', 'block', 'model'):
        program = program_of(DEMO, folder, '--fuse', level, name=level)
        texts.append(text_of(program, '-p', PROMPT, *GREEDY))
        logits.append(harness.program_logits(program, tokens, 0, folder, '--step')[0])
    assert texts[0] == texts[1] == texts[2], texts
    for other in logits[1:]:
        error = harness.nmse(other, logits[0])
        print(f'NMSE against op: {error:.1e}')
        assert error <= 1e-6


def reproducible(folder):
    """The same input and options give the same bytes."""
    model = tiny(folder)
    one, two = program_of(model, folder, name='one'), program_of(model, folder, name='two')
    assert same_bytes(one, two)


def extern(folder):
    embedded, outside = program_of(DEMO, folder, name='embedded'), program_of(DEMO, folder, '--weights', 'extern', name='outside')
    assert os.path.getsize(outside) <= 10e6
    tokens = harness.prompt_tokens(40, 2000)
    a, greedy_a = harness.program_logits(embedded, tokens, 4, folder)
    b, greedy_b = harness.program_logits(outside, tokens, 4, folder, '--weights', DEMO)
    assert (a == b).all() and greedy_a == greedy_b
    assert text_of(outside, '-p', PROMPT, *GREEDY, '--weights', DEMO) == text_of(embedded, '-p', PROMPT, *GREEDY)
    refused(2, (outside, '-p', PROMPT), os.path.basename(DEMO), '--weights')
    refused(3, (outside, '-p', PROMPT, '--weights', tiny(folder)), 'tiny.gguf')
    refused(3, (outside, '-p', PROMPT, '--weights', os.path.join(folder, 'absent.gguf')), 'absent.gguf')
    refused(2, (embedded, '-p', PROMPT, '--weights', DEMO), '--weights=extern')
    # An output never replaces the model, whether it is named, linked to or found beside the program.
    copy, link = os.path.join(folder, 'copy.gguf'), os.path.join(folder, 'link')
    shutil.copy(DEMO, copy)
    os.symlink(copy, link)
    for command in (('logits', '--tokens', '1', '-o'), ('bench', '-p', '1', '-n', '0', '-r', '1', '--save-baseline')):
        for output in (copy, link):
            refused(2, (outside, *command, output, '--weights', copy), copy, 'input')
    # --trace is a GPU program's, which refuses before it asks for a device.
    harness.compile_model(DEMO, os.path.join(folder, 'gpu'), '--arch', 'sm_90', '--fuse', 'model', '--weights', 'extern')
    refused(2, (os.path.join(folder, 'gpu'), 'bench', '-p', '0', '-n', '1', '-r', '1', '--trace', copy, '--weights', copy), copy, 'input')
    assert same_bytes(copy, DEMO)
    shutil.copy(DEMO, folder)  # beside the program it is found
    beside = os.path.join(folder, os.path.basename(DEMO))
    refused(2, (outside, 'logits', '--tokens', '1', '-o', beside), beside, 'input')
    refused(2, (outside, 'bench', '-p', '1', '-n', '0', '-r', '1', '--save-baseline', beside), beside, 'input')
    assert same_bytes(beside, DEMO)
    assert 'fox' in text_of(outside, '-p', PROMPT, *GREEDY)


def vocabulary(folder):
    """A vocabulary of 152k tokens leaves the executable small, and what it writes is what the ids say."""
    from gguf import Reader, Writer
    source = os.path.join(TOKENIZERS, 'ggml-vocab-qwen2.gguf')
    if not os.path.exists(source):
        print(f'skipped: {source} is not there')
        sys.exit(77)
    metadata, writer = Reader(source).metadata, Writer()
    vocab = len(metadata['tokenizer.ggml.tokens'])
    for key, value in (('architecture', 'llama'), ('name', 'large vocabulary')):
        writer.add('general.' + key, 'str', value)
    for key, value in (('block_count', 1), ('context_length', 512), ('embedding_length', 256), ('feed_forward_length', 256), ('vocab_size', vocab),
                       ('attention.head_count', 4), ('attention.head_count_kv', 1), ('rope.dimension_count', 64)):
        writer.add('llama.' + key, 'u32', value)
    writer.add('llama.attention.layer_norm_rms_epsilon', 'f32', 1e-6)
    kinds = {'tokens': '[str]', 'merges': '[str]', 'token_type': '[i32]', 'model': 'str', 'pre': 'str', 'eos_token_id': 'u32', 'bos_token_id': 'u32'}
    for key, kind in kinds.items():
        if f'tokenizer.ggml.{key}' in metadata:
            writer.add(f'tokenizer.ggml.{key}', kind, metadata[f'tokenizer.ggml.{key}'])
    for name, columns, rows in (('token_embd', 256, vocab), ('blk.0.attn_q', 256, 256), ('blk.0.attn_k', 256, 64), ('blk.0.attn_v', 256, 64),
                                ('blk.0.attn_output', 256, 256), ('blk.0.ffn_gate', 256, 256), ('blk.0.ffn_up', 256, 256), ('blk.0.ffn_down', 256, 256)):
        writer.tensor(name + '.weight', 'Q4_0', (columns, rows), bytes(rows * columns // 32 * 18))
    for name in ('blk.0.attn_norm', 'blk.0.ffn_norm', 'output_norm'):
        writer.tensor(name + '.weight', 'F32', (256,), bytes(4 * 256))
    model = os.path.join(folder, 'large.gguf')
    writer.write(model)
    program = program_of(model, folder, '--weights', 'extern')
    print(f'{vocab} tokens: {os.path.getsize(program)} bytes')
    assert os.path.getsize(program) <= 10e6
    # All logits are zero: the greedy token is the first, '!'.
    assert text_of(program, '-p', 'x', '-n', '3', *GREEDY) == '!!!\n'


def arguments(folder):
    """The command line, its exit codes and messages."""
    model = tiny(folder, '--ctx', '256')
    program = program_of(model, folder)
    for command in ((program, '--help'), (program, 'bench', '--help'), (harness.LLMC, '--help'), (harness.LLMC, 'compile', '--help'),
                    (program, '--version'), (harness.LLMC, '--version')):
        done = harness.run(*command)
        assert done.stdout and done.stderr == '', command
    with open('/dev/full', 'w') as full:
        for command in (('--help',), ('--version',), ('bench', '--help'), ('info',), ('info', '--json'), ('selftest',),
                        ('-p', 'x', '--raw', '-n', '200', '--temp', '2', '--top-k', '0', '-s', '3')):
            done = subprocess.run([program, *command], stdout=full, stderr=subprocess.PIPE, text=True)
            assert done.returncode == 1 and 'standard output: No space left' in done.stderr, (command, done)
    refused(2, (program, '--frobnicate'), '--frobnicate', '--help')
    refused(2, (program, 'Tell me a story.'), 'Tell me a story.', '-p')
    refused(2, (program, '-p', 'x', '--temp', 'warm'), "--temp: 'warm' is not a finite number")
    refused(2, (program, '-p', 'x', '--repeat-penalty', '0'), "--repeat-penalty: '0' is not a number above 0")
    refused(2, (program, '-p', 'x', '-s', '-2'), "--seed: '-2' is not a whole number from -1 to 4294967295")
    refused(2, (program, 'logits', '--tokens', 'a,b', '-o', os.path.join(folder, 'l')), "--tokens: 'a' is not a whole number")
    refused(2, (program, 'bench', '-o', 'csv'), "--output: 'csv' is none of md, json")
    refused(2, (program, '-p'), '--prompt needs a value')
    for words in (('-ngl', '99', '-p', 'x'), ('-p', 'x', '-no-cnv'), ('bench', '-fa', '1')):
        refused(2, (program, *words), f'no flag {next(w for w in words if len(w) > 2 and w[0] == "-")}')
    refused(2, (program, '-p', 'x', '-p', 'y'), '--prompt is given more than once')
    refused(2, (program, '-p', 'x', '-c', '1000'), '1000', '256')
    for flags, name in ((('-n', '3'), '--predict'), (('-p', 'hi'), '--prompt'), (('--weights', model), '--weights'), (('--raw',), '--raw'),
                        (('-sys', 'y'), '--system-prompt')):
        for command in (('bench', '-p', '1', '-n', '0', '-r', '1'), ('info',), ('selftest',)):
            refused(2, (program, *flags, *command), name, f'before the sub-command {command[0]}')
    refused(2, (program, '-p', 'x', '-f', program), '--file')
    refused(3, (program, '-f', os.path.join(folder, 'absent')), 'absent', 'No such file', '-f')
    refused(3, (program, '-f', folder), folder, '-f')
    refused(2, (program, '-p', ''), 'empty', '-p')
    refused(2, (program, '-p', 'x', '--raw', '-sys', 'y'), '-sys', '--raw')
    many = harness.run(harness.LLMC, 'tokenize', model, '-p', 'word ' * 300).stdout.split()
    assert len(many) > 256
    refused(2, (program, '--raw', '-p', 'word ' * 300), f'{len(many)} tokens', '256 positions', '--ctx')
    refused(2, (program, 'logits', '--tokens', '1,2', '-n', '300', '-o', os.path.join(folder, 'l')), '256')
    refused(2, (program, 'logits', '--tokens', '1,512', '-o', os.path.join(folder, 'l')), '512')
    assert not os.path.exists(os.path.join(folder, 'l'))
    refused(2, (program, 'bench', '-p', '300'), 'pp300', '256')
    info = json.loads(text_of(program, 'info', '--json'))
    assert (info['vocab'], info['ctx'], info['layers'], info['weights']) == (512, 256, 1, 'embed'), info
    # memory_bytes is weights, KV cache and buffers, whatever the processor and wherever the weights lie.
    harness.compile_model(model, os.path.join(folder, 'gpu'), '--arch', 'sm_90')
    for made, arch in ((program, info['arch']), (os.path.join(folder, 'gpu'), 'sm_90')):
        described = json.loads(text_of(made, 'info', '--json'))
        plan = json.loads(harness.run(harness.LLMC, 'plan', model, '--arch', arch, '--json').stdout)
        assert described['memory_bytes'] == plan['weight_bytes'] + 256 * plan['kv_bytes_per_position'] + plan['arena_bytes'], described
    assert 'xxh3' in text_of(program, 'info')
    rows = json.loads(text_of(program, 'bench', '-p', '16,32', '-n', '8', '-r', '3', '-o', 'json'))
    assert [(row['n_prompt'], row['n_gen']) for row in rows] == [(16, 0), (32, 0), (0, 8)]
    for row in rows:
        assert len(row['samples_ts']) == 3 and row['avg_ts'] > 0 and row['start_ms'] > 0 and row['ttft_ms'] > 0 and row['memory_bytes'] > 0, row
        assert abs(row['avg_ts'] - sum(row['samples_ts']) / 3) < 1e-6 * row['avg_ts'] and row['stddev_ts'] >= 0
    assert 0 < rows[2]['p50_ms'] <= rows[2]['p95_ms'] <= rows[2]['p99_ms'] and rows[2]['gb_per_s'] > 0
    table = text_of(program, 'bench', '-p', '16', '-n', '8', '-r', '1').splitlines()
    assert [cell.strip() for cell in table[0].split('|')][1:3] == ['model', 'size'] and ' pp16 ' in table[2] and ' tg8 ' in table[3]
    # A tokenizer of bytes with random weights: whatever comes out is whole characters, in every piece that is written.
    with subprocess.Popen([program, '-p', 'x', '--raw', '-n', '200', '--temp', '2', '--top-k', '0', '-s', '3'], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as running:
        pieces = iter(lambda: os.read(running.stdout.fileno(), 65536), b'')
        whole = ''.join(piece.decode() for piece in pieces)
    assert running.returncode == 0 and len(whole) > 50


def refused_early(folder):
    """What can be refused is refused before a device is asked for: here a program whose device is not there (it would be exit 5)."""
    model = tiny(folder, '--ctx', '64')
    program, output = os.path.join(folder, 'program'), os.path.join(folder, 'l')
    harness.compile_model(model, program, '--arch', 'sm_90')
    absent = {'CUDA_VISIBLE_DEVICES': ''}  # no GPU, where there is one
    logits = (program, 'logits', '-o', output, '--tokens')
    refused(5, (*logits, '1'), env=absent)
    refused(2, (*logits, '1,512'), '512', env=absent)
    refused(2, (*logits, '1,2', '-n', '63'), '64', env=absent)
    refused(2, (*logits[:-2], program, '--tokens', '1'), 'input', env=absent)
    refused(2, (program, '--raw', '-p', 'word ' * 80), '64 positions', env=absent)
    refused(2, (program, '--raw', '-p', ''), 'empty', env=absent)


def context(folder):
    """A full context, signals, and a model without a chat template."""
    model = flat_model.write(os.path.join(folder, 'flat.gguf'), template=False, layers=12)  # slow enough to be interrupted
    done = harness.compile_model(model, os.path.join(folder, 'program'), '--arch', 'native', '--ctx', '8192')
    program = os.path.join(folder, 'program')
    done = harness.run(program, '-p', '!', '-c', '40', '-s', '1')
    assert 'context of 40 positions is full' in done.stderr and '-c' in done.stderr
    assert len(done.stdout) - 1 == 40, len(done.stdout)  # one prompt token, 39 in the context and the one that finds no place
    refused(2, (program, '-p', '!', '-sys', 'Be brief.'), '-sys', 'template')
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        with subprocess.Popen([program, '-p', '!', '-s', '1'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
            os.read(running.stdout.fileno(), 1)
            running.send_signal(number)
            running.stdout.read()
            assert running.wait(20) == code, running.returncode


def no_vocabulary(folder):
    model = harness.make_model(os.path.join(folder, 'tiny.gguf'), '--type', 'Q8_0', '--layers', '1', '--ctx', '256')
    program = program_of(model, folder)
    refused(4, (program, '-p', 'x'), 'tokenizer', 'bench', 'logits')
    refused(4, (harness.LLMC, 'tokenize', model, '-p', 'x'), 'tiny.gguf', 'tokenizer')
    assert json.loads(text_of(program, 'bench', '-p', '8', '-n', '0', '-r', '1', '-o', 'json'))[0]['n_prompt'] == 8
    rows, greedy = harness.program_logits(program, [1, 2, 3], 2, folder)
    assert len(rows) == 5 and len(greedy) == 2
    harness.run(program, 'selftest')


def damage(folder):
    """A program that was changed after it was made says so."""
    program = program_of(tiny(folder), folder)
    whole = open(program, 'rb').read()
    sections = re.findall(r'(\.llmc\.\S+)\s+\S+\s+\S+\s+([0-9a-f]+)\s+([0-9a-f]+)', harness.run('readelf', '-SW', program).stdout)
    assert len(sections) == 5, sections
    broken = os.path.join(folder, 'broken')
    for name, offset, size in sections:
        data = bytearray(whole)
        data[int(offset, 16) + int(size, 16) // 2] ^= 1
        os.chmod(write(broken, data), 0o755)
        refused(3, (broken, 'info') if 'weights' not in name else (broken, 'selftest'), broken, name, 'llmc compile')
    os.chmod(write(broken, whole[:-100]), 0o755)
    refused(3, (broken, 'info'), broken)
    if shutil.which('llvm-strip-19'):
        os.chmod(write(broken, whole), 0o755)
        harness.run('llvm-strip-19', broken)
        refused(3, (broken, '-p', 'x'), broken, 'strip', 'llmc compile')
    else:
        print('llvm-strip-19 is not there: a stripped program was not tried')


def outputs(folder):
    """Where the output cannot go it says so before the work; what was there stays."""
    model = tiny(folder)
    before = open(model, 'rb').read()
    compile_to = lambda path: (harness.LLMC, 'compile', model, '--arch', 'native', '-o', path)
    refused(2, compile_to(folder), folder, 'folder', '-o')
    refused(2, compile_to(model), model, 'input', '-o')
    os.symlink(model, os.path.join(folder, 'link'))
    refused(2, compile_to(os.path.join(folder, 'link')), 'input')
    refused(2, compile_to('/dev/null'), '/dev/null')
    refused(1, compile_to(os.path.join(folder, 'absent', 'program')), 'absent', 'No such file')
    refused(3, (harness.LLMC, 'compile', os.path.join(folder, 'absent.gguf')), 'absent.gguf', 'No such file')
    refused(2, (harness.LLMC, 'compile', model, '--emit=hip'), '-o')
    assert open(model, 'rb').read() == before
    assert sorted(os.listdir(folder)) == ['link', 'tiny.gguf']

    # Ended while it builds: nothing is left, neither here nor where temporary files go.
    temporary = os.path.join(folder, 'temporary')
    os.mkdir(temporary)
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        running = subprocess.Popen(compile_to(os.path.join(folder, 'program')), stderr=subprocess.DEVNULL, env=dict(os.environ, TMPDIR=temporary))
        while not os.listdir(temporary) and running.poll() is None:
            time.sleep(0.001)
        running.send_signal(number)
        assert running.wait(20) == code, running.returncode
        assert os.listdir(temporary) == []
    os.rmdir(temporary)
    assert sorted(os.listdir(folder)) == ['link', 'tiny.gguf']

    # Killed while it writes: the old program stays whole, and the next run removes what was left.
    large = harness.make_model(os.path.join(folder, 'large.gguf'), '--layers', '1', '--vocab', '65536')
    program = write(os.path.join(folder, 'program'), b'the old program')
    leftovers = os.path.join(folder, '.program.llmc-tmp-*')
    running = subprocess.Popen([harness.LLMC, 'compile', large, '--arch', 'native', '-o', program], stderr=subprocess.DEVNULL)

    def written():  # not what is made at the start, to see whether it can be, and is gone at once
        try:
            return any(map(os.path.getsize, glob.glob(leftovers)))
        except FileNotFoundError:
            return False

    while not written() and running.poll() is None:
        time.sleep(0.001)
    running.kill()
    assert running.wait() == -signal.SIGKILL, 'it was done before it could be killed'
    assert open(program, 'rb').read() == b'the old program' and len(glob.glob(leftovers)) == 1
    harness.run(harness.LLMC, 'compile', model, '--arch', 'native', '--emit=plan', '-o', program)
    assert not glob.glob(leftovers) and json.load(open(program))['shape']['vocab'] == 512


def llmc(folder):
    """The commands of llmc that make no program."""
    model = tiny(folder, '--name', 'a "tiny" model')
    inspected = json.loads(harness.run(harness.LLMC, 'inspect', model, '--json').stdout)
    assert 'a "tiny" model' in json.dumps(inspected, ensure_ascii=False).replace('\\"', '"')
    text = harness.run(harness.LLMC, 'inspect', model).stdout
    assert 'blk.0.attn_q.weight' in text and 'Q8_0' in text and 'general.architecture' in text
    plan = json.loads(harness.run(harness.LLMC, 'plan', model, '--arch', 'sm_90:h200', '--json').stdout)
    assert plan['decode_bytes'] == sum(phase['weight_bytes'] for phase in plan['phases'])
    assert abs(plan['floor_ms_per_token'] - plan['decode_bytes'] / plan['bandwidth_gb_s'] * 1e-6) < 1e-9
    text = harness.run(harness.LLMC, 'plan', model, '--arch', 'sm_90:h200').stdout
    assert f'{plan["decode_bytes"]} bytes of weights a token' in text and 'floor' in text
    arches = {target['arch'] for target in json.loads(harness.run(harness.LLMC, 'targets', '--json').stdout)}
    assert {'gfx906', 'gfx1100', 'gfx1201', 'sm_80', 'sm_90', 'x86-64-v3', 'x86-64-v4'} <= arches
    assert harness.run(harness.LLMC, 'tokenize', model, '-p', 'a fox').stdout.split() == ['97', str(tiny_token(model, 'Ġfox'))]
    special = harness.run(harness.LLMC, 'tokenize', model, '-p', '<|im_end|>').stdout.split()
    assert len(special) > 1 and harness.run(harness.LLMC, 'tokenize', model, '-p', '<|im_end|>', '--special').stdout.split() == ['510']
    refused(2, (harness.LLMC, 'plan', model, '--arch', 'gfx1110'), 'gfx1110', 'gfx1100')
    refused(2, (harness.LLMC, 'compile', model, '--ctx', '100000', '-o', os.path.join(folder, 'x')), '100000', '4096')
    refused(2, (harness.LLMC,), 'compile')
    refused(2, (harness.LLMC, 'compute'), 'compute', '--help')
    unsupported = harness.golden_base('llama-IQ4_NL') + '.gguf'
    if os.path.exists(unsupported):
        refused(4, (harness.LLMC, 'compile', unsupported, '-o', os.path.join(folder, 'x')), 'token_embd.weight', 'IQ4_NL', 'Q4_K')
    else:
        print(f'{unsupported} is not there: its refusal was not tried')


def tiny_token(model, text):
    from gguf import Reader
    return Reader(model).metadata['tokenizer.ggml.tokens'].index(text)


def emit(folder):
    """--emit writes one stage, --save-temps all of them, and they are the same."""
    model = tiny(folder)
    temps = os.path.join(folder, 'temps')
    program = program_of(model, folder, f'--save-temps={temps}')
    suffixes = {'plan': '.plan.json', 'hip': '.cpp', 'll': '.ll', 'asm': '.s', 'obj': '.so'}
    assert sorted(os.listdir(temps)) == sorted('program' + suffix for suffix in suffixes.values())
    json.load(open(os.path.join(temps, 'program.plan.json')))
    head = {'plan': b'{', 'hip': None, 'll': None, 'asm': None, 'obj': b'\x7fELF'}
    inside = {'plan': b'"phases"', 'hip': b'head_logits', 'll': b'define ', 'asm': b'head_logits:', 'obj': b'head_logits'}
    for stage in ('plan', 'hip', 'asm'):
        out = os.path.join(folder, stage)
        harness.run(harness.LLMC, 'compile', model, '--arch', 'native', '--emit', stage, '-o', out)
        assert same_bytes(out, os.path.join(temps, 'program' + suffixes[stage])), stage
        assert not os.access(out, os.X_OK), stage
    for stage, suffix in suffixes.items():
        data = open(os.path.join(temps, 'program' + suffix), 'rb').read()
        assert inside[stage] in data and (head[stage] is None or data.startswith(head[stage])), stage
    assert text_of(program, '-p', 'x', '-n', '2', *GREEDY)


def names(folder):
    """Text of a model never becomes code: whatever it is called, the source is the same, and it runs."""
    hostile = '*/ #include "/etc/passwd" //\n??/\n{{x}} \x1b[2J'
    sources = []
    for i, name in enumerate(('plain', hostile)):
        model = tiny(folder, '--name', name, name=f'{i}.gguf')
        sources.append(os.path.join(folder, f'{i}.cpp'))
        harness.run(harness.LLMC, 'compile', model, '--arch', 'native', '--emit=hip', '-o', sources[-1])
    assert same_bytes(*sources)
    program = program_of(os.path.join(folder, '1.gguf'), folder)
    assert json.loads(text_of(program, 'info', '--json'))['model'] == hostile
    done = harness.run(program, '-p', 'x', '-n', '1')
    assert '\x1b' not in done.stderr and '\x1b' not in text_of(program, 'info'), 'a control character reaches the terminal'


def baseline(folder):
    """`bench` compares with kept figures: more than 10% slower in one of them is exit 1; a baseline of something else is refused."""
    program, kept = program_of(tiny(folder), folder), os.path.join(folder, 'kept.json')
    measure = (program, 'bench', '-p', '8', '-n', '4', '-r', '2', '-t', '1', '-o', 'json')
    rows = json.loads(text_of(*measure, '--save-baseline', kept))
    file = json.load(open(kept))
    assert file['tests'] == rows and len(rows) == 2
    info = json.loads(text_of(program, 'info', '--json'))
    assert (file['arch'], file['model_hash'], file['workers']) == (info['arch'], info['model_hash'], 1) and file['device'] and file['driver']

    def changed(path='changed.json', rows={}, **fields):
        other = dict(file, **fields, tests=[dict(row, **{key: row[key] * factor for key, factor in rows.items() if row[key]}) for row in file['tests']])
        return write(os.path.join(folder, path), json.dumps(other).encode())

    easy = dict(avg_ts=1e-3, ttft_ms=1e3, p50_ms=1e3, p95_ms=1e3)
    done = harness.run(*measure, '--compare-baseline', changed(rows=easy, driver='old'))
    assert 'slower' not in done.stderr and 'old then' in done.stderr, done.stderr
    for figure in easy:
        done = harness.run(*measure, '--compare-baseline', changed(rows=dict(easy, **{figure: 1 / easy[figure]})), code=1)
        assert len(json.loads(done.stdout)) == 2 and 'slower |' in done.stderr, done.stderr
        assert 'more than 10%' in done.stderr
    same = changed('same.json', rows=easy)
    other = program_of(tiny(folder, '--name', 'another', name='another.gguf'), folder, name='other')
    refused(3, (other, *measure[1:], '--compare-baseline', same), 'another model', info['model_hash'], '--save-baseline')
    for field in ('arch', 'device'):
        refused(3, (*measure, '--compare-baseline', changed(**{field: 'a400'})), f'another {field}', 'a400', file[field])
    refused(3, (program, 'bench', '-p', '9', '-n', '0', '-r', '1', '-t', '1', '--compare-baseline', same), 'pp9', 'pp8', 'tg4')
    refused(3, (*measure, '--compare-baseline', write(os.path.join(folder, 'broken'), b'{}')), 'broken', 'not a baseline', '--save-baseline')
    text = refused(3, (*measure, '--compare-baseline', write(os.path.join(folder, 'text'), b'some text')), 'not a baseline', 'not JSON', '--save-baseline')
    assert 'json.exception' not in text, text
    text = refused(1, (*measure, '--save-baseline', os.path.join(folder, 'absent', 'kept')), 'absent', '--save-baseline')
    assert '-o' not in text, text
    refused(3, (*measure, '--compare-baseline', os.path.join(folder, 'absent')), 'absent', '--compare-baseline')
    refused(2, (*measure, '--save-baseline', program), 'input')
    refused(2, (*measure, '--save-baseline', '-'), 'standard output')


def cut_short(folder):
    """A model file that becomes shorter under its reader: exit 3, its name, nothing half-written. Its weights are a hole of 260 MB."""
    preset.PRESETS['wide'] = preset.Preset('llama', 1, 1024, 256, 8, 8, 128, 128000, 256, 1e4, 'F16')
    model, output = os.path.join(folder, 'model.gguf'), os.path.join(folder, 'out')
    says = ('model.gguf', 'cut short')
    preset.write(model, 'wide')
    program = program_of(model, folder, '--weights=extern')

    def end_of(running, text):
        with running:
            text += running.stderr.read()
        assert running.returncode == 3 and all(words in text for words in says), (running.returncode, text)

    running = subprocess.Popen([harness.LLMC, 'compile', model, '--arch', 'native', '-o', output], stderr=subprocess.PIPE, text=True)
    text = ''
    while not text.endswith('\n') or 'emit' not in text:
        text += running.stderr.readline()
    os.truncate(model, 65536)  # before the weights are read
    end_of(running, text)
    assert sorted(os.listdir(folder)) == ['model.gguf', 'program'], os.listdir(folder)

    preset.write(model, 'wide')
    running = subprocess.Popen([program, 'bench', '-p', '1', '-n', '0', '-r', '1', '-t', '1'], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while 'model.gguf' not in open(f'/proc/{running.pid}/maps').read():
        assert running.poll() is None, 'it ended without reading the model'
    os.truncate(model, 65536)  # while they are packed
    end_of(running, '')


CASES = {case.__name__: case for case in (story, fusion, reproducible, extern, vocabulary, arguments, refused_early, context, no_vocabulary, damage,
                                          outputs, llmc, emit, names, baseline, cut_short)}

if __name__ == '__main__':
    if sys.argv[1:] == ['--list']:
        print(';'.join(CASES))
        sys.exit()
    sys.path.insert(0, harness.REFERENCE)
    for case in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as temporary:
            CASES[case](temporary)
