// Attention of one new token on the simulation, against float64: norm, rotation, append, pieces of the context and their merge, for
// groups of every size class, at positions around the pieces' and teams' edges.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

#include "common/half.h"
#include "kernels/attn_split.h"
#include "kernels/cache_layout.h"
#include "tests/kernels/programs.h"

namespace llmc {
namespace {

struct Shape {
  const char* name;
  u32 threads, heads, kv_heads, dim, rope;
  bool halves, norm;
};
constexpr Shape shapes[] = {  // as in device/attention.cpp
    {"group_of_7", 512, 14, 2, 64, 64, true, false},
    {"multi_head_32", 256, 4, 4, 32, 32, false, true},
    {"multi_query_128", 512, 8, 1, 128, 128, true, true},
    {"partial_rope_96", 256, 6, 2, 96, 64, false, false},
    {"partial_rope_256", 512, 10, 2, 256, 128, true, false},
    {"multi_query_22", 256, 22, 1, 64, 32, false, true},
    {"multi_head_128", 256, 8, 8, 128, 128, false, false},
    {"multi_query_64", 256, 64, 1, 32, 32, true, false},
};

struct AttentionCase {
  const float* qkv;
  float* att;
  float* part;
  u32* count;
  u16* k;
  u16* v;
  const float* q_norm;
  const float* k_norm;
  u32 position, ctx;
  float* qkv_packets;
  float* att_packets;
  u32 number;
};

// Ways to compute it, and the error of each beside the true result's square: q and the weights are rounded to f16 for matrix instructions,
// packets to 16 bits of mantissa, quads to 12 bits of the largest of four.
struct Form {
  const char* suffix;
  double error;
  bool packets;   // workgroups wait for each other
  bool permuted;  // rows of the cache are
};
constexpr Form by_teams = {"", 1e-11, false, false}, by_teams_packets = {"_packets", 1e-9, true, false};
constexpr Form in_short = {"_short", 1e-11, false, true}, by_tiles = {"_tiles", 1e-6, false, true},
               by_tiles_packets = {"_tiles_packets", 1e-6, true, true},
               quads_by_teams = {"_quads", 1e-6, true, false}, quads_in_short = {"_short_quads", 1e-6, true, true},
               quads_by_tiles = {"_tiles_quads", 2e-6, true, true}, by_lanes = {"_by_lanes", 1e-6, false, true};

constexpr u16 not_a_number = 0x7e00;

std::vector<float> random_floats(size_t count, float mean, float deviation, std::mt19937& random) {
  std::normal_distribution<float> normal(mean, deviation);
  std::vector<float> values(count);
  for (float& v : values) v = normal(random);
  return values;
}

// A row of q or k after QK norm and rotation.
std::vector<double> prepared(const Shape& s, const float* row, const std::vector<float>& weight, u32 position) {
  std::vector<double> out(row, row + s.dim);
  if (s.norm) {
    double squares = 0;
    for (const double v : out) squares += v * v;
    for (u32 i = 0; i < s.dim; i++) out[i] *= weight[i] / std::sqrt(squares / s.dim + 1e-5);
  }
  for (u32 pair = 0; pair < s.rope / 2; pair++) {
    const u64 turns = (u64{0x28be60db9391054a} >> pair % 20) * position;  // modulo a whole turn
    const double angle = 2 * M_PI * static_cast<double>(turns) / 18446744073709551616.0;
    double& x = out[s.halves ? pair : 2 * pair];
    double& y = out[s.halves ? pair + s.rope / 2 : 2 * pair + 1];
    const double x0 = x, y0 = y;
    x = x0 * std::cos(angle) - y0 * std::sin(angle);
    y = x0 * std::sin(angle) + y0 * std::cos(angle);
  }
  return out;
}

// A cache of random rows before `position`, not-a-numbers from there on.
std::vector<u16> random_cache(const Shape& s, u32 position, u32 ctx, std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::vector<u16> cache(s.kv_heads * ctx * s.dim);
  for (u32 i = 0; i < cache.size(); i++) cache[i] = i / s.dim % ctx < position ? float_to_half(normal(random)) : not_a_number;
  return cache;
}

// The words of pieces hold values that pass for none of this phase, whose number is 0x30000: words of 0x20000, the same in 16 bits; what these would
// be if both packets had those; and a packet of this phase's 16 bits with one of 0x2fffb.
void fill_with_old_words(std::vector<float>& part) {
  constexpr u32 first[] = {0, 0, 0}, second[] = {0x3c6e, 0, 0x3c69};
  for (size_t i = 0; i + 3 < part.size(); i += 4) {
    part[i + 1] = std::bit_cast<float>(first[i / 4 % 3] << 16 | 0x4000);
    part[i + 3] = std::bit_cast<float>(second[i / 4 % 3] << 16 | 0x4000);
  }
}

class Attention : public testing::TestWithParam<u32> {
 protected:
  void check(const Shape& s, u32 position, u32 workers, Form form) {
    SCOPED_TRACE(s.name + std::string(form.suffix) + " position " + std::to_string(position) + " workers " + std::to_string(workers));
    std::mt19937 random(position * 7 + workers);
    const u32 ctx = position + 3;
    std::vector<u16> k = random_cache(s, position, ctx, random), v = random_cache(s, position, ctx, random);
    std::vector<float> qkv = random_floats((s.heads + 2 * s.kv_heads) * s.dim, 0, 1.5f, random);
    for (float& value : qkv) value = std::bit_cast<float>(std::bit_cast<u32>(value) & ~u32{0xff});  // what a packet carries
    const std::vector<float> q_norm = random_floats(s.dim, 1, 0.2f, random), k_norm = random_floats(s.dim, 1, 0.2f, random);
    std::vector<float> att(s.heads * s.dim, NAN), part(2 * s.heads * attn_split::max_pieces * (s.dim + 2), NAN);
    std::vector<u32> count(s.heads, 0);
    const float stale = std::bit_cast<float>(0xfffd00fdu);  // of a phase before, as packets and as quads
    if (form.packets) fill_with_old_words(part);
    std::vector<float> qkv_packets(qkv.size(), stale), att_packets(att.size(), stale);
    struct {
      abi::State state{};
      AttentionCase data;
    } arena;
    arena.state.spin_limit_ms = 120000;  // 40 workgroups at position 3,000 take seconds
    arena.data = {qkv.data(), att.data(), part.data(), count.data(), k.data(), v.data(), q_norm.data(), k_norm.data(), position, ctx,
                  qkv_packets.data(), att_packets.data(), 0x2fffe};
    abi::Ring ring{};
    abi::Args args{};
    args.arena = reinterpret_cast<unsigned char*>(&arena);
    args.ring = &ring;
    args.workers = workers;
    test_program("attention", GetParam()).launch((s.name + std::string(form.suffix)).c_str(), {workers, s.threads, 98304, GetParam(), form.packets}, args);
    ASSERT_EQ(arena.state.fault, 0u);

    const u32 group = s.heads / s.kv_heads;
    for (u32 head = 0; head < s.kv_heads; head++) {  // the append
      const std::vector<double> new_k = prepared(s, &qkv[(s.heads + head) * s.dim], k_norm, position);
      for (u32 d = 0; d < s.dim; d++) {
        const u32 at = (head * ctx + position) * s.dim + cache_layout::place(s.dim, form.permuted, position, d);
        ASSERT_NEAR(half_to_float(k[at]), new_k[d], 1e-3 * std::max(1.0, std::fabs(new_k[d]))) << "k " << d;
        ASSERT_EQ(v[at], float_to_half(qkv[(s.heads + s.kv_heads + head) * s.dim + d]));
        for (u32 beyond = position + 1; beyond < ctx; beyond++) {
          ASSERT_EQ(k[(head * ctx + beyond) * s.dim + d], not_a_number);
          ASSERT_EQ(v[(head * ctx + beyond) * s.dim + d], not_a_number);
        }
      }
    }
    double error = 0, size = 0;
    for (u32 head = 0; head < s.heads; head++) {
      const u32 kv = head / group * ctx * s.dim;
      const std::vector<double> q = prepared(s, &qkv[head * s.dim], q_norm, position);
      std::vector<double> weight(position + 1), out(s.dim, 0.0);
      double top = -1e300, sum = 0;
      for (u32 p = 0; p <= position; p++) {
        double dot = 0;
        for (u32 d = 0; d < s.dim; d++) dot += q[d] * half_to_float(k[kv + p * s.dim + cache_layout::place(s.dim, form.permuted, p, d)]);
        weight[p] = dot / std::sqrt(static_cast<double>(s.dim));
        top = std::max(top, weight[p]);
      }
      for (double& w : weight) sum += w = std::exp(w - top);
      for (u32 p = 0; p <= position; p++)
        for (u32 d = 0; d < s.dim; d++) out[d] += weight[p] / sum * half_to_float(v[kv + p * s.dim + cache_layout::place(s.dim, form.permuted, p, d)]);
      for (u32 d = 0; d < s.dim; d++) {
        error += (att[head * s.dim + d] - out[d]) * (att[head * s.dim + d] - out[d]);
        size += out[d] * out[d];
      }
    }
    ASSERT_LT(error, form.error * size);
    for (const u32 c : count) ASSERT_EQ(c, 0u) << "a counter is not ready for the next token";
  }
};

TEST_P(Attention, AroundTheEdgesOfTeamsAndPieces) {
  for (const Shape& s : shapes) {
    for (const u32 position : {0u, 1u, 64u, 127u, 128u}) {
      for (const u32 workers : {1u, 20u}) {
        check(s, position, workers, by_teams);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(Attention, LongContexts) {
  check(shapes[0], 1000, 33, by_teams);
  check(shapes[0], 3000, 80, by_teams);
  check(shapes[1], 1000, 3, by_teams);
  check(shapes[2], 3000, 30, by_teams);
  check(shapes[4], 1000, 21, by_teams);
}

TEST_P(Attention, PiecesAsPackets) {
  check(shapes[0], 400, 13, by_teams_packets);
  check(shapes[2], 3000, 40, by_teams_packets);
  check(shapes[4], 300, 12, by_teams_packets);
  check(shapes[5], 300, 12, by_teams_packets);
  check(shapes[2], 1000, 13, quads_by_teams);
  check(shapes[3], 300, 12, quads_by_teams);
}

class AttentionByTiles : public Attention {};  // for waves of 32

TEST_P(AttentionByTiles, ShortContexts) {
  for (const Shape& s : shapes) {
    for (const u32 position : {0u, 1u, 63u, 64u, 127u, 130u, attn_split::short_positions - 1}) {
      check(s, position, position % 2 == 0 ? 20 : 3, in_short);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(AttentionByTiles, AroundTheEdgesOfTilesAndPieces) {
  for (const Shape& s : shapes) {
    for (const u32 position : {0u, 1u, 15u, 16u, 47u, 48u, 49u, 130u}) {
      check(s, position, position == 16 ? 20 : 3, position % 2 == 0 ? by_tiles : by_tiles_packets);
      if (HasFatalFailure()) return;
    }
  }
  for (const Form& form : {by_tiles, by_tiles_packets}) {
    check(shapes[0], 1000, 17, form);
    check(shapes[1], 1000, 5, form);
    check(shapes[2], 3000, 40, form);
    check(shapes[3], 600, 12, form);
    check(shapes[5], 300, 12, form);
    check(shapes[6], 700, 24, form);
    check(shapes[0], 1000, 2, form);  // several rounds of two tiles a wave
  }
  for (const u32 position : {30u, 300u, 1000u}) {
    check(shapes[2], position, 13, quads_by_tiles);
    check(shapes[3], position, 12, quads_by_tiles);
    if (position >= attn_split::short_positions) continue;
    check(shapes[2], position, 13, quads_in_short);
    check(shapes[3], position, 12, quads_in_short);
  }
  check(shapes[5], 1000, 2, by_tiles);  // workers with several pieces
  check(shapes[0], 1000, 1, by_lanes);
  check(shapes[3], 600, 12, by_lanes);
}

TEST(AttentionSplit, PiecesCoverTheContextOnce) {
  for (const u32 positions : {1u, 63u, 64u, 65u, 129u, 3001u, 8192u, 100000u}) {
    for (const u32 workers : {1u, 12u, 132u, 304u}) {
      for (const u32 lanes : {1u, 2u, 8u, 64u}) {
        const u32 count = attn_split::pieces(positions, workers, lanes);
        ASSERT_GE(count, 1u);
        ASSERT_LE(count, attn_split::max_pieces);
        ASSERT_TRUE(count == 1 || count * lanes <= workers);
        ASSERT_EQ(attn_split::piece_begin(0, count, positions), 0u);
        ASSERT_EQ(attn_split::piece_begin(count, count, positions), positions);
        for (u32 i = 0; i < count; i++) ASSERT_LT(attn_split::piece_begin(i, count, positions), attn_split::piece_begin(i + 1, count, positions));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Wave, Attention, testing::Values(32, 64));
INSTANTIATE_TEST_SUITE_P(Wave, AttentionByTiles, testing::Values(32));

}  // namespace
}  // namespace llmc
