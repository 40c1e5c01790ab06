"""Programs on the emulated card: where the stand-in for HIP's library is, and the environment that chooses the card."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'e2e'))
import harness  # noqa: E402

LIBRARY = os.environ.get('LLMC_EMULATOR', os.path.join(harness.ROOT, 'build', 'lib', 'emulator'))
DEMO = os.path.join(harness.ROOT, 'examples', 'tinytales', 'tinytales-q8_0.gguf')


def use_card(arch, **settings):
    """Programs run from here on find a card of this arch. settings: CUS, SEED, STRESS, RACES, COUNTS."""
    os.environ['LD_LIBRARY_PATH'] = LIBRARY
    for name in [name for name in os.environ if name.startswith('LLMC_EMU_')]:
        del os.environ[name]
    os.environ['LLMC_EMU_ARCH'] = arch
    for name, value in settings.items():
        os.environ['LLMC_EMU_' + name] = str(value)


def whole_card(arch):
    """The compute units of the arch's default product."""
    return next(t['units'] for t in json.loads(harness.run(harness.LLMC, 'targets', '--json').stdout) if t['arch'] == arch)


def counted(program, folder, *arguments):
    """The counts of a run of the program, and its standard output."""
    path = os.path.join(folder, 'counts.json')
    os.environ['LLMC_EMU_COUNTS'] = path
    done = harness.run(program, *arguments)
    del os.environ['LLMC_EMU_COUNTS']
    with open(path) as file:
        return json.load(file), done.stdout
