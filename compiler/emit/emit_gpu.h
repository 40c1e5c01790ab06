// What templates/gpu.mustache needs beyond shape_data, apart for tests.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include "compiler/plan/plan.h"

namespace llmc {

// shape_data, and: `workers`, the workgroups of a decode launch on the product that the plan is for; `*_shared`, the planner's bytes of
// shared memory, which the program checks against its structures; `last` in the last variant.
nlohmann::json gpu_data(const Plan& plan);

}  // namespace llmc
