// Kernel sources compiled as an emitted x86 program is, and loaded into this process.
#pragma once
#include <string>

namespace llmc {

class X86Module {
 public:
  // `source` may include headers of kernels/. arch: "x86-64-v3" or "x86-64-v4".
  X86Module(const std::string& source, const std::string& arch);
  ~X86Module();
  X86Module(const X86Module&) = delete;
  template <class Function>
  Function* function(const std::string& name) const {
    return reinterpret_cast<Function*>(symbol(name));
  }

 private:
  void* symbol(const std::string& name) const;
  void* handle_ = nullptr;
};

// Whether this machine runs code of the arch.
bool runs_here(const std::string& arch);

}  // namespace llmc
