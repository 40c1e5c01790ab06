#include "compiler/pack/pack.h"
#include <condition_variable>
#include <exception>
#include <filesystem>
#include <mutex>
#include <thread>
#include <nlohmann/json.hpp>
#include "common/error.h"
#include "common/xxhash.h"
#include "compiler/pack/atomic_file.h"
#include "compiler/pack/elf_append.h"
#include "compiler/pack/weight_pieces.h"
#include "runtime/image.h"

namespace llmc {
namespace {

constexpr unsigned pack_threads = 2;

std::span<const u8> as_bytes(std::string_view text) { return {reinterpret_cast<const u8*>(text.data()), text.size()}; }

// Packs the pieces on `pack_threads` threads and hands them to `consume` in order, on the calling thread. A thread that is ahead waits
// for its turn with one packed piece in hand, so memory stays at one piece a thread.
template <class Consume>
void pack_in_order(const WeightPieces& pieces, Consume consume) {
  struct Slot {
    std::vector<u8> bytes;
    bool full = false;
  };
  Slot slots[pack_threads];  // piece i goes through slot i % pack_threads
  std::mutex mutex;
  std::condition_variable changed;
  bool stop = false;
  std::exception_ptr fault;

  const auto worker = [&](unsigned id) {
    try {
      for (size_t i = id; i < pieces.count(); i += pack_threads) {
        {
          std::unique_lock lock(mutex);
          changed.wait(lock, [&] { return stop || !slots[id].full; });
          if (stop) return;
        }
        slots[id].bytes.resize(pieces.piece(i).bytes);
        pieces.pack(i, slots[id].bytes.data());
        std::lock_guard lock(mutex);
        slots[id].full = true;
        changed.notify_all();
      }
    } catch (...) {
      std::lock_guard lock(mutex);
      fault = std::current_exception();
      changed.notify_all();
    }
  };
  std::vector<std::thread> threads;
  const auto join = [&] {
    {
      std::lock_guard lock(mutex);
      stop = true;
      changed.notify_all();
    }
    for (std::thread& thread : threads) thread.join();
  };
  try {
    for (unsigned id = 0; id < pack_threads; ++id) threads.emplace_back(worker, id);
    for (size_t i = 0; i < pieces.count(); ++i) {
      Slot& slot = slots[i % pack_threads];
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return fault || slot.full; });
        if (fault) std::rethrow_exception(fault);
      }
      consume(std::span<const u8>(slot.bytes));
      std::lock_guard lock(mutex);
      slot.full = false;
      changed.notify_all();
    }
  } catch (...) {
    join();
    throw;
  }
  join();
}

}  // namespace

PackReport write_program(const PackRequest& request) {
  require(!request.code.empty(), "a program without code");
  const std::string inputs[] = {request.file.path()};
  AtomicFile file(request.output, inputs);
  ElfAppender elf(file, request.runtime);
  PackReport report;
  report.runtime = request.runtime.size();

  nlohmann::ordered_json sections = nlohmann::ordered_json::array();
  const auto list = [&](const std::string& name, u64 bytes, const std::string& hash) {
    sections.push_back({{"name", name}, {"bytes", bytes}, {"xxh3", hash}});
    return bytes;
  };
  const auto add = [&](const std::string& name, std::span<const u8> bytes) { return list(name, elf.add(name, bytes), hash_text(bytes)); };

  nlohmann::ordered_json target = {{"arch", request.plan.arch}, {"family", request.plan.family}, {"plan", ".llmc.plan.0"}};
  target["code"] = nlohmann::ordered_json::array();
  for (const PackedCode& code : request.code) {
    const std::string name = fmt::format(".llmc.code.0.{}", code.kind);
    report.code += add(name, as_bytes(code.bytes));
    target["code"].push_back({{"kind", code.kind}, {"arch", code.arch}, {"section", name}});
  }
  report.plan = add(".llmc.plan.0", as_bytes(plan_to_json(request.plan).dump()));
  if (!request.tokenizer.empty()) report.tokenizer = add(std::string(tokenizer_section), as_bytes(request.tokenizer));

  nlohmann::ordered_json manifest = {{"format", image_format}, {"llmc", request.plan.version}, {"model", request.model_name},
                                     {"identity", gguf_identity(request.file)}};
  const WeightPieces pieces(request.plan, request.file);
  if (request.plan.extern_weights) {
    manifest["extern"] = std::filesystem::path(request.file.path()).filename().string();
  } else {
    // Named by layout, not by target: several targets of one layout share it.
    const std::string name = layout_of(request.plan) == Layout::x86 ? ".llmc.weights.x86" : ".llmc.weights.gpu";
    const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(), XXH3_freeState);
    require(state != nullptr, "no memory for a hash");
    XXH3_64bits_reset(state.get());
    elf.begin(name);
    pack_in_order(pieces, [&](std::span<const u8> bytes) {
      file.append(bytes);
      XXH3_64bits_update(state.get(), bytes.data(), bytes.size());
      report.weights += bytes.size();
      if (request.progress) request.progress(report.weights, pieces.bytes());
    });
    list(name, elf.end(), fmt::format("{:016x}", XXH3_64bits_digest(state.get())));
    target["weights"] = name;
  }
  manifest["tokenizer"] = !request.tokenizer.empty();
  manifest["targets"] = nlohmann::ordered_json::array({target});
  manifest["sections"] = sections;
  // A model's name is bytes from outside: what is not UTF-8 is replaced.
  std::string text = manifest.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text += hash_text(as_bytes(text));
  elf.add(std::string(manifest_section), as_bytes(text));
  elf.finish();
  report.total = file.size();
  file.commit(true);
  return report;
}

}  // namespace llmc
