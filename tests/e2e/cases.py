"""The reference matrix: tiny models, prompts and the error each may have. One list for the tests on a CPU (logits_test.py) and on a
card (tests/h200). `cases.py matrix` and `cases.py golden` print the names, for CMake.

The bars are NMSE over all rows: for 8-bit activations a multiple of llama.cpp's error on tiny models of that type, the rest absolute.
"""
import sys

# NMSE of llama.cpp's CPU path against float32 on the same de-quantised weights, tiny-llama models of two layers (docs/performance.md).
LLAMA_CPP = dict(Q8_0=1.2e-3, Q4_0=1.4e-3, Q4_1=1.4e-3, Q5_0=1.1e-3, Q5_1=1.3e-3, Q2_K=2.2e-3, Q3_K=2.2e-3, Q4_K=2.2e-3, Q5_K=2.2e-3, Q6_K=2.5e-3)
BARS = dict(F32=1e-5, F16=2e-5, BF16=1.2e-4)
BARS.update({name: error * (0.8 if name.endswith('_K') else 1.2) for name, error in LLAMA_CPP.items()})
GOLDEN_NAMES = {'Q3_K_M': 'Q3_K', 'Q4_K_M': 'Q4_K', 'Q5_K_M': 'Q5_K'}
GOLDENS = ('llama-F32', 'llama-F16', 'llama-BF16', 'llama-Q4_0', 'llama-Q4_1', 'llama-Q5_0', 'llama-Q5_1', 'llama-Q8_0', 'llama-Q2_K',
           'llama-Q3_K_M', 'llama-Q4_K_M', 'llama-Q5_K_M', 'llama-Q6_K', 'qwen2-Q4_0', 'qwen2-Q8_0', 'qwen2-Q4_K_M')
QWEN2_LLAMA_CPP = {'Q4_0': 1.4e-3, 'Q8_0': 1.2e-3, 'Q4_K_M': 3.4e-3}


def golden_bar(family, name):
    """The bar of ../shared/goldens/logits/tiny-FAMILY-NAME."""
    if family == 'qwen2':
        return QWEN2_LLAMA_CPP[name] * (0.8 if '_K' in name else 1.2)
    return BARS[GOLDEN_NAMES.get(name, name)]


def case(bar, *model, prompts=(40,), n=16, ctx=256):
    return dict(bar=BARS[bar], model=list(model), prompts=prompts, n=n, ctx=ctx)


TYPES = ('F32', 'F16', 'BF16', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0', 'Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K')
GQA = ('--heads', '4', '--kv-heads', '2')

CASES = {f'type-{name}': case(name, '--type', name, *GQA) for name in TYPES}
CASES.update({
    # Shapes: widths, head sizes, MHA, GQA, MQA, families.
    'width-768': case('Q4_K', '--type', 'Q4_K_M', '--width', '768', '--heads', '6', '--kv-heads', '2', '--head-dim', '128'),
    'width-896': case('Q8_0', '--family', 'qwen2', '--type', 'Q4_K_M', '--width', '896', '--heads', '14', '--kv-heads', '2', '--tied'),
    'head-32-mqa': case('Q8_0', '--type', 'Q8_0', '--heads', '8', '--kv-heads', '1', '--head-dim', '32'),
    'head-128-mha': case('Q4_0', '--type', 'Q4_0', '--heads', '2', '--head-dim', '128'),
    'head-256-gqa': case('Q5_1', '--type', 'Q5_1', '--width', '768', '--heads', '4', '--kv-heads', '2', '--head-dim', '256'),
    'qwen3': case('Q8_0', '--family', 'qwen3', '--type', 'Q8_0', '--heads', '4', '--kv-heads', '2', '--head-dim', '128', '--tied'),
    'llama-biases': case('Q6_K', '--type', 'Q6_K', '--biases', *GQA),
    'rope-freqs': case('Q5_K', '--type', 'Q5_K', '--rope-freqs', '--rope-base', '500000', *GQA, prompts=(200,)),
    'rope-scale': case('Q4_1', '--type', 'Q4_1', '--rope-scale', '4', *GQA, prompts=(100,)),
    'mixed-types': case('Q4_0', '--type', 'Q4_0,F16,Q6_K,Q8_0,BF16,Q3_K,F32', *GQA),
    # Vectors of 4,096 elements and more, which travel in another form at level model.
    'wide-x': case('Q8_0', '--type', 'Q8_0', '--width', '4096', '--ff', '512', '--heads', '4', '--kv-heads', '2', '--head-dim', '32', '--layers', '1'),
    'wide-att-ffn': case('Q4_K', '--type', 'Q4_K_M', '--ff', '4352', '--heads', '64', '--kv-heads', '8', '--head-dim', '64', '--layers', '1', prompts=(40, 600), ctx=1024),
    'odd-vocabulary': case('Q8_0', '--type', 'Q8_0', '--vocab', '517', *GQA),
    # Lengths: one token, around the chunks of a CPU (128) and a GPU (512), and far into a context.
    'chunks': case('Q8_0', '--type', 'Q8_0', '--ctx', '2048', *GQA, prompts=(1, 2, 127, 128, 129, 511, 512, 513), ctx=1024),
    'long-f16': case('F16', '--type', 'F16', '--ctx', '4096', *GQA, prompts=(3000,), n=12, ctx=4096),
    'long-q4_k': case('Q4_K', '--type', 'Q4_K', '--ctx', '4096', *GQA, prompts=(3000,), n=12, ctx=4096),
})

if __name__ == '__main__':
    print(';'.join({'matrix': CASES, 'golden': GOLDENS}[sys.argv[1]]))
