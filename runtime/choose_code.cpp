#include "runtime/choose_code.h"
#include <charconv>
#include <optional>
#include "common/error.h"

namespace llmc {
namespace {

// "sm_90" and "sm_90a" are 90: major 9, minor 0.
std::optional<int> compute_capability(std::string_view arch) {
  if (!arch.starts_with("sm_")) return std::nullopt;
  int value = 0;
  const char* end = arch.data() + arch.size();
  if (std::from_chars(arch.data() + 3, end, value).ec != std::errc()) return std::nullopt;
  return value;
}

bool runs(const CodeEntry& entry, const std::string& device_arch) {
  const std::optional<int> made = compute_capability(entry.arch), found = compute_capability(device_arch);
  if (entry.kind == "ptx") return made && found && *found >= *made;
  if (entry.kind == "cubin") return made && found && *found / 10 == *made / 10 && *found >= *made;
  if (entry.kind == "so") return true;  // opening the CPU checked its features
  return entry.arch == device_arch;
}

}  // namespace

const CodeEntry& choose_code(std::span<const CodeEntry> entries, const std::string& device_name, const std::string& device_arch) {
  const CodeEntry* chosen = nullptr;
  for (const CodeEntry& entry : entries) {
    if (runs(entry, device_arch) && (chosen == nullptr || (chosen->kind == "ptx" && entry.kind == "cubin"))) chosen = &entry;
  }
  if (chosen != nullptr) return *chosen;
  std::string have;
  for (const CodeEntry& entry : entries) have += (have.empty() ? "" : ", ") + entry.arch + " (" + entry.kind + ")";
  fail(Exit::device, "{} is {}; this program holds code for {}. Choose another device with --device, or compile with --arch {}.", device_name,
       device_arch, have, device_arch);
}

}  // namespace llmc
