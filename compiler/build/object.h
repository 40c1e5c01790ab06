// What generated code says of itself: registers, memory and sizes of every kernel, and the rules that only machine code can break.
#pragma once
#include <string>
#include <vector>
#include "compiler/build/build.h"

namespace llmc {

// The metadata note of a linked AMD code object (LLVM's AMDGPU usage guide, "Code Object V5 Metadata"). A kernel in
// `hot_kernels` that has scratch memory is InternalError naming it and the bytes.
std::vector<KernelResources> amd_resources(const std::vector<u8>& object, const std::vector<std::string>& hot_kernels);

// The entries of a PTX text; registers stay unknown. `.local` memory anywhere is InternalError naming the function.
std::vector<KernelResources> ptx_resources(const std::vector<u8>& ptx);

// Sets the kernels' code_bytes to the sizes of their sections in a cubin (`.text.` and the name; the functions that a kernel calls stand there as
// well). Nothing happens where `cubin` is no ELF file.
void set_cubin_sizes(const std::vector<u8>& cubin, std::vector<KernelResources>& kernels);

// The exported functions of an x86 shared object with their sizes. With `closed`, a symbol that the object neither defines nor may
// take from the C library (memcpy, memmove, memset, memcmp) is InternalError naming it.
std::vector<KernelResources> x86_resources(const std::vector<u8>& object, bool closed);

}  // namespace llmc
