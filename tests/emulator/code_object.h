// An AMD code object (version 4 or 5) in device memory: an ELF file with a 64-byte descriptor for each kernel and a note of MessagePack
// metadata (LLVM, "User Guide for AMDGPU Backend", sections Code Object and Kernel Descriptor).
#pragma once
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>
#include "tests/emulator/allocations.h"

namespace llmc::emu {

struct KernelArgument {
  std::string kind;  // "by_value", "global_buffer", "hidden_block_count_x", ...
  u32 offset = 0, size = 0;
  bool hidden() const { return kind.starts_with("hidden_"); }
};

struct Kernel {
  std::string name;
  u64 entry = 0;          // device address of its first instruction
  u64 code_bytes = 0;     // of its symbol
  u32 group_bytes = 0;    // LDS declared statically
  u32 private_bytes = 0;  // scratch of a lane
  u32 kernarg_bytes = 0;
  u32 wave_size = 64;
  u32 vgprs = 0, accum_vgprs = 0, sgprs = 0;  // as the compiler counted them; vgprs include the accumulation registers from gfx90a on
  u32 max_threads = 1024;
  u32 rsrc1 = 0, rsrc2 = 0, rsrc3 = 0;
  u16 properties = 0, preload = 0;
  std::vector<KernelArgument> arguments;  // in order of offset, hidden ones included
};

class CodeObject {
 public:
  // `elf` begins with an ELF header; its size is read from it. Places it in `memory`. Error(bad_input) for what is not a code object.
  CodeObject(const void* elf, Allocations& memory);
  ~CodeObject();
  CodeObject(const CodeObject&) = delete;
  CodeObject& operator=(const CodeObject&) = delete;

  const std::string& arch() const { return arch_; }  // "gfx1100"
  const Kernel* kernel(const std::string& name) const;
  const std::map<std::string, Kernel>& kernels() const { return kernels_; }
  std::span<const u8> text() const { return text_; }  // the machine code, in device memory
  // Device address of a variable and its bytes; 0 where there is none.
  u64 variable(const std::string& name, u64& bytes) const;
  // "kernel.hip:12:3, inlined at kernel.hip:40:5" for an address in the text; empty where the file has no debug info.
  std::string source_line(u64 address) const;
  // The functions an address belongs to by inlining, in full ("bool llmc::OPhase<F>::run<Link>(...)"), the kernel first; empty likewise.
  std::vector<std::string> functions(u64 address) const;

 private:
  struct File;  // the ELF file as LLVM reads it
  void place();
  void relocate();
  void read_kernels();
  void read_descriptor(Kernel& kernel, u64 descriptor) const;

  std::unique_ptr<File> file_;
  Allocations& memory_;
  std::string arch_;
  u64 base_ = 0, bytes_ = 0;  // load address of virtual address 0
  std::span<const u8> text_;
  std::map<std::string, Kernel> kernels_;
};

}  // namespace llmc::emu
