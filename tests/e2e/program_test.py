"""A compiled program's command line, end to end on this machine's CPU: what goes where, how it ends, with which exit code."""
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from harness import LLMC, ROOT, compile_model, make_model, run

MODEL = os.path.join(ROOT, 'examples', 'tinytales', 'tinytales-q8_0.gguf')
PROMPT = 'Tell me a story about a fox and a lantern.'


class Terminal:
    """A program on a pseudo-terminal."""

    def __init__(self, *command):
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.execv(command[0], list(command))
        self.text = ''
        self.seen = 0

    def wait_for(self, text, seconds=60):
        """Waits until `text` appears behind what was waited for before."""
        end = time.monotonic() + seconds
        while text not in self.text[self.seen:]:
            assert time.monotonic() < end, f'no {text!r} in {self.text!r}'
            if select.select([self.file], [], [], 0.1)[0]:
                try:
                    piece = os.read(self.file, 4096)
                except OSError:  # the program is gone
                    piece = b''
                assert piece, f'no {text!r} in {self.text!r}'
                self.text += piece.decode(errors='replace')
        self.seen = self.text.index(text, self.seen) + len(text)

    def rest(self):
        """What is shown from what was waited for on, until the program is gone."""
        try:
            while piece := os.read(self.file, 4096):
                self.text += piece.decode(errors='replace')
        except OSError:  # Linux's way to say that the other end is closed
            pass
        return self.text[self.seen:]

    def type(self, text):
        os.write(self.file, text.encode())

    def exit_code(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Program(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.program = os.path.join(cls.folder, 'tale')
        compile_model(MODEL, cls.program, '--arch', 'native')
        cls.story = run(cls.program, '-p', PROMPT, '--temp', '0').stdout

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def test_text_and_notes_are_apart(self):
        done = run(self.program, '-p', PROMPT, '--temp', '0')
        self.assertEqual(done.stdout, self.story)
        self.assertIn('fox', done.stdout)
        self.assertTrue(done.stdout.endswith('\n'))
        self.assertIn('tokens/s', done.stderr)
        self.assertIn('time to first token', done.stderr)

    def test_the_prompt_comes_from_anywhere(self):
        with open(self.path('prompt'), 'w') as file:
            file.write(PROMPT + '\n')
        self.assertEqual(run(self.program, '-f', self.path('prompt'), '--temp', '0').stdout, self.story)
        self.assertEqual(run(self.program, '--temp', '0', input=PROMPT + '\n').stdout, self.story)

    def test_the_same_seed_gives_the_same_text(self):
        def text(seed):
            return run(self.program, '-p', PROMPT, '-s', seed, '--temp', '1.5', '--top-k', '0', '--top-p', '1', '--min-p', '0').stdout
        self.assertEqual(text(1), text(1))
        self.assertNotEqual(text(1), text(2))

    def test_a_stop_string_is_not_shown(self):
        text = run(self.program, '-p', PROMPT, '--temp', '0', '-r', 'lantern', '--stop', 'no such thing').stdout
        self.assertEqual(text.rstrip('\n'), self.story[:self.story.index('lantern')])

    def test_a_limit_of_tokens(self):
        text = run(self.program, '-p', PROMPT, '--temp', '0', '-n', '5').stdout.rstrip('\n')
        self.assertTrue(text and self.story.startswith(text) and len(text) < 60, text)

    def test_a_full_context_ends_the_answer(self):
        done = run(self.program, '-p', PROMPT, '--temp', '0', '-c', '40')
        self.assertIn('context of 40 positions is full', done.stderr)
        self.assertTrue(self.story.startswith(done.stdout.rstrip('\n')))

    def test_a_prompt_longer_than_the_context(self):
        done = run(self.program, '-p', PROMPT * 10, '-c', '64', code=2)
        self.assertEqual(done.stdout, '')
        self.assertIn('64', done.stderr)

    def test_wrong_usage(self):
        for words in (['--bogus'], ['-p', 'x', '--top-p', '2'], ['-p', 'x', '-c', '1000000'], ['-p', ''], ['-p', 'x', '-f', 'y'],
                      ['-p', 'x', '-sys', 'y', '--raw'], ['bench', '-p', '100000'], ['-p', 'x', '--weights', MODEL],
                      ['logits', '--tokens', '1,99999', '-o', self.path('l')], ['-t', '4000', '-p', 'x'], ['-p', 'x', '--device', '3'],
                      ['logits', '--tokens', '', '-o', self.path('l')], ['logits', '--tokens', '1,,2', '-o', self.path('l')],
                      ['logits', '--tokens', '1', '-o', '-'], ['-p', PROMPT * 10, '-c', '64']):
            done = run(self.program, *words, code=2)
            self.assertEqual(done.stdout, '', words)
            self.assertNotIn(', needs ', done.stderr, words)  # the line that says what runs where
        self.assertFalse(os.path.exists(self.path('l')))

    def test_a_system_prompt(self):
        self.assertEqual(run(self.program, '-sys', 'Be brief.', '-p', PROMPT, '-n', '3', '--temp', '0').returncode, 0)

    def test_info_as_json(self):
        info = json.loads(run(self.program, 'info', '--json').stdout)
        self.assertEqual((info['vocab'], info['chat_format'], info['weights']), (2048, 'chatml', 'embed'))
        self.assertEqual(len(info['sections']), 4)

    def test_bench(self):
        rows = json.loads(run(self.program, 'bench', '-p', '32', '-n', '8', '-r', '2', '-d', '16', '-o', 'json').stdout)
        self.assertEqual([(row['n_prompt'], row['n_gen'], row['n_depth']) for row in rows], [(32, 0, 16), (0, 8, 16)])
        for row in rows:
            self.assertEqual(len(row['samples_ts']), 2)
            self.assertAlmostEqual(row['avg_ts'], sum(row['samples_ts']) / 2, delta=1e-6 * row['avg_ts'])
            for key in ('stddev_ts', 'gb_per_s', 'start_ms', 'ttft_ms', 'p50_ms', 'p95_ms', 'p99_ms', 'memory_bytes'):
                self.assertIn(key, row)
        self.assertEqual(run(self.program, 'bench', '-p', '0', '-n', '4', '-r', '1').stdout.count('tg4'), 1)

    def test_bench_leaves_out_what_it_does_not_measure(self):
        prompt, decode = json.loads(run(self.program, 'bench', '-p', '32', '-n', '8', '-r', '1', '-o', 'json').stdout)
        for key in ('gb_per_s', 'p50_ms', 'p95_ms', 'p99_ms'):
            self.assertIsNone(prompt[key], key)
            self.assertGreater(decode[key], 0, key)
        lines = run(self.program, 'bench', '-p', '32', '-n', '8', '-r', '1').stdout.splitlines()
        cells = {line.split('|')[6].strip(): [cell.strip() for cell in line.split('|')[8:-1]] for line in lines[2:4]}
        self.assertEqual([cells['pp32'][i] for i in (0, 2, 3, 4)], ['-'] * 4)
        self.assertNotIn('-', cells['tg8'])

    def test_phases_are_refused_before_the_benchmark(self):
        for flag in (['--phases'], ['--trace', self.path('trace')]):
            done = run(self.program, 'bench', '-p', '32', '-n', '8', *flag, code=2)
            self.assertEqual(done.stdout, '')
            self.assertIn(f'{flag[0]} is for programs', done.stderr)

    def test_selftest(self):
        self.assertIn('ok', run(self.program, 'selftest').stdout)

    def test_changed_weights_fail_the_selftest_and_changed_code_the_start(self):
        sections = {s['name']: s['bytes'] for s in json.loads(run(self.program, 'info', '--json').stdout)['sections']}
        with open(self.program, 'rb') as file:
            whole = file.read()
        changed = self.path('changed')
        table = subprocess.run(['readelf', '-SW', self.program], capture_output=True, text=True, check=True).stdout
        for name, words in (('.llmc.weights.x86', ['selftest']), ('.llmc.code.0.so', ['-p', 'x'])):
            offset = int(next(line for line in table.splitlines() if name in line).split('PROGBITS')[1].split()[1], 16)
            at = offset + sections[name] // 2
            with open(changed, 'wb') as file:
                file.write(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
            os.chmod(changed, 0o755)
            self.assertIn(name, run(changed, *words, code=3).stderr)
            os.remove(changed)

    def test_extern_weights_tell_the_same_story(self):
        program = self.path('extern')
        compile_model(MODEL, program, '--arch', 'native', '--weights=extern')
        self.assertLess(os.path.getsize(program), 4 << 20)
        self.assertEqual(run(program, '--weights', MODEL, '-p', PROMPT, '--temp', '0').stdout, self.story)
        self.assertIn('--weights', run(program, '-p', 'x', code=2).stderr)
        shutil.copy(MODEL, self.path(os.path.basename(MODEL)))  # beside the program
        self.assertEqual(run(program, '-p', PROMPT, '--temp', '0').stdout, self.story)
        other = make_model(self.path('other.gguf'))
        self.assertIn('another model', run(program, '--weights', other, '-p', 'x', code=3).stderr)

    def test_it_needs_no_library_but_libc(self):
        needed = subprocess.run(['readelf', '-dW', self.program], capture_output=True, text=True, check=True).stdout
        names = [line.split('[')[1].rstrip(']') for line in needed.splitlines() if '(NEEDED)' in line]
        self.assertLessEqual(set(names), {'libc.so.6', 'libm.so.6', 'libdl.so.2', 'libpthread.so.0', 'ld-linux-x86-64.so.2'})
        symbols = subprocess.run(['objdump', '-T', self.program], capture_output=True, text=True, check=True).stdout
        versions = {tuple(map(int, word.strip('()').split('_')[1].split('.'))) for word in symbols.split() if word.strip('()').startswith('GLIBC_2')}
        self.assertTrue(versions and max(versions) <= (2, 35), versions)

    def test_signals(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # waits for a prompt
            time.sleep(0.5)
            process.send_signal(number)
            self.assertEqual(process.wait(10), code)
            self.assertEqual(process.stdout.read(), b'')  # a newline is for terminals
            process.stdin.close()
            process.stdout.close()

    def test_a_reader_that_leaves_is_no_fault(self):
        done = subprocess.run(['bash', '-c', f'{self.program} -p "{PROMPT}" -n 400 | head -c 5'], capture_output=True, text=True, timeout=60)
        self.assertEqual(len(done.stdout), 5)
        self.assertNotIn('rror', done.stderr)

    def test_a_chat(self):
        chat = Terminal(self.program, '--temp', '0')
        chat.wait_for('> ')
        chat.type(PROMPT + '\n')
        chat.wait_for('tokens/s')
        chat.wait_for('> ')
        self.assertIn(self.story.split('.')[0], chat.text)
        chat.type('Tell me a story about an owl and a boat.\n')
        chat.wait_for('tokens/s')
        chat.wait_for('> ')
        chat.type('\x04')
        self.assertEqual(chat.exit_code(), 0)

    def test_a_chat_whose_context_is_full(self):
        chat = Terminal(self.program, '--temp', '0', '-c', '40')
        chat.wait_for('> ')
        chat.type(PROMPT + '\n')
        chat.wait_for('context of 40 positions is full')
        chat.wait_for('The chat ends')
        self.assertEqual(chat.exit_code(), 0)

    def test_ctrl_c_at_the_prompt_of_a_chat(self):
        chat = Terminal(self.program)
        chat.wait_for('> ')
        chat.type('\x03')
        self.assertEqual(chat.rest(), '^C\r\n')
        self.assertEqual(chat.exit_code(), 130)

    def test_ctrl_c_ends_the_line_of_an_answer(self):
        # Every token about as likely: an answer that goes on until the context is full.
        words = ('-p', PROMPT, '--raw', '-s', '4', '--temp', '100', '--top-k', '0', '--top-p', '1', '--min-p', '0', '-t', '1')
        terminal = Terminal(self.program, *words)
        terminal.wait_for(', needs ')
        terminal.wait_for('\r\n')
        terminal.wait_for(' ')
        terminal.type('\x03')
        shown = terminal.rest()
        self.assertEqual(terminal.exit_code(), 130)
        self.assertTrue(shown.endswith('\r\n'), shown)


if __name__ == '__main__':
    if not os.path.exists(LLMC):
        sys.exit(f'{LLMC} is not there: build the target llmc')
    unittest.main(verbosity=2)
