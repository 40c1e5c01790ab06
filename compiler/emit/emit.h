// The plan as source code: HIP for GPUs, C++ for a CPU; one self-contained file.
#pragma once
#include <string>
#include <nlohmann/json_fwd.hpp>
#include "compiler/plan/plan.h"

namespace llmc {

std::string emit(const Plan& plan);      // by plan.family
std::string emit_gpu(const Plan& plan);  // renders templates/gpu.mustache
std::string emit_x86(const Plan& plan);  // renders templates/x86.mustache

// What templates/shape.mustache needs, the start of every family's data: shape, buffers, layer tables, variants, banner.
nlohmann::json shape_data(const Plan& plan);

}  // namespace llmc
