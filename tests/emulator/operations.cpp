#include "tests/emulator/operations.h"
#include <unordered_map>

namespace llmc::emu {

std::span<const std::span<const Operation>> all_operations() {
  static const std::span<const Operation> groups[] = {
      scalar_operations(),  scalar_compare_operations(), scalar_memory_operations(), program_operations(), integer_operations(),
      float_operations(),   transcendental_operations(), half_operations(),          convert_operations(), compare_operations(),
      dot_operations(),     cross_lane_operations(),     lds_operations(),           global_operations(),  atomic_operations(),
      matrix_operations(),
  };
  return groups;
}

const Operation* find_operation(std::string_view mnemonic) {
  static const auto table = [] {
    std::unordered_map<std::string_view, const Operation*> map;
    for (const auto group : all_operations())
      for (const Operation& o : group) map.emplace(o.mnemonic, &o);
    return map;
  }();
  const auto found = table.find(mnemonic);
  return found == table.end() ? nullptr : found->second;
}

}  // namespace llmc::emu
