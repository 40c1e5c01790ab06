// Watches generated text for stop strings, which may begin in one token and end in another: what could still become one is held back.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace llmc {

class StopFilter {
 public:
  explicit StopFilter(std::vector<std::string> stops);  // empty strings are ignored

  // The text that is certain not to belong to a stop string. Once a stop string is found, it and everything after it is dropped.
  std::string feed(std::string_view bytes);
  std::string flush();  // generation ended: what was held back is text
  bool stopped() const { return stopped_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace llmc
