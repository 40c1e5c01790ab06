// In which forms a phase's input is put into shared memory (format.h: Activations): each format's matrices take one of them, a phase's
// matrices one or several. The same for the kernels and for the planner.
#pragma once
#include "kernels/prim/types.h"

namespace llmc {

struct InputForms {
  bool codes, f16, floats;
  constexpr bool only_codes() const { return codes && !f16 && !floats; }
  constexpr bool operator==(const InputForms&) const = default;
};
constexpr InputForms operator|(InputForms a, InputForms b) { return {a.codes || b.codes, a.f16 || b.f16, a.floats || b.floats}; }

constexpr InputForms in_codes = {true, false, false}, in_f16 = {false, true, false}, in_floats = {false, false, true};

}  // namespace llmc
