#!/usr/bin/python3
"""compile_target.py ARCH: compiles the demo model and a real model's shape for one target at every fusion level. llmc itself refuses code
with scratch in a hot AMD kernel or local memory in PTX, so that it compiles is what is tested; the sizes are printed for the record.
The real shape is the qwen2.5-0.5b-q4_k_m preset, of which only the header is made, or a small model of the same types where presets are absent."""
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'h200'))
import pack  # noqa: E402


def real_shape(folder):
    model = os.path.join(folder, 'qwen2.5-0.5b-q4_k_m.gguf')
    if os.path.exists(pack.SYNTH):
        pack.preset_header('qwen2.5-0.5b-q4_k_m', model)
    else:
        print(f'no presets at {pack.SYNTH}: a small model stands in')
        subprocess.run([sys.executable, os.path.join(HERE, '..', 'reference', 'make_model.py'), model, '--family', 'qwen2', '--type', 'Q4_K_M',
                        '--width', '896', '--heads', '14', '--kv-heads', '2', '--biases', '--tied', '--tokenizer', 'none'], check=True)
    return model


def main():
    arch = sys.argv[1]
    levels = ('op', 'block', 'model') if arch in ('sm_90', 'gfx1100') else ('op', 'block')
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for model in (pack.DEMO, real_shape(folder)):
            for fuse in levels:
                output = os.path.join(folder, 'object')
                start = time.monotonic()
                result = subprocess.run([os.environ['LLMC'], 'compile', model, '--arch', arch, '--fuse', fuse, '--emit=obj', '-o', output],
                                        capture_output=True, text=True)
                name = f'{os.path.basename(model)} {arch} {fuse}'
                if result.returncode == 0:
                    print(f'{name}: {os.path.getsize(output)} bytes in {time.monotonic() - start:.1f} s', flush=True)
                    os.remove(output)
                else:
                    failed = True
                    print(f'{name}: exit code {result.returncode}\n{result.stderr}', flush=True)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
