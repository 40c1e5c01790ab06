// kernels/ and templates/, embedded at build time.
#pragma once
#include "common/embedded.h"

const llmc::EmbeddedFiles& llmc_device_sources();
