// llmc's own version, as `llmc --version` and the executables it makes report it.
#pragma once
namespace llmc {
inline constexpr char version[] = "0.1.0";
}
