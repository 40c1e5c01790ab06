// Reads a GGUF file from front to back without ever stepping past its end.
#pragma once
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include "common/error.h"
#include "common/mapped_file.h"
#include "common/text.h"

namespace llmc {

// What to do about a file that ends too early.
constexpr const char* fetch_again = "The file is damaged or its download incomplete: fetch it again.";

class Cursor {
 public:
  explicit Cursor(const MappedFile& file) : file_(file) {}

  u64 offset() const { return offset_; }
  u64 left() const { return file_.bytes().size() - offset_; }
  const u8* here() const { return file_.bytes().data() + offset_; }

  // Each read says in `what` which field it wants, for the message when the file ends there.
  template <class T>
  T read(const char* what) {
    static_assert(std::is_arithmetic_v<T>);
    T value;
    std::memcpy(&value, take(sizeof(T), what), sizeof(T));
    return value;
  }

  const u8* take(u64 bytes, const char* what) {
    if (bytes > left()) {
      fail(Exit::bad_input, "{}: truncated {} at offset {}: {} bytes wanted, {} left in the file. {}",
           printable(file_.path()), what, offset_, bytes, left(), fetch_again);
    }
    const u8* data = here();
    offset_ += bytes;
    return data;
  }

  // A string: its length as 8 bytes, then its bytes, which stay in the mapping.
  std::string_view read_string(const char* what) {
    const u64 length = read<u64>(what);
    return {reinterpret_cast<const char*>(take(length, what)), length};
  }

  // Bad_input at `offset`, for what a plain length check does not see.
  template <class... Args>
  [[noreturn]] void refuse(u64 offset, fmt::format_string<Args...> format, Args&&... args) const {
    throw Error(Exit::bad_input, fmt::format("{}: at offset {}: {}", printable(file_.path()), offset, fmt::format(format, std::forward<Args>(args)...)));
  }

 private:
  const MappedFile& file_;
  u64 offset_ = 0;
};

}  // namespace llmc
