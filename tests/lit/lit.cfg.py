# Configuration of lit; the parameters come from CMakeLists.txt. Words a test may use:
#   %llmc          the compiler                 %make_model   tests/reference/make_model.py: a tiny GGUF with random weights
#   %hiprtc        ARCH SOURCE OUTPUT, by hipRTC (feature `hiprtc`)    %python
#   %exits         N COMMAND...: the command must end with exit code N (so one that crashed fails)
#   %fake_cuda     folder of a library that answers as NVIDIA's driver does on a machine with one card of sm_90
#   FileCheck, not, llvm-objdump, llvm-readelf and the rest of LLVM's tools
# Files go to %t and its like, under the build folder.
import ctypes.util
import os
import lit.formats

config.name = 'llmc'
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = ['.test']
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(lit_config.params['build'], 'lit')
os.makedirs(config.test_exec_root, exist_ok=True)

config.environment['PATH'] = os.pathsep.join([lit_config.params['tools'], config.environment['PATH']])
for name in ('ASAN_OPTIONS', 'UBSAN_OPTIONS', 'TMPDIR'):
    if name in os.environ:
        config.environment[name] = os.environ[name]

python = lit_config.params['python']
reference = os.path.join(config.test_source_root, '..', 'reference')
config.substitutions += [
    ('%llmc', lit_config.params['llmc']),
    ('%make_model', python + ' ' + os.path.join(reference, 'make_model.py')),
    ('%exits', python + ' ' + os.path.join(config.test_source_root, 'exits.py')),
    ('%hiprtc', os.path.join(lit_config.params['build'], 'bin', 'hiprtc_compile')),
    ('%fake_cuda', os.path.join(lit_config.params['build'], 'tests', 'unit', 'fake-cuda')),
    ('%python', python),
]
if any(ctypes.util.find_library(name) for name in ('hiprtc', 'amdhip64')):
    config.available_features.add('hiprtc')
