#include <cstring>
#include <map>
#include <set>
#include <llvm/BinaryFormat/ELF.h>
#include <llvm/BinaryFormat/MsgPackDocument.h>
#include <llvm/Object/ELFObjectFile.h>
#include "common/error.h"
#include "compiler/build/object.h"

namespace llmc {
namespace {

using Elf = llvm::object::ELF64LEObjectFile;

template <class T>
T checked(llvm::Expected<T> value) {
  if (!value) throw InternalError("the generated object cannot be read back: " + llvm::toString(value.takeError()));
  return std::move(*value);
}

Elf open_elf(const std::vector<u8>& object) {
  const llvm::StringRef bytes(reinterpret_cast<const char*>(object.data()), object.size());
  return checked(Elf::create(llvm::MemoryBufferRef(bytes, "object")));
}

struct Symbol {
  std::string name;
  u64 size;
  bool defined, function;
};

std::vector<Symbol> dynamic_symbols(const Elf& elf) {
  std::vector<Symbol> symbols;
  for (const llvm::object::ELFSymbolRef symbol : elf.getDynamicSymbolIterators()) {
    const std::string name = checked(symbol.getName()).str();
    const bool defined = !(checked(symbol.getFlags()) & llvm::object::SymbolRef::SF_Undefined);
    if (!name.empty()) symbols.push_back({name, symbol.getSize(), defined, symbol.getELFType() == llvm::ELF::STT_FUNC});
  }
  return symbols;
}

// The MessagePack document in the note of type NT_AMDGPU_METADATA, or nothing.
bool read_metadata(const Elf& elf, llvm::msgpack::Document& document) {
  const auto& file = elf.getELFFile();
  for (const auto& section : checked(file.sections())) {
    if (section.sh_type != llvm::ELF::SHT_NOTE) continue;
    llvm::Error error = llvm::Error::success();
    for (const auto& note : file.notes(section, error)) {
      if (note.getName() != "AMDGPU" || note.getType() != llvm::ELF::NT_AMDGPU_METADATA) continue;
      llvm::cantFail(std::move(error));
      return document.readFromBlob(note.getDescAsStringRef(section.sh_addralign), false);
    }
    if (error) throw InternalError("the code object's notes cannot be read: " + llvm::toString(std::move(error)));
  }
  return false;
}

u32 number(llvm::msgpack::MapDocNode& map, const char* key) {
  auto found = map.find(key);
  return found == map.end() ? 0 : static_cast<u32>(found->second.getUInt());
}

}  // namespace

std::vector<KernelResources> amd_resources(const std::vector<u8>& object, const std::vector<std::string>& hot_kernels) {
  const Elf elf = open_elf(object);
  std::map<std::string, u64> sizes;
  for (const Symbol& symbol : dynamic_symbols(elf))
    if (symbol.function) sizes[symbol.name] = symbol.size;

  llvm::msgpack::Document document;
  if (!read_metadata(elf, document)) throw InternalError("the code object has no metadata note");
  const std::set<std::string> hot(hot_kernels.begin(), hot_kernels.end());
  std::vector<KernelResources> kernels;
  auto& root = document.getRoot().getMap(true);
  for (auto& node : root["amdhsa.kernels"].getArray(true)) {
    auto& map = node.getMap();
    KernelResources kernel;
    kernel.name = map[".name"].getString().str();
    kernel.known = true;
    // .vgpr_count includes the accumulation registers where both come from one file (gfx90a on); on gfx908 it is the larger of the two.
    kernel.vgprs = number(map, ".vgpr_count");
    kernel.sgprs = number(map, ".sgpr_count");
    kernel.lds = number(map, ".group_segment_fixed_size");
    kernel.scratch = number(map, ".private_segment_fixed_size");
    kernel.spills = number(map, ".vgpr_spill_count") + number(map, ".sgpr_spill_count");
    kernel.wave = number(map, ".wavefront_size");
    kernel.code_bytes = sizes[kernel.name];
    const bool dynamic_stack = map.find(".uses_dynamic_stack") != map.end() && map[".uses_dynamic_stack"].getBool();
    if (hot.contains(kernel.name) && (kernel.scratch > 0 || dynamic_stack))
      throw InternalError(fmt::format(
          "kernel {} is hot, but its code uses scratch memory: {} bytes a lane{}, {} registers spilled of {} vector and {} scalar",
          kernel.name, kernel.scratch, dynamic_stack ? " and a dynamic stack" : "", kernel.spills, kernel.vgprs, kernel.sgprs));
    kernels.push_back(kernel);
  }
  return kernels;
}

void set_cubin_sizes(const std::vector<u8>& cubin, std::vector<KernelResources>& kernels) {
  if (cubin.size() < 4 || std::memcmp(cubin.data(), llvm::ELF::ElfMagic, 4) != 0) return;
  const Elf elf = open_elf(cubin);
  for (const llvm::object::SectionRef& section : elf.sections()) {
    const llvm::StringRef name = checked(section.getName());
    for (KernelResources& kernel : kernels)
      if (name == ".text." + kernel.name) kernel.code_bytes = section.getSize();
  }
}

std::vector<KernelResources> x86_resources(const std::vector<u8>& object, bool closed) {
  static const std::set<std::string> from_libc = {"memcpy", "memmove", "memset", "memcmp"};
  std::vector<KernelResources> functions;
  const Elf elf = open_elf(object);
  for (const Symbol& symbol : dynamic_symbols(elf)) {
    if (!symbol.defined && closed && !from_libc.contains(symbol.name))
      throw InternalError(fmt::format("the generated x86 code calls '{}', which nothing defines", symbol.name));
    if (!symbol.defined || !symbol.function) continue;
    KernelResources function;
    function.name = symbol.name;
    function.code_bytes = symbol.size;
    functions.push_back(function);
  }
  return functions;
}

}  // namespace llmc
