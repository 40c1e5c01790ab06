// What llmc writes to standard output, told from what arrived there.
#pragma once

namespace llmc {

// Writes out what is still held back. Error(failed) where any of the output could not be written (disk full, closed pipe).
void finish_standard_output();

}  // namespace llmc
