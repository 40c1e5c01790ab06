// Scalar loads (RDNA3 ISA, chapter 8): consecutive dwords from base + offset + scalar offset into consecutive scalar registers. The two
// lowest address bits are ignored by loads of dwords.
#include "tests/emulator/memory.h"
#include "tests/emulator/operations.h"

namespace llmc::emu {
namespace {

template <unsigned Dwords>
void load(Wave& w, const Instruction& i) {
  const u64 address = (w.pair(i.src[0].index) + static_cast<u64>(i.imm) + static_cast<u32>(scalar_bits(w, i.src[1], false))) & ~3ull;
  w.memory->scalar(i, w, address, Dwords * 4);
  u32 data[Dwords];
  std::memcpy(data, reinterpret_cast<const void*>(address), sizeof data);
  if (i.dst.kind == OperandKind::sgpr) std::memcpy(w.sgpr + i.dst.index, data, sizeof data);
}
template <class T>
void load_narrow(Wave& w, const Instruction& i) {
  const u64 address = w.pair(i.src[0].index) + static_cast<u64>(i.imm) + static_cast<u32>(scalar_bits(w, i.src[1], false));
  w.memory->scalar(i, w, address, sizeof(T));
  T data;
  std::memcpy(&data, reinterpret_cast<const void*>(address), sizeof data);
  if (i.dst.kind == OperandKind::sgpr) w.sgpr[i.dst.index] = static_cast<u32>(static_cast<i32>(data));
}

template <unsigned Dwords>
constexpr Operation loads(const char* mnemonic) {
  return operation(mnemonic, Form::scalar_load, InstructionClass::scalar_memory, load<Dwords>, load<Dwords>);
}
template <class T>
constexpr Operation narrow(const char* mnemonic) {
  return operation(mnemonic, Form::scalar_load, InstructionClass::scalar_memory, load_narrow<T>, load_narrow<T>);
}

constexpr Operation table[] = {
    loads<1>("s_load_b32"),     loads<2>("s_load_b64"),       loads<3>("s_load_b96"),       loads<4>("s_load_b128"),
    loads<8>("s_load_b256"),    loads<16>("s_load_b512"),     loads<1>("s_load_dword"),     loads<2>("s_load_dwordx2"),
    loads<4>("s_load_dwordx4"), loads<8>("s_load_dwordx8"),   loads<16>("s_load_dwordx16"), narrow<u8>("s_load_u8"),
    narrow<i8>("s_load_i8"),    narrow<u16>("s_load_u16"),    narrow<i16>("s_load_i16"),
};

}  // namespace

std::span<const Operation> scalar_memory_operations() { return table; }

}  // namespace llmc::emu
