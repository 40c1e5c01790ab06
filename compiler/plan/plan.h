// The plan: what is read, computed and launched for one token and for one chunk of a prompt, as plain data. Made by make_plan from
// the model and the target, printed by `llmc plan`, carried in the executable as JSON, obeyed by the runtime, which knows no model.
#pragma once
#include <optional>
#include <string>
#include <vector>
#include <nlohmann/json_fwd.hpp>
#include "common/tensor_type.h"

namespace llmc {

struct Model;
struct Target;

enum class Fuse { op, block, model };
const char* fuse_name(Fuse fuse);

// Roles of weights. Those of a layer first, in the order in which a token reads them.
#define LLMC_ROLES(X)                                                                                                       \
  X(attn_norm) X(q) X(k) X(v) X(q_bias) X(k_bias) X(v_bias) X(q_norm) X(k_norm) X(o) X(ffn_norm) X(gate) X(up) X(down) \
  X(token_embd) X(output_norm) X(output)
enum class Role {
#define X(name) name,
  LLMC_ROLES(X)
#undef X
};
const char* role_name(Role role);

// One tensor in the packed weights. A matrix is cut into row tiles (layout.h); tile t stands at offset + t * stride. gate and up
// alternate tile by tile (stride = both tiles' bytes), so that the worker that owns both reads one contiguous run; elsewhere
// stride = tile_bytes. A vector (norm, bias) is float32, contiguous, at a multiple of 64 bytes.
struct Weight {
  Role role;
  int layer = -1;       // -1: not of a layer
  TensorType type;      // the stored type of a matrix; F32 for a vector
  u32 rows = 0, columns = 0;  // a vector has 1 row
  u64 offset = 0, stride = 0, tile_bytes = 0;
  u32 tiles = 0;        // 0: a vector
  std::string tensor;   // its name in the GGUF, for extern weights
};

// A distinct mix of types of a block. One body of code is emitted for each.
struct Variant {
  TensorType q, k, v, o, gate, up, down;
  bool operator==(const Variant&) const = default;
};

struct Buffer {
  std::string name;  // one of a fixed list, see make_plan
  u64 offset = 0, bytes = 0;
};

struct Launch {
  std::string kernel;
  int layer = -1;
  u32 grid = 0;       // workgroups; 0: Args::workers
  u32 threads = 0;    // of a workgroup (GPU)
  u32 shared = 0;     // bytes of dynamic LDS / shared memory
  bool resident = false;  // its workgroups wait for each other, so all must be co-resident
};

struct Phase {         // for `llmc plan`: what lies between two grid-wide dependencies, for one decode token
  std::string name;
  u64 weight_bytes = 0;  // over the whole model
  u32 count = 0;         // times per token
};

struct Shape {
  std::string family;
  u32 layers = 0, d_model = 0, d_ff = 0, n_heads = 0, n_kv_heads = 0, head_dim = 0, vocab = 0, rope_dim = 0;
  bool rope_halves = false, qkv_bias = false, qk_norm = false, tied = false;
  float rms_eps = 0;
  std::vector<u64> rope_turns;  // [rope_dim/2]: rotation per position in turns, as a 0.64 fixed-point fraction
};

struct Plan {
  std::string version;  // of llmc
  std::string family, arch, product;  // of the target
  u32 wave = 0;
  Shape shape;
  Fuse fuse = Fuse::op;
  u32 ctx = 0;    // most positions a program can hold
  u32 chunk = 0;  // prompt tokens processed together
  u32 threads = 0;           // of a workgroup in decode
  u32 blocks_per_unit = 1;   // workers = compute units * this (a CPU: its threads)
  std::vector<Weight> weights;
  u64 weight_bytes = 0;
  std::vector<Variant> variants;
  std::vector<u32> layer_variant;  // [layers]
  std::vector<Buffer> buffers;     // the arena; the first is "state" at offset 0
  u64 arena_bytes = 0;
  u64 kv_bytes_per_position = 0;
  std::vector<Launch> prefill;    // one chunk: embed, then the layers
  std::vector<Launch> head;       // logits of one row of activations
  std::vector<Launch> sample;
  std::vector<Launch> decode;     // one token at the fusion level, from embedding to sampling
  std::vector<Launch> decode_op;  // the same at level op, for selftest (equal to `decode` at level op)
  std::vector<Phase> phases;
  u64 decode_bytes = 0;           // weight bytes one token reads
  double bandwidth_gb_s = 0;      // of the product; 0 unknown
  bool extern_weights = false;

  const Buffer& buffer(const std::string& name) const;
  const Weight* weight(Role role, int layer) const;  // null where the model has none
};

struct PlanOptions {
  u32 ctx = 0;  // 0: the model's, at most 8,192
  std::optional<Fuse> fuse;  // none: the fastest known on the target
  bool extern_weights = false;
};

Plan make_plan(const Model& model, const Target& target, const PlanOptions& options);
nlohmann::json plan_to_json(const Plan& plan);
Plan plan_from_json(const nlohmann::json& json);  // Error(bad_input) where a field is missing or out of range

}  // namespace llmc
