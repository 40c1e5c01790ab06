// The contract between the runtime (host) and emitted code (device): read by both, so plain C++ with built-in types only.
// State lives on the device at arena offset 0; the host writes it before a request and never during one.
#pragma once

namespace llmc::abi {

// llama.cpp's names and meaning. Order of application: penalties, top-k, top-p, min-p, temperature.
struct Sampler {
  float temp;               // <= 0: greedy, the lowest id among equals
  float top_p;              // 1: off
  float min_p;              // 0: off
  float repeat_penalty;     // 1: off
  float presence_penalty;   // 0: off
  float frequency_penalty;  // 0: off
  int top_k;                // <= 0: off
  int repeat_last_n;        // tokens the penalties look back on; -1: all of the context
  unsigned long long seed;  // Philox4x32-10 key; the counter is the position of the sampled token
};

enum Finish : int {
  running = 0,
  end_of_generation = 1,  // a token of State::eog was sampled (and pushed to the ring)
  limit = 2,              // `remaining` tokens were made
  context_full = 3,       // the token sampled last has no place in the context
};

constexpr int max_eog = 32;

struct State {
  int token;      // the token to compute next
  int pos;        // its position = the number of tokens whose K and V are in the cache
  int finish;     // Finish; when not `running`, every decode kernel returns at once
  int remaining;  // tokens still to be sampled
  unsigned produced;  // tokens pushed to the ring
  unsigned fault;     // nonzero: a wait on the device ran into its limit; every kernel returns at once
  unsigned spin_limit_ms;  // limit of a device-side wait
  int n_eog;
  int eog[max_eog];
  Sampler sampler;
};

// In pinned host memory, written by the device, read by the host while the graph runs: tokens[i % ring_slots], then `produced`.
constexpr unsigned ring_slots = 4096;
struct Ring {
  unsigned produced;
  int finish;      // written before the `produced` that goes with the last token
  unsigned fault;  // copy of State::fault
  unsigned pad[13];
  int tokens[ring_slots];
};

// Argument of every kernel, by value on GPUs and by pointer on a CPU, followed by (int layer, int start, int n):
//   decode kernels       layer
//   prefill kernels      layer; `start` = position of the chunk's first token, `n` = tokens in the chunk (1..chunk)
//   head_logits          start = row of the activations whose logits are wanted
//   sample               start = 1: advance State::pos first (decode); 0: do not (after a prompt)
struct Args {
  unsigned char* arena;          // the plan's buffers
  const unsigned char* weights;  // the plan's weights, packed
  unsigned char* kv;             // f16: [layer][K, V][kv head][ctx][head_dim]
  Ring* ring;                    // device address of the pinned ring
  unsigned workers;              // workgroups (threads on a CPU) of every launch whose grid is `workers`
  int ctx;                       // positions that the KV cache holds; at most the plan's
  int timed;                     // 1: decode kernels note when they came to each phase (phase_marks.h)
};

}  // namespace llmc::abi
