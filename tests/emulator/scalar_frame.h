// The frame of a scalar instruction, as lanes.h has the vector one: a lambda over the source values, SCC by reference as its last
// parameter where the instruction reads or writes it.
#pragma once
#include "tests/emulator/operations.h"

namespace llmc::emu {

template <class T>
T scalar_value(const Wave& w, const Operand& o) {
  const u64 bits = scalar_bits(w, o, sizeof(T) == 8);
  if constexpr (sizeof(T) == 8) return std::bit_cast<T>(bits);
  else if constexpr (sizeof(T) == 4) return std::bit_cast<T>(static_cast<u32>(bits));
  else return static_cast<T>(bits);
}

template <class R>
void write_scalar(Wave& w, const Operand& o, R value) {
  if (o.kind != OperandKind::sgpr) return;
  if constexpr (sizeof(R) == 8) w.set_pair(o.index, std::bit_cast<u64>(value));
  else w.sgpr[o.index] = std::bit_cast<u32>(value);
}

template <auto F, bool ReadsScc, class R, class... A>
struct ScalarFrame {
  template <std::size_t... K>
  static void body(Wave& w, const Instruction& i, std::index_sequence<K...>) {
    if constexpr (ReadsScc) {
      bool scc = w.scc;
      const R r = F(scalar_value<A>(w, i.src[K])..., scc);
      write_scalar<R>(w, i.dst, r);
      w.scc = scc;
    } else {
      write_scalar<R>(w, i.dst, F(scalar_value<A>(w, i.src[K])...));
    }
  }
  static void handle(Wave& w, const Instruction& i) { body(w, i, std::index_sequence_for<A...>()); }
  static constexpr Operation entry(const char* mnemonic) {
    return operation(mnemonic, Form::operands, InstructionClass::scalar_alu, handle, handle, {operand_type<R>()}, {operand_type<A>()...});
  }
};

template <auto F, class Done, class... Rest>
struct ScalarParameters;
template <auto F, class R, class... A>
struct ScalarParameters<F, R(A...)> : ScalarFrame<F, false, R, A...> {};
template <auto F, class R, class... A>
struct ScalarParameters<F, R(A...), bool&> : ScalarFrame<F, true, R, A...> {};
template <auto F, class R, class... A, class Next, class... Rest>
struct ScalarParameters<F, R(A...), Next, Rest...> : ScalarParameters<F, R(A..., Next), Rest...> {};

template <auto F, class R, class C, class... A>
constexpr Operation scalar_of(const char* mnemonic, R (C::*)(A...) const) {
  return ScalarParameters<F, R(), A...>::entry(mnemonic);
}
template <auto F>
constexpr Operation scalar(const char* mnemonic) {
  return scalar_of<F>(mnemonic, &decltype(F)::operator());
}
// Its last source is the old destination.
template <auto F>
constexpr Operation scalar_accumulating(const char* mnemonic) {
  Operation o = scalar<F>(mnemonic);
  o.accumulates = true;
  return o;
}

}  // namespace llmc::emu
