#include "compiler/build/build.h"
#include <filesystem>
#include <new>
#include <unistd.h>
#include "common/error.h"
#include "compiler/build/child_process.h"
#include "compiler/build/recipe.h"
#include "compiler/build/temporary_folder.h"
#include "compiler/build/wire.h"

namespace llmc {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool limits_address_space = false;
#else
constexpr bool limits_address_space = true;
#endif

void require_plain(const std::string& name) {
  const bool plain =
      !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == std::string::npos;
  if (!plain || name.front() == '.') throw InternalError(fmt::format("'{}' is no plain name for a source", name));
}

// Leaves everything that repeats the failure in a folder of its own; its path, or why there is none.
std::string leave_bundle(const BuildRequest& request, const std::string& encoded, const std::string& messages, const std::string& parent) {
  try {
    const std::string folder = make_folder(parent, "llmc-build-failure");
    write_file(folder + source_path(request), request.source);
    for (const auto& [path, text] : request.headers) {
      const std::filesystem::path relative = std::filesystem::path(path).lexically_normal();
      if (relative.is_absolute() || relative.string().starts_with("..")) continue;  // never outside the folder
      std::filesystem::create_directories((folder / relative).parent_path());
      write_file((folder / relative).string(), text);
    }
    write_file(folder + "/request.cbor", encoded);
    write_file(folder + "/messages.txt", messages);
    std::string command = "clang-19 -cc1";
    for (const std::string& argument : cc1_arguments(request, Emit::object)) command += " '" + argument + "'";
    write_file(
        folder + "/README.txt",
        fmt::format("A build for {} failed. messages.txt holds what was said. To repeat it:\n\n  llmc {} < request.cbor > answer.cbor\n\n"
                    "or, with this folder as the root that -I and the source's path name:\n\n  {}\n",
                    request.target->name(), internal_build_flag, command));
    return "A reproduction is in " + folder;
  } catch (const std::exception& error) {
    return std::string("No reproduction could be left: ") + error.what();
  }
}

// LLVM's own words are the most useful line: "LLVM ERROR: ...", an assertion, or the first thing said.
std::string headline(const std::string& messages) {
  for (const char* mark : {"LLVM ERROR", "fatal error", "Assertion", "out of memory", "Stack dump"}) {
    const std::size_t at = messages.find(mark);
    if (at == std::string::npos) continue;
    const std::size_t begin = messages.rfind('\n', at) == std::string::npos ? 0 : messages.rfind('\n', at) + 1;
    return messages.substr(begin, std::min<std::size_t>(messages.find('\n', at) - begin, 300));
  }
  return messages.substr(0, std::min<std::size_t>(messages.find('\n'), 300));
}

}  // namespace

BuildResult build(const BuildRequest& request, const BuildLimits& limits) {
  require(request.target != nullptr, "a build request without a target");
  require_plain(request.name);
  const std::string encoded = encode_request(request);
  TemporaryFolder scratch;  // a killed child leaves its files here
  ChildLimits child_limits{limits.seconds, limits_address_space ? limits.memory_bytes : 0};
  const ChildResult child = run_child({"/proc/self/exe", internal_build_flag}, encoded, child_limits, {"TMPDIR=" + scratch.path()});
  if (!child.started) throw Error(Exit::failed, "the build process " + child.describe() + ".");

  std::string failure, messages = child.err;
  if (child.ok()) {
    BuildAnswer answer = decode_answer(child.out);
    if (answer.ok) return std::move(answer.result);
    failure = answer.error;
    messages = answer.error + "\n" + messages;
  } else {
    const std::string said = headline(child.err);
    failure = fmt::format("the build process for {} {}{}{}", request.target->arch, child.describe(), said.empty() ? "" : ": ", said);
  }
  throw InternalError(fmt::format("{}\n{}", failure, leave_bundle(request, encoded, messages, limits.bundle_folder)));
}

int internal_build_main() {
  // The answer goes to the real standard output; whatever LLVM prints there goes to standard error instead.
  const int answer_fd = dup(STDOUT_FILENO);
  dup2(STDERR_FILENO, STDOUT_FILENO);
  std::string input;
  char buffer[65536];
  for (ssize_t n; (n = read(STDIN_FILENO, buffer, sizeof buffer)) > 0;) input.append(buffer, static_cast<std::size_t>(n));

  BuildAnswer answer;
  try {
    OwnedRequest owned;
    decode_request(input, owned);
    answer.result = build_in_process(owned.request);
    answer.ok = true;
  } catch (const std::bad_alloc&) {
    answer.error = "the build process ran out of the memory it may use";
  } catch (const std::exception& error) {
    answer.error = error.what();
  }
  const std::string output = encode_answer(answer);
  std::size_t done = 0;
  while (done < output.size()) {
    const ssize_t n = write(answer_fd, output.data() + done, output.size() - done);
    if (n <= 0) _exit(static_cast<int>(Exit::failed));
    done += static_cast<std::size_t>(n);
  }
  // LLVM's destructors and a leak checker's report would only cost time: the process ends here.
  _exit(0);
}

}  // namespace llmc
