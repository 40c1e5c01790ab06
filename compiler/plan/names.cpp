#include <array>

#include "common/error.h"
#include "compiler/plan/plan.h"

namespace llmc {

const char* fuse_name(Fuse fuse) {
  constexpr std::array<const char*, 3> names = {"op", "block", "model"};
  return names[static_cast<size_t>(fuse)];
}

const char* role_name(Role role) {
  constexpr std::array names = {
#define X(name) #name,
      LLMC_ROLES(X)
#undef X
  };
  return names[static_cast<size_t>(role)];
}

const Buffer& Plan::buffer(const std::string& name) const {
  for (const Buffer& buffer : buffers) {
    if (buffer.name == name) return buffer;
  }
  throw InternalError(fmt::format("the plan has no buffer '{}'", name));
}

const Weight* Plan::weight(Role role, int layer) const {
  for (const Weight& weight : weights) {
    if (weight.role == role && weight.layer == layer) return &weight;
  }
  return nullptr;
}

}  // namespace llmc
