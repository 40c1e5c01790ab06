// What an action that must be refused says.
#pragma once
#include <gtest/gtest.h>
#include <functional>
#include <string>
#include "common/error.h"

namespace llmc::test {

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
