// `llmc plan`: the plan for people (phases, bytes, the floor of a token's time) or as JSON.
#pragma once
#include <cstdio>
#include "compiler/plan/plan.h"

namespace llmc {

void print_plan(const Plan& plan, bool json, std::FILE* out);

// "1.5 GiB", "373.7 MiB", "12 KiB", "7 B".
std::string format_bytes(u64 bytes);

}  // namespace llmc
