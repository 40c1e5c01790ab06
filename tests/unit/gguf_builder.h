// Builds GGUF files in memory for tests: well-formed ones, and ones with a fault at a chosen place.
#pragma once
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>
#include <unistd.h>
#include "common/tensor_type.h"

namespace llmc::test {

// The bytes of a value as they stand in the file.
template <class T>
std::string raw(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}
inline std::string raw_string(std::string_view text) { return raw<u64>(text.size()) + std::string(text); }

class GgufBuilder {
 public:
  u32 version = 3;
  u64 alignment = 32;

  GgufBuilder& entry(std::string_view key, u32 type, std::string value) {
    entries_.emplace_back(key, raw(type) + std::move(value));
    return *this;
  }
  GgufBuilder& uint(std::string_view key, u32 value) { return entry(key, 4, raw(value)); }
  GgufBuilder& real(std::string_view key, float value) { return entry(key, 6, raw(value)); }
  GgufBuilder& text(std::string_view key, std::string_view value) { return entry(key, 8, raw_string(value)); }
  GgufBuilder& flag(std::string_view key, bool value) { return entry(key, 7, raw<u8>(value)); }
  GgufBuilder& strings(std::string_view key, const std::vector<std::string>& values) {
    std::string body = raw<u32>(8) + raw<u64>(values.size());
    for (const std::string& value : values) body += raw_string(value);
    return entry(key, 9, body);
  }
  GgufBuilder& remove(std::string_view key) {
    std::erase_if(entries_, [&](const auto& e) { return e.first == key; });
    return *this;
  }

  // A tensor with its data; zeros where `data` is empty and the type is known.
  GgufBuilder& tensor(std::string_view name, u32 type, std::vector<u64> dims, std::string data = {}) {
    if (data.empty()) {
      if (const auto known = tensor_type_from_number(type)) {
        u64 rows = 1;
        for (size_t i = 1; i < dims.size(); i++) rows *= dims[i];
        data.assign(row_bytes(*known, dims[0]) * rows, '\0');
      }
    }
    tensors_.push_back({std::string(name), type, std::move(dims), std::move(data)});
    return *this;
  }
  GgufBuilder& remove_tensor(std::string_view name) {
    std::erase_if(tensors_, [&](const Tensor& t) { return t.name == name; });
    return *this;
  }

  std::string bytes() const {
    std::string file = "GGUF" + raw(version) + raw<u64>(tensors_.size()) + raw<u64>(entries_.size());
    for (const auto& [key, value] : entries_) file += raw_string(key) + value;
    u64 offset = 0;
    for (const Tensor& t : tensors_) {
      file += raw_string(t.name) + raw<u32>(static_cast<u32>(t.dims.size()));
      for (u64 dim : t.dims) file += raw(dim);
      file += raw(t.type) + raw(offset);
      offset = align_up(offset + t.data.size(), alignment);
    }
    for (const Tensor& t : tensors_) {
      file.resize(align_up(file.size(), alignment), '\0');
      file += t.data;
    }
    return file;
  }

 private:
  struct Tensor {
    std::string name;
    u32 type;
    std::vector<u64> dims;
    std::string data;
  };
  std::vector<std::pair<std::string, std::string>> entries_;
  std::vector<Tensor> tensors_;
};

// A file of the given bytes that is gone when the object is.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes) {
    std::string name = (std::filesystem::temp_directory_path() / "llmc-test-XXXXXX").string();
    const int file = ::mkstemp(name.data());
    path_ = name;
    ::close(file);
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace llmc::test
