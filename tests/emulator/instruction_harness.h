// Tests of single instructions. A case is a line of assembly, the processors that have it, and what it should do, written as plain formulas
// on a copy of the wave's state: for one lane, or for the whole wave. The harness assembles the line, runs it on random and edge values,
// with EXEC full, partly off, one lane and empty, and compares everything: registers that the case does not name must not change.
#pragma once
#include <bit>
#include <functional>
#include <string>
#include <vector>
#include "common/types.h"

namespace llmc::emu::test {

constexpr unsigned kRegisters = 32, kAccumulators = 16;
constexpr unsigned kMemoryBytes = 8192;

// How a result is compared: bit by bit, or as numbers, where any NaN equals any other.
enum class Compare : u8 { bits, f32, f16_low, f16_pair };

struct State {
  u32 v[kRegisters][64];
  u32 a[kAccumulators][64];
  u32 s[128];
  bool scc;
  std::vector<u8> memory, lds;       // kMemoryBytes each
  Compare compare[kRegisters][64];   // of an expected register
  double ulps[kRegisters];           // allowed difference of f32 results
  unsigned lanes;                    // 32 or 64
  unsigned family;                   // 9 (gfx90a), 94 (gfx942), 10, 11, 12
  u64 memory_address;                // of `memory` while the instruction runs

  u64 pair(unsigned r) const { return s[r] | static_cast<u64>(s[r + 1]) << 32; }
  void set_pair(unsigned r, u64 x) { s[r] = static_cast<u32>(x), s[r + 1] = static_cast<u32>(x >> 32); }
  u64 mask(unsigned r) const { return lanes == 64 ? pair(r) : s[r]; }
  void set_mask(unsigned r, u64 x) {
    if (lanes == 64) set_pair(r, x);
    else s[r] = static_cast<u32>(x);
  }
  u64 exec() const { return mask(126); }
};

double half_value(u32 bits);   // of the low 16 bits
u32 half_bits(double value);   // rounded to nearest even, once
float as_float(u32 bits);
u32 as_bits(float value);
double bf16_value(u32 bits);
double fused_value(float a, float b, float c);  // a * b + c rounded once, by way of 128-bit floats

// "v3", or "v[3:6]" where `count` is 4; `file` is v, a or s.
std::string registers(char file, unsigned first, unsigned count);
// Numbers of up to 8 bytes in a state's memory or LDS, the lowest byte first.
u64 bytes_at(const std::vector<u8>& memory, u32 offset, unsigned bytes);
void put_bytes(std::vector<u8>& memory, u32 offset, unsigned bytes, u64 value);

// One lane of a state: values of before, results of after.
class Lane {
 public:
  Lane(const State& in, State& out, unsigned lane) : in_(in), out_(out), lane_(lane) {}
  unsigned lane() const { return lane_; }
  const State& in() const { return in_; }
  State& out() { return out_; }
  u32 u(unsigned r) const { return in_.v[r][lane_]; }
  i32 i(unsigned r) const { return static_cast<i32>(u(r)); }
  float f(unsigned r) const { return as_float(u(r)); }
  double h(unsigned r) const { return half_value(u(r)); }
  double hh(unsigned r) const { return half_value(u(r) >> 16); }
  u16 us(unsigned r) const { return static_cast<u16>(u(r)); }
  u16 uh(unsigned r) const { return static_cast<u16>(u(r) >> 16); }
  i16 is(unsigned r) const { return static_cast<i16>(us(r)); }
  i16 ih(unsigned r) const { return static_cast<i16>(uh(r)); }
  u64 q(unsigned r) const { return u(r) | static_cast<u64>(u(r + 1)) << 32; }
  double d(unsigned r) const { return std::bit_cast<double>(q(r)); }
  bool bit(unsigned scalar) const { return in_.mask(scalar) >> lane_ & 1; }

  void set(unsigned r, u32 x) { out_.v[r][lane_] = x; }
  void set64(unsigned r, u64 x) { set(r, static_cast<u32>(x)), set(r + 1, static_cast<u32>(x >> 32)); }
  void setf(unsigned r, double x, double ulps = 0);  // rounded to float32
  void setd(unsigned r, double x);
  void seth(unsigned r, double x);                   // a 16-bit float; the other half as the family has it
  void seth_keep(unsigned r, double x);              // ... kept
  void seth_high(unsigned r, double x);              // into the high half
  void setp(unsigned r, double lo, double hi);       // packed
  void set16(unsigned r, u32 x);                     // a 16-bit integer; the other half as the family has it
  void set_bit(unsigned scalar, bool x);             // of a lane mask whose other lanes are cleared beforehand

 private:
  const State& in_;
  State& out_;
  unsigned lane_;
};

using Families = std::vector<unsigned>;
inline const Families kAll = {9, 94, 10, 11, 12}, kRdna = {10, 11, 12}, kCdna = {9, 94}, k9 = {9}, k94 = {94}, k10 = {10}, k11 = {11},
                      k12 = {12}, k1112 = {11, 12}, k910 = {9, 94, 10}, k1011 = {10, 11};

struct Case {
  std::string text;   // $m: scalar register(s) 20 as a lane mask, $n: 24, $c: VCC
  Families families;
  std::function<void(const State&, State&)> wave;
  std::function<void(State&)> prepare;  // changes the random inputs
};

class Cases {
 public:
  // What each active lane does. `mask` names a scalar register (pair) whose inactive lanes' bits become 0; 0: none.
  void lane(const std::string& text, const Families& families, std::function<void(Lane&)> body, unsigned mask = 0,
            std::function<void(State&)> prepare = nullptr);
  // What the wave does.
  void wave(const std::string& text, const Families& families, std::function<void(const State&, State&)> body,
            std::function<void(State&)> prepare = nullptr);
  const std::vector<Case>& all() const { return cases_; }

 private:
  std::vector<Case> cases_;
};

// Runs every case; gtest failures name the line, processor, lane and values.
void run_cases(const Cases& cases);

void integer_cases(Cases&);
void float_cases(Cases&);
void half_cases(Cases&);
void convert_cases(Cases&);
void compare_cases(Cases&);
void dot_cases(Cases&);
void cross_lane_cases(Cases&);
void scalar_cases(Cases&);
void program_cases(Cases&);
void memory_cases(Cases&);
void lds_cases(Cases&);
void matrix_cases(Cases&);

}  // namespace llmc::emu::test
