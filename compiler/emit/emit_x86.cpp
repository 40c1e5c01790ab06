#include <nlohmann/json.hpp>

#include "compiler/emit/emit.h"
#include "compiler/emit/render.h"

namespace llmc {

// The shape is all that the x86 template needs: how work is cut follows from it and from the number of workers.
std::string emit_x86(const Plan& plan) { return render("x86", shape_data(plan)); }

}  // namespace llmc
