// The lane movements of DPP (RDNA3 ISA, 7.7; GCN's wave-wide ones beside): from which lane each lane takes its first source.
#include "tests/emulator/decode.h"
#include "tests/emulator/operand_text.h"

namespace llmc::emu {
namespace {

constexpr u8 kInvalid = DppLanes::kInvalid;

// "[1,0,3,2]"
void parse_list(std::string_view list, unsigned* values, unsigned most) {
  unsigned n = 0;
  for (const char c : list)
    if (c >= '0' && c <= '9' && n < most) values[n++] = static_cast<unsigned>(c - '0');
}

// False if `m` is no lane movement.
bool movement(const AssemblyModifier& m, unsigned wave_size, DppLanes& d) {
  const unsigned n = m.value.empty() || m.value.front() == '[' ? 0 : static_cast<unsigned>(parse_integer(m.value));
  unsigned list[8] = {};
  if (m.value.starts_with("[")) parse_list(m.value, list, 8);
  const int last = static_cast<int>(wave_size) - 1;
  for (int l = 0; l <= last; l++) {
    const int row = l & ~15, in_row = l & 15;
    int from;
    if (m.name == "quad_perm") from = (l & ~3) + static_cast<int>(list[l & 3]);
    else if (m.name == "dpp8") from = (l & ~7) + static_cast<int>(list[l & 7]);
    else if (m.name == "row_shl") from = in_row + static_cast<int>(n) > 15 ? -1 : l + static_cast<int>(n);
    else if (m.name == "row_shr") from = in_row - static_cast<int>(n) < 0 ? -1 : l - static_cast<int>(n);
    else if (m.name == "row_ror") from = row + ((in_row - static_cast<int>(n)) & 15);
    else if (m.name == "row_mirror") from = row + (15 - in_row);
    else if (m.name == "row_half_mirror") from = (l & ~7) + (7 - (l & 7));
    else if (m.name == "row_share" || m.name == "row_newbcast") from = row + static_cast<int>(n);
    else if (m.name == "row_xmask") from = row + (in_row ^ static_cast<int>(n));
    else if (m.name == "row_bcast" && n == 15) from = row ? row - 1 : -1;
    else if (m.name == "row_bcast" && n == 31) from = l >= 32 ? 31 : -1;
    else if (m.name == "wave_shl") from = l == last ? -1 : l + 1;
    else if (m.name == "wave_shr") from = l - 1;
    else if (m.name == "wave_rol") from = (l + 1) & last;
    else if (m.name == "wave_ror") from = (l - 1) & last;
    else return false;
    d.from[l] = from < 0 ? kInvalid : static_cast<u8>(from);
  }
  // What a broadcast does not reach keeps its lanes unwritten only where row_mask says so; the first rows have no row before them.
  return true;
}

}  // namespace

void Decoder::wrap_dpp(const AssemblyText& text, Instruction& i) {
  DppLanes& d = dpp_.emplace_back();
  bool moved = false;
  for (const AssemblyModifier& m : text.modifiers) {
    if (movement(m, wave_size_, d)) {
      moved = true;
      if (m.name == "dpp8") d.bound_control = true;
    } else if (m.name == "row_mask") {
      const unsigned mask = static_cast<unsigned>(parse_integer(m.value));
      for (unsigned l = 0; l < 64; l++)
        if (!(mask >> (l / 16) & 1)) d.writable &= ~(1ull << l);
    } else if (m.name == "bank_mask") {
      const unsigned mask = static_cast<unsigned>(parse_integer(m.value));
      for (unsigned l = 0; l < 64; l++)
        if (!(mask >> (l / 4 % 4) & 1)) d.writable &= ~(1ull << l);
    } else if (m.name == "bound_ctrl") {
      d.bound_control = true;
    } else if (m.name == "fi") {
      d.fetch_inactive = m.value != "0";
    }
  }
  if (!moved) {
    i = unimplemented();
    return;
  }
  Instruction inner = i;
  inner.src[0].kind = OperandKind::permuted;
  Instruction wrapper = i;
  wrapper.inner = keep(inner);
  wrapper.src[1] = Operand();
  wrapper.src[1].row = reinterpret_cast<const u32*>(&d);
  wrapper.handler = dpp_handler(wave_size_);
  i = wrapper;
}

}  // namespace llmc::emu
