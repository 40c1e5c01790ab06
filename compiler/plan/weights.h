// Where each tensor of the model stands in the packed weights, in the order in which a token reads them.
#pragma once
#include "compiler/plan/plan.h"

namespace llmc {

// Fills plan.weights, weight_bytes, variants and layer_variant.
void place_weights(const Model& model, Plan& plan);

}  // namespace llmc
