// Plans of small models.
#pragma once
#include <string>
#include "compiler/plan/plan.h"
#include "compiler/target/target.h"
#include "tests/unit/model_file.h"
#include "tests/unit/refusal.h"

namespace llmc::test {

inline Plan plan_of(const Model& model, const std::string& arch, Fuse fuse = Fuse::op, u32 ctx = 0) {
  return make_plan(model, find_target(arch), {.ctx = ctx, .fuse = fuse});
}

}  // namespace llmc::test
