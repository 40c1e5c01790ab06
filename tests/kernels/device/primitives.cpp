// Kernels for primitives_test.cpp: every primitive, the input of a phase, and the grid barrier.
#include "kernels/gpu/args.h"
#include "kernels/gpu/barrier.h"
#include "kernels/gpu/norm.h"
#include "kernels/split.h"

namespace llmc {

struct PrimitiveCase {  // behind abi::State in the arena
  const f32* x;
  const u32* words;
  f32* floats;
  u32* out;
};

LLMC_FN const PrimitiveCase& primitive_case(const abi::Args& a) { return *(const PrimitiveCase*)(a.arena + 1024); }

// out[k * threads + thread]: results of the wave operations on words[thread].
LLMC_KERNEL(128) void wave_operations(abi::Args a, int, int, int) {
  const PrimitiveCase& c = primitive_case(a);
  const u32 thread = prim::thread(), threads = prim::threads(), word = c.words[thread];
  u32* out = c.out + thread;
  out[0 * threads] = prim::lane();
  out[1 * threads] = prim::wave();
  LLMC_UNROLL for (u32 i = 0; i < 6; i++) out[(2 + i) * threads] = (1u << i) < prim::kWave ? prim::shfl_xor(word, 1u << i) : 0;
  out[8 * threads] = prim::shfl(word, word % prim::kWave);
  const u64 ballot = prim::ballot(word & 1);
  out[9 * threads] = (u32)ballot;
  out[10 * threads] = (u32)(ballot >> 32);
  out[11 * threads] = (u32)prim::wave_sum<4>((i32)word);
  c.floats[0 * threads + thread] = prim::wave_sum(c.x[thread]);
  c.floats[1 * threads + thread] = prim::wave_max(c.x[thread]);
  c.floats[2 * threads + thread] = prim::wave_max<8>(c.x[thread]);
  c.floats[3 * threads + thread] = prim::group_max(prim::abs(c.x[thread]));
  c.floats[4 * threads + thread] = prim::wave_max_of_numbers(c.x[thread]);
}

// Arithmetic on x[thread] and words[thread].
LLMC_KERNEL(128) void arithmetic(abi::Args a, int, int, int) {
  const PrimitiveCase& c = primitive_case(a);
  const u32 thread = prim::thread(), threads = prim::threads(), word = c.words[thread], other = c.words[thread ^ 1];
  const f32 x = c.x[thread];
  f32* f = c.floats + thread;
  f[0 * threads] = prim::exp2(x);
  f[1 * threads] = prim::log2(prim::abs(x));
  f[2 * threads] = prim::rcp(x);
  f[3 * threads] = prim::rsqrt(prim::abs(x));
  f[4 * threads] = prim::sqrt(prim::abs(x));
  f[5 * threads] = prim::sin_turns(word);
  f[6 * threads] = prim::cos_turns(word);
  f[7 * threads] = prim::half_to_float(prim::float_to_half(x));
  // Small numbers, whose products f16 has.
  u32x4 v[4];
  LLMC_UNROLL for (u32 i = 0; i < 16; i++) {
    const u32 digits = c.words[(thread + i) % threads];
    v[i / 4][i % 4] = prim::float2_to_half2((f32)(digits % 16) - 8, (f32)(digits / 16 % 16) - 8);
  }
  f[8 * threads] = prim::dot_f16(v[0], v[1], v[2], v[3]);
  u32* out = c.out + thread;
  out[0 * threads] = (u32)prim::dot4_us(word & 0x7f7f7f7fu, other, 5);
  out[1 * threads] = (u32)prim::dot4_ss(word, other, -5);
  out[2 * threads] = (u32)prim::round_to_int(x);
}

// The input of a phase of 200 columns with a norm, in all forms, copied out of shared memory.
LLMC_KERNEL(128) void normed_input(abi::Args a, int, int, int) {
  const PrimitiveCase& c = primitive_case(a);
  const fmt::Activations input = load_input<200, 128, true, in_codes | in_f16 | in_floats>(ThroughMemory(), c.x, c.x + 200, 1e-5f);
  for (u32 i = prim::thread(); i < 256; i += prim::threads()) {
    c.floats[i] = input.floats[i] * input.factor;
    c.floats[256 + i] = prim::half_to_float(((const u16*)input.f16)[i]) * input.f16_scales[i / 128] * input.factor;
    ((u8*)c.out)[i] = input.codes[i];
  }
  for (u32 i = prim::thread(); i < 16; i += prim::threads()) {
    const u32 word = ((const u32*)input.meta)[i];
    c.out[64 + i] = i % 2 == 0 ? prim::bits(prim::from_bits(word) * input.factor) : word;
  }
}

// Adds up, ten times over, what all workgroups wrote before the barrier. `start` workgroups do not come to the fifth barrier.
LLMC_KERNEL(128) void barriers(abi::Args a, int, int start, int) {
  const PrimitiveCase& c = primitive_case(a);
  u32 sum = 0;
  for (u32 round = 0; round < 10; round++) {
    if (round == 5 && prim::block() < (u32)start) return;
    if (prim::thread() == 0) prim::store_coherent(c.out + prim::block(), sum + prim::block() + 1);
    if (!grid_barrier(a, (u32*)(a.arena + 512))) return;
    sum = 0;
    for (u32 i = 0; i < a.workers; i++) sum += prim::load_coherent(c.out + i);
    if (!grid_barrier(a, (u32*)(a.arena + 512))) return;
  }
  if (prim::thread() == 127) c.out[a.workers + prim::block()] = sum;
}

// Two vectors go round among the workgroups, twenty times, over the wrap of the phases' numbers; in round r element i is i modulo 1,024 plus r.
// `start` workgroups leave in the fifth round. out: wrong elements read, and the rounds done, a workgroup.
LLMC_FN f32 expected(u32 i, u32 round) { return (f32)(i % 1024 + round); }
template <class Link, u32 columns>
LLMC_FN void go_round(const abi::Args& a, int start) {
  constexpr u32 rounds = 20, apart = columns <= 1024 ? 1024 : 4096, length = sizeof(typename Link::Run) / 4, runs = columns / length, per_thread = (runs + 127) / 128;
  const PrimitiveCase& c = primitive_case(a);
  Link link(a, 65526);
  link.begin();
  prim::sync_block();
  const Range mine = split(columns / 4, a.workers, prim::block());
  u32 wrong = 0, done = 0;
  for (u32 round = 0; round < rounds; round++) {
    if (round == 5 && prim::block() < (u32)start) return;
    const f32* before = c.floats + apart * (round % 2);
    if (round > 0) {
      u32x4 raw[per_thread];
      link.read(before, columns, prim::thread(), 128, raw);
      for (u32 i = 0; i < per_thread; i++) {
        const u32 run = prim::thread() + 128 * i;
        const typename Link::Run v = link.elements(raw[i]);
        for (u32 k = 0; run < runs && k < length; k++) wrong += v[k] != expected(length * run + k, round - 1);
      }
      if constexpr (length == 4) {
        const u32 first[1] = {prim::thread()}, second[1] = {columns - 1 - prim::thread()};
        const bool valid[1] = {prim::thread() % 3 != 0};
        f32 x[1], y[1];
        link.read_pairs(before, first, second, valid, x, y);
        if (valid[0]) wrong += (x[0] != expected(first[0], round - 1)) + (y[0] != expected(second[0], round - 1));
      }
    }
    prim::sync_block();
    if (link.failed()) return;
    f32* after = c.floats + apart * ((round + 1) % 2);
    if (round % 2 == 0) {
      for (u32 i = 4 * mine.begin + prim::thread(); i - prim::lane() < 4 * mine.end; i += 128) link.write(after, i, expected(i, round), i < 4 * mine.end);
    } else {
      for (u32 i = 4 * mine.begin + 2 * prim::thread(); i - 2 * prim::lane() < 4 * mine.end; i += 256)
        link.write_pair(after, i, expected(i, round), expected(i + 1, round), i < 4 * mine.end);
    }
    link.next_phase();
    done++;
  }
  c.out[128 * prim::block() + prim::thread()] = wrong + 1000 * done;
}
LLMC_KERNEL(128) void packets(abi::Args a, int, int start, int) { go_round<Packets, 640>(a, start); }
LLMC_KERNEL(128) void quads(abi::Args a, int, int start, int) { go_round<Quads, 640>(a, start); }
LLMC_KERNEL(128) void wide_quads(abi::Args a, int, int start, int) { go_round<Quads, 4608>(a, start); }

// x through packets, or through quads, and back.
template <class Link>
LLMC_FN void there_and_back(const abi::Args& a) {
  constexpr u32 length = sizeof(typename Link::Run) / 4;
  const PrimitiveCase& c = primitive_case(a);
  Link writer(a, 7), reader(a, 8);
  writer.begin();
  prim::sync_block();
  for (u32 i = prim::thread(); i < 1024; i += 128) writer.write(c.floats, i, c.x[i], true);
  prim::sync_block();
  for (u32 run = prim::thread(); run < 1024 / length; run += 128) {
    u32x4 raw[1], own[1];
    reader.read(c.floats, 1024, run, 128, raw);
    writer.from_memory(c.x, 1024, run, 128, own);
    for (u32 k = 0; k < length; k++) {
      c.floats[1024 + length * run + k] = writer.elements(own[0])[k];
      c.floats[2048 + length * run + k] = reader.elements(raw[0])[k];
    }
  }
}
LLMC_KERNEL(128) void packet_rounding(abi::Args a, int, int, int) { there_and_back<Packets>(a); }
LLMC_KERNEL(128) void quad_rounding(abi::Args a, int, int, int) { there_and_back<Quads>(a); }

// Mistakes that the simulation must find.
LLMC_KERNEL(128) void diverging_shuffle(abi::Args a, int, int, int) {
  u32 v = prim::lane();
  if (v < 7) v = prim::shfl_xor(v, 1);
  else v = (u32)prim::ballot(true);
  primitive_case(a).out[prim::thread()] = v;
}
LLMC_KERNEL(128) void missing_thread(abi::Args, int, int, int) {
  if (prim::thread() != 77) prim::sync_block();
}
LLMC_KERNEL(128) void shared_overrun(abi::Args, int, int start, int) { prim::shared()[start + (int)prim::thread()] = 1; }

}  // namespace llmc
