// Numbers, choices and names on a command line, of llmc and of the programs it makes. They are read in one way and refused in one form:
//   --fuse: 'foo' is none of op, block, model.
//   --top-p: '2' is not a number from 0 to 1.
// The parser's own conversions say neither what is allowed nor how to write it, and read "010" as 8.
#pragma once
#include <algorithm>
#include <charconv>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace llmc {

// What a number may be; both ends are allowed, but for `least` where `above` is set.
template <class T>
struct Limits {
  T least = std::numeric_limits<T>::lowest();
  T most = std::numeric_limits<T>::max();
  bool above = false;

  bool hold(T value) const { return (above ? value > least : value >= least) && value <= most; }
  // "a whole number from 1 to 4096", "a number above 0", "a finite number"
  std::string text() const {
    if (above) return fmt::format("a number above {}", least);
    if (std::is_integral_v<T>) return fmt::format("a whole number from {} to {}", least, most);
    return least == Limits().least && most == Limits().most ? std::string("a finite number") : fmt::format("a number from {} to {}", least, most);
  }
};

// "-c,--ctx-size" is spoken of as --ctx-size.
inline std::string option_title(const std::string& names) {
  const size_t begin = names.find("--");
  return begin == std::string::npos ? names : names.substr(begin, names.find(',', begin) - begin);
}

// The number that all of `text` is, in decimal. CLI::ValidationError, with `title` and what is allowed, where it is none or outside `limits`.
template <class T>
T read_number(const std::string& title, const std::string& text, const Limits<T>& limits) {
  T value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, fault] = std::from_chars(text.data(), end, value);
  // The limits are finite, so that an infinity is outside them; what is no number compares as false.
  if (text.empty() || fault != std::errc() || rest != end || !limits.hold(value)) {
    throw CLI::ValidationError(title, fmt::format("'{}' is not {}.", text, limits.text()));
  }
  return value;
}

template <class T>
CLI::Option* add_number(CLI::App& app, const std::string& names, T& value, const Limits<std::type_identity_t<T>>& limits, const std::string& description) {
  const CLI::callback_t read = [&value, limits, title = option_title(names)](const CLI::results_t& words) {
    value = read_number<T>(title, words.front(), limits);
    return true;
  };
  return app.add_option(names, read, description)->default_function([&value] { return fmt::format("{}", value); });
}

// Numbers between commas; the flag may be given several times. An empty list, or an empty place in one, is refused.
template <class T>
CLI::Option* add_numbers(CLI::App& app, const std::string& names, std::vector<T>& values, const Limits<std::type_identity_t<T>>& limits,
                         const std::string& description) {
  const CLI::callback_t read = [&values, limits, title = option_title(names)](const CLI::results_t& words) {
    values.clear();
    for (const std::string& word : words) {
      for (size_t begin = 0; begin <= word.size();) {
        const size_t end = std::min(word.find(',', begin), word.size());
        values.push_back(read_number<T>(title, word.substr(begin, end - begin), limits));
        begin = end + 1;
      }
    }
    return true;
  };
  return app.add_option(names, read, description)->expected(1)->take_all()->default_function([&values] { return fmt::format("{}", fmt::join(values, ",")); });
}

// One of some words, each with its meaning. `Value` is anything that a T can be assigned to.
template <class T, class Value>
CLI::Option* add_choice(CLI::App& app, const std::string& names, Value& value, const std::vector<std::pair<std::string, T>>& choices,
                        const std::string& description) {
  const auto join = [choices](const char* between) {
    std::string text;
    for (const auto& choice : choices) text += (text.empty() ? "" : between) + choice.first;
    return text;
  };
  const CLI::callback_t read = [&value, choices, join, title = option_title(names)](const CLI::results_t& words) {
    for (const auto& [word, meaning] : choices) {
      if (word != words.front()) continue;
      value = meaning;
      return true;
    }
    throw CLI::ValidationError(title, fmt::format("'{}' is none of {}.", words.front(), join(", ")));
  };
  return app.add_option(names, read, description)->type_name(join("|"));
}

// One of some words, kept as it is.
inline CLI::Option* add_choice(CLI::App& app, const std::string& names, std::string& value, const std::vector<std::string>& words,
                               const std::string& description) {
  std::vector<std::pair<std::string, std::string>> choices;
  for (const std::string& word : words) choices.emplace_back(word, word);
  return add_choice(app, names, value, choices, description)->default_function([&value] { return value; });
}

// A word that names a file or a processor. Where it looks like a flag it is the next one, and the value was forgotten; "-" is a word.
// `value` is anything that a string can be assigned to.
CLI::Option* add_name(CLI::App& app, const std::string& names, auto& value, const std::string& description) {
  return app.add_option(names, value, description)->check([](const std::string& word) -> std::string {
    if (word.empty()) return "'' is no value. Give one, or leave the flag out.";
    if (word == "-" || word[0] != '-') return "";
    return fmt::format("its value is missing ('{}' behind it is a flag). Give one, or leave the flag out.", word);
  });
}

// The words that are no flag, no flag's value and nothing else that is taken, in their order; a sub-command's behind the others.
inline std::vector<std::string> stray_words(const CLI::App& app) {
  std::vector<std::string> words = app.remaining(true);
  std::erase(words, "--");  // the mark behind which no word is a flag
  return words;
}

// The parser's message, but for stray words, which it gives backwards, and not where something is missing too; and for a flag whose value is
// missing and one that is given twice, which it counts in terms of its own. `app`: what threw `error`.
inline std::string usage_text(const CLI::App& app, const CLI::Error& error) {
  const std::vector<std::string> stray = stray_words(app);
  if (!stray.empty() && (dynamic_cast<const CLI::ExtrasError*>(&error) || dynamic_cast<const CLI::RequiredError*>(&error))) {
    return fmt::format("The following argument{} not expected: {}", stray.size() == 1 ? " was" : "s were", fmt::join(stray, " "));
  }
  const std::string text = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) == nullptr) return text;
  return text.substr(0, text.find(':')) + (text.ends_with("missing") ? " needs a value behind it." : " is given more than once; it takes one value.");
}

}  // namespace llmc
