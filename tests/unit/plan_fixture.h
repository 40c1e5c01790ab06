// Plans of small models.
#pragma once
#include <functional>
#include <gtest/gtest.h>
#include "common/error.h"
#include "compiler/plan/plan.h"
#include "compiler/target/target.h"
#include "tests/unit/model_file.h"

namespace llmc::test {

inline Plan plan_of(const Model& model, const std::string& arch, Fuse fuse = Fuse::op, u32 ctx = 0) {
  return make_plan(model, find_target(arch), {.ctx = ctx, .fuse = fuse});
}

// The message of the Error that `action` ends with, whose code must be `code`.
inline std::string refusal(Exit code, const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(code)) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was refused";
  return {};
}

}  // namespace llmc::test
