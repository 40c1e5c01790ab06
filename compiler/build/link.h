// Links one object file into a shared object with LLD, in process.
#pragma once
#include <string>
#include <vector>
#include "common/types.h"

namespace llmc {

// InternalError with LLD's words if it does not link.
std::vector<u8> link_object(const std::string& object, const std::vector<std::string>& arguments);

}  // namespace llmc
