#include "tests/emulator/code_object.h"
#include <cstring>
#include <llvm/BinaryFormat/MsgPackDocument.h>
#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/Demangle/Demangle.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/AMDHSAKernelDescriptor.h>
#include "common/error.h"

namespace llmc::emu {
namespace {

using Elf = llvm::object::ELF64LEObjectFile;
namespace elf = llvm::ELF;
namespace hsa = llvm::amdhsa;

template <class T>
T checked(llvm::Expected<T> value) {
  if (!value) fail(Exit::bad_input, "The code object cannot be read: {}", llvm::toString(value.takeError()));
  return std::move(*value);
}

// An image is handed over by its address alone: the section table, which linkers write last, and the segments say how long it is.
u64 file_size(const void* image) {
  elf::Elf64_Ehdr header;
  std::memcpy(&header, image, sizeof(header));
  if (!header.checkMagic() || header.e_machine != elf::EM_AMDGPU || header.e_ident[elf::EI_CLASS] != elf::ELFCLASS64) {
    fail(Exit::bad_input, "What was loaded is not an AMD code object: it does not begin with the header of one.");
  }
  u64 size = header.e_shoff + u64{header.e_shnum} * header.e_shentsize;
  for (u32 i = 0; i < header.e_phnum; ++i) {
    elf::Elf64_Phdr segment;
    std::memcpy(&segment, static_cast<const u8*>(image) + header.e_phoff + i * sizeof(segment), sizeof(segment));
    size = std::max<u64>(size, segment.p_offset + segment.p_filesz);
  }
  return size;
}

u32 number(llvm::msgpack::MapDocNode& map, const char* key, u32 otherwise = 0) {
  const auto found = map.find(key);
  return found == map.end() ? otherwise : static_cast<u32>(found->second.getUInt());
}

}  // namespace

struct CodeObject::File {
  std::vector<u8> bytes;  // a copy: the caller's may go
  std::unique_ptr<Elf> elf;
  std::unique_ptr<llvm::DWARFContext> debug;
};

CodeObject::CodeObject(const void* image, Allocations& memory) : file_(std::make_unique<File>()), memory_(memory) {
  const u8* first = static_cast<const u8*>(image);
  file_->bytes.assign(first, first + file_size(image));
  const llvm::StringRef text(reinterpret_cast<const char*>(file_->bytes.data()), file_->bytes.size());
  file_->elf = std::make_unique<Elf>(checked(Elf::create(llvm::MemoryBufferRef(text, "code object"))));
  arch_ = file_->elf->tryGetCPUName().value_or("").str();
  if (arch_.empty()) fail(Exit::bad_input, "The code object names no processor that LLVM knows.");
  file_->debug = llvm::DWARFContext::create(*file_->elf);
  place();
  relocate();
  read_kernels();
}

CodeObject::~CodeObject() {
  if (base_ != 0) memory_.release(base_);
}

void CodeObject::place() {
  const auto& file = file_->elf->getELFFile();
  for (const auto& segment : checked(file.program_headers())) {
    if (segment.p_type == elf::PT_LOAD) bytes_ = std::max<u64>(bytes_, segment.p_vaddr + segment.p_memsz);
  }
  Allocation* allocation = memory_.allocate(bytes_, AllocationKind::code);
  if (allocation == nullptr) fail(Exit::memory, "There is no memory for a code object of {} bytes.", bytes_);
  base_ = allocation->base;
  for (const auto& segment : checked(file.program_headers())) {
    if (segment.p_type != elf::PT_LOAD) continue;
    std::memcpy(reinterpret_cast<u8*>(base_ + segment.p_vaddr), file_->bytes.data() + segment.p_offset, segment.p_filesz);
  }
  for (const auto& section : checked(file.sections())) {
    if (checked(file.getSectionName(section)) != ".text") continue;
    text_ = {reinterpret_cast<const u8*>(base_ + section.sh_addr), section.sh_size};
  }
  if (text_.empty()) fail(Exit::bad_input, "The code object has no .text section.");
}

void CodeObject::relocate() {
  const auto& file = file_->elf->getELFFile();
  for (const auto& section : checked(file.sections())) {
    if (section.sh_type != elf::SHT_RELA || (section.sh_flags & elf::SHF_ALLOC) == 0) continue;
    const auto* symbols = checked(file.getSection(section.sh_link));
    for (const auto& relocation : checked(file.relas(section))) {
      u64 value = base_ + static_cast<u64>(relocation.r_addend);
      switch (relocation.getType(false)) {
        case elf::R_AMDGPU_RELATIVE64: break;
        case elf::R_AMDGPU_ABS64: {
          const auto* symbol = checked(file.getRelocationSymbol(relocation, symbols));
          if (symbol == nullptr || symbol->st_shndx == elf::SHN_UNDEF)
            fail(Exit::bad_input, "The code object refers to a symbol that it does not define.");
          value += symbol->st_value;
          break;
        }
        default: fail(Exit::unsupported, "The code object has a dynamic relocation of type {}.", u32{relocation.getType(false)});
      }
      std::memcpy(reinterpret_cast<u8*>(base_ + relocation.r_offset), &value, sizeof(value));
    }
  }
}

void CodeObject::read_kernels() {
  const auto& file = file_->elf->getELFFile();
  llvm::msgpack::Document document;
  bool found = false;
  for (const auto& section : checked(file.sections())) {
    if (section.sh_type != elf::SHT_NOTE) continue;
    llvm::Error error = llvm::Error::success();
    for (const auto& note : file.notes(section, error)) {
      if (note.getName() == "AMDGPU" && note.getType() == elf::NT_AMDGPU_METADATA) {
        found = document.readFromBlob(note.getDescAsStringRef(section.sh_addralign), false);
      }
    }
    if (error) fail(Exit::bad_input, "The code object's notes cannot be read: {}", llvm::toString(std::move(error)));
  }
  if (!found) fail(Exit::bad_input, "The code object has no metadata note.");

  std::map<std::string, std::pair<u64, u64>> symbols;  // value, size
  for (const llvm::object::ELFSymbolRef symbol : file_->elf->getDynamicSymbolIterators()) {
    symbols[checked(symbol.getName()).str()] = {checked(symbol.getValue()), symbol.getSize()};
  }
  for (auto& node : document.getRoot().getMap(true)["amdhsa.kernels"].getArray(true)) {
    auto& map = node.getMap();
    Kernel kernel;
    kernel.name = map[".name"].getString().str();
    kernel.vgprs = number(map, ".vgpr_count");
    kernel.accum_vgprs = number(map, ".agpr_count");
    kernel.sgprs = number(map, ".sgpr_count");
    kernel.wave_size = number(map, ".wavefront_size", 64);
    kernel.max_threads = number(map, ".max_flat_workgroup_size", 1024);
    kernel.kernarg_bytes = number(map, ".kernarg_segment_size");
    if (const auto arguments = map.find(".args"); arguments != map.end()) {
      for (auto& argument : arguments->second.getArray()) {
        auto& fields = argument.getMap();
        kernel.arguments.push_back({fields[".value_kind"].getString().str(), number(fields, ".offset"), number(fields, ".size")});
      }
    }
    const std::string descriptor = map[".symbol"].getString().str();
    if (!symbols.contains(descriptor) || !symbols.contains(kernel.name)) {
      fail(Exit::bad_input, "The code object has metadata of a kernel {} and no code for it.", kernel.name);
    }
    kernel.code_bytes = symbols[kernel.name].second;
    read_descriptor(kernel, base_ + symbols[descriptor].first);
    kernels_[kernel.name] = kernel;
  }
}

void CodeObject::read_descriptor(Kernel& kernel, u64 at) const {
  hsa::kernel_descriptor_t descriptor;
  std::memcpy(&descriptor, reinterpret_cast<const u8*>(at), sizeof(descriptor));
  kernel.entry = at + static_cast<u64>(descriptor.kernel_code_entry_byte_offset);
  kernel.group_bytes = descriptor.group_segment_fixed_size;
  kernel.private_bytes = descriptor.private_segment_fixed_size;
  kernel.kernarg_bytes = std::max(kernel.kernarg_bytes, descriptor.kernarg_size);
  kernel.rsrc1 = descriptor.compute_pgm_rsrc1;
  kernel.rsrc2 = descriptor.compute_pgm_rsrc2;
  kernel.rsrc3 = descriptor.compute_pgm_rsrc3;
  kernel.properties = descriptor.kernel_code_properties;
  kernel.preload = descriptor.kernarg_preload;
}

const Kernel* CodeObject::kernel(const std::string& name) const {
  const auto found = kernels_.find(name);
  return found == kernels_.end() ? nullptr : &found->second;
}

u64 CodeObject::variable(const std::string& name, u64& bytes) const {
  for (const llvm::object::ELFSymbolRef symbol : file_->elf->getDynamicSymbolIterators()) {
    if (symbol.getELFType() != elf::STT_OBJECT || checked(symbol.getName()) != name) continue;
    bytes = symbol.getSize();
    return base_ + checked(symbol.getValue());
  }
  return 0;
}

std::vector<std::string> CodeObject::functions(u64 address) const {
  using Specifier = llvm::DILineInfoSpecifier;
  const Specifier how(Specifier::FileLineInfoKind::None, Specifier::FunctionNameKind::LinkageName);
  const llvm::DIInliningInfo frames =
      file_->debug->getInliningInfoForAddress({address - base_, llvm::object::SectionedAddress::UndefSection}, how);
  std::vector<std::string> names;
  for (u32 i = frames.getNumberOfFrames(); i-- > 0;) names.push_back(llvm::demangle(frames.getFrame(i).FunctionName));
  return names;
}

std::string CodeObject::source_line(u64 address) const {
  using Specifier = llvm::DILineInfoSpecifier;
  const Specifier how(Specifier::FileLineInfoKind::RelativeFilePath, Specifier::FunctionNameKind::ShortName);
  const llvm::DIInliningInfo frames =
      file_->debug->getInliningInfoForAddress({address - base_, llvm::object::SectionedAddress::UndefSection}, how);
  std::string text;
  for (u32 i = 0; i < frames.getNumberOfFrames(); ++i) {
    const llvm::DILineInfo& frame = frames.getFrame(i);
    if (frame.Line == 0 || frame.FileName == llvm::DILineInfo::BadString) continue;
    text += fmt::format("{}{}:{}:{}", text.empty() ? "" : ", inlined at ", frame.FileName, frame.Line, frame.Column);
    if (frame.FunctionName != llvm::DILineInfo::BadString) text += fmt::format(" ({})", frame.FunctionName);
  }
  return text;
}

}  // namespace llmc::emu
